"""Pages used with the keyboard alone, by persons in windows of their own; barriers are looked for once."""

import os
import re
from collections.abc import Iterable
from typing import Any

from tests.doors.running import until
from tests.doors.web.guided import keep_picture
from tests.doors.web.tabbing import tab_to
from tests.doors.web.test_browser import barriers

SEEN: set[tuple[int, str]] = set()
PICTURES = os.environ.get("PICTURES")


def clean(page: Any) -> None:
    """No barrier, looked for once on each kind of page, and nothing that scrolls sideways."""
    place = page.url.split("/", 3)[3].split("?")[0].split("#")[0]
    kind = re.sub(r"0x[0-9a-fA-F]+|ap_[0-9a-f]+|\d+", "", f"{place} {page.title()}")
    width = page.viewport_size["width"]
    if (width, kind) not in SEEN:
        SEEN.add((width, kind))
        found = barriers(page)
        assert not found, f"{page.url}: {found}"
        keep_picture(page, f"{re.sub(r'[^a-z]+', '-', kind.lower()).strip('-')}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def watched(pages: Iterable[Any]) -> list[str]:
    """What the server answers with an error from now on, but for forms that have a mistake in them."""
    failed: list[str] = []

    def answered(one: Any) -> None:
        if one.status >= 400 and one.status != 422:
            failed.append(f"{one.status} {one.request.method} {one.url}")

    for page in pages:
        page.on("response", answered)
    return failed


def press(page: Any, words: str) -> None:
    """Press a button or a link by keyboard, and see the page that follows."""
    found = page.get_by_role("button", name=words, exact=True)
    wanted = (
        found.or_(page.get_by_role("link", name=words, exact=True)).locator("visible=true").first
    )
    tab_to(page, wanted)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    clean(page)


def write(page: Any, **fields: str) -> None:
    """Type into fields by their names."""
    for name, text in fields.items():
        tab_to(page, page.locator(f"[name='{name.replace('_x_', '-')}']:visible").first)
        page.keyboard.press("Control+a")
        page.keyboard.type(text)


def dated(page: Any, name: str, text: str) -> None:
    """Type a date, or a date with its time, into a field of that kind: month, day, year, time."""
    field = page.locator(f"[name='{name}']")
    tab_to(page, field)
    field.fill(text)
    assert field.input_value() == text


def choose(page: Any, name: str, value: str) -> None:
    """Choose a radio button with the arrows."""
    tab_to(page, page.locator(f"input[type=radio][name='{name}']").first)
    wanted = page.locator(f"input[type=radio][name='{name}'][value='{value}']")
    page.keyboard.press("Space")
    for _ in range(20):
        if wanted.is_checked():
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{value} cannot be chosen on {page.url}")


def pick(page: Any, name: str, words: str) -> None:
    """Pick from a list by its first letters."""
    tab_to(page, page.locator(f"select[name='{name}']"))
    page.keyboard.type(words)
    said = page.locator(f"select[name='{name}']").evaluate("one => one.selectedOptions[0].text")
    assert said.startswith(words), f"{name} has {said}"


def comes(page: Any, words: str, seconds: float = 60) -> None:
    """Load the page anew until something is on it."""

    def there() -> bool:
        page.reload()
        return bool(page.get_by_text(words).locator("visible=true").count())

    until(there, seconds)
    clean(page)


def approve(page: Any, url: str) -> None:
    """The second person opens the proposal, approves it, and waits until it is carried out."""
    page.goto(url)
    clean(page)
    press(page, "Approve")

    def done() -> bool:
        page.reload()
        return bool(page.locator(".title .badge.good", has_text="Carried out").count())

    until(done, 60)
    clean(page)
