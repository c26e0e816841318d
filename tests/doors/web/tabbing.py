"""To an element with the keyboard alone: Tab, or Shift and Tab where that is shorter."""

from typing import Any

MOST_TABS = 250
FOCUSED = "one => one === document.activeElement"
AWAY = """one => {
  const every = 'a[href], button, input, select, textarea, summary, [tabindex]';
  const within = document.querySelector('dialog:modal') || document;
  const stops = each => each.tabIndex >= 0 && !each.disabled
    && each.checkVisibility({ visibilityProperty: true })
    && (each.type !== 'radio' || each.checked
      || !document.querySelector(`input[type=radio][name="${each.name}"]:checked`));
  const stopping = [...within.querySelectorAll(every)].filter(stops);
  const there = stopping.indexOf(one);
  return there < 0 ? 0 : there - stopping.indexOf(document.activeElement);
}"""
"""How many stops of Tab an element is away from the one with the focus, backwards below nought."""


def tab_to(page: Any, wanted: Any) -> None:
    """Press Tab until an element has the focus, given by itself or by a selector.

    The stops between are counted first, so the focus is not asked for at each; where the browser stops
    elsewhere, Tab goes on until it is there.
    """
    one = page.locator(wanted).first if isinstance(wanted, str) else wanted
    away = one.evaluate(AWAY)
    for _ in range(abs(away)):
        page.keyboard.press("Tab" if away > 0 else "Shift+Tab")
    for _ in range(MOST_TABS):
        if one.evaluate(FOCUSED):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached with Tab on {page.url}")
