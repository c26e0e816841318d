"""A page looked over: two widths, two themes, barriers, weight, first paint, and every button in reach."""

from typing import Any

from freehold.doors.bench import browsing
from tests.doors.web.test_browser import WIDTHS, barriers

DESKTOP, PHONE, NARROW = WIDTHS
BUTTONS = """() => {
  document.querySelectorAll('main details').forEach(one => { one.open = true; });
  const shown = one => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const every = 'main button, main a.button, main summary, header a, header summary';
  return [...document.querySelectorAll(every)].filter(shown)
    .map(one => one.getAttribute('aria-label') || one.textContent.trim());
}"""
REACHED = """() => {
  const shown = one => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const every = 'main button, main a.button, main summary, header a, header summary';
  return [...document.querySelectorAll(every)].filter(shown).map(one => {
    one.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
    const box = one.getBoundingClientRect(), wide = document.documentElement.clientWidth;
    const name = one.getAttribute('aria-label') || one.textContent.trim();
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const over = document.elementFromPoint(x, y);
    const free = over && (one.contains(over) || over.contains(one));
    const why = box.width < 1 || box.height < 1 ? 'is nothing wide'
      : box.left < -1 || box.right > wide + 1 ? `goes from ${box.left} to ${box.right}`
      : free ? '' : `is covered by ${over ? over.outerHTML.slice(0, 80) : 'nothing'}`;
    return [name, why];
  });
}"""
LINKS = "of => [...document.querySelectorAll(of)].map(one => one.getAttribute('href')).sort()"
WIDE = "() => document.documentElement.scrollWidth"
MOST_LOADS = 10


def faults_of(page: Any, url: str) -> list[str]:
    """What is wrong with the page at an address: nothing."""
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    answer = page.goto(url)
    if answer.status != 200:
        return [f"{url} answers {answer.status}"]
    return faults_of_shown(page)


def faults_of_shown(page: Any) -> list[str]:
    """What is wrong with the page that is shown, such as the answer to a form."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")  # colours are there at once
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    wrong = [*_heading(page), *_cost(page)]
    wide, sides = page.evaluate(BUTTONS), page.evaluate(LINKS, "nav.side a[href]")
    wrong += [f"{one}, light" for one in barriers(page)]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size({"width": PHONE, "height": 844})
    wrong += _in_reach(page, wide)
    menu = page.evaluate(LINKS, "#menu a[href]")
    wrong += [f"{one} is in no menu" for one in sides if one not in menu]
    wrong += [f"{one}, dark, on a phone" for one in barriers(page)]
    for width in (PHONE, NARROW):
        page.set_viewport_size({"width": width, "height": 844})
        across = page.evaluate(WIDE)
        wrong += [f"is {across} wide at {width}"] if across > width else []
    return [f"{page.url}: {one}" for one in wrong]


def _heading(page: Any) -> list[str]:
    count = page.locator("h1").count()
    wrong = [] if count == 1 else [f"has {count} headings of the first level"]
    return wrong if page.title().endswith("· Freehold") else [*wrong, "names no Freehold"]


def _cost(page: Any) -> list[str]:
    """Too heavy, or too late: a page that what else the machine does held up is measured again."""
    load = browsing.measured(page)
    heavy = load.bytes > browsing.PAGE_BYTES
    wrong = [f"weighs {load.bytes:,} bytes"] if heavy else []
    return [*wrong, *([] if load.paint_ms <= browsing.PAINT_MS else _late(page))]


def _late(page: Any) -> list[str]:
    another = page.context.new_page()
    paints = []
    for _ in range(MOST_LOADS):
        another.goto(page.url)
        paints.append(browsing.measured(another).paint_ms)
    another.close()
    first = min(paints)
    return [] if first <= browsing.PAINT_MS else [f"paints after {first:.0f} ms"]


def _in_reach(page: Any, wide: list[str]) -> list[str]:
    """Buttons of the wide page that a phone does not show, or shows where no finger comes."""
    reached = page.evaluate(REACHED)
    page.evaluate("scrollTo(0, 0)")
    narrow = [name for name, _ in reached]
    wrong = [f"{name!r} {why}" for name, why in reached if why]
    return [*wrong, *(f"{name!r} is hidden" for name in wide if name not in narrow)]
