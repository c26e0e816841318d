"""Guides that are walked in a browser, with the keyboard alone.

A `browser` block of a guide is a list of steps, one a line:

    come in as NAME                 one of the example world's people
    go to PATH                      a page by its address
    press NAME                      a button or a link, by the words on it
    open NAME                       what is folded, by the words on it
    enter LABEL: TEXT               into a field, by its label
    change LABEL: OLD to NEW        some words of a longer text
    pick LABEL: OPTION              of a list
    choose LABEL                    a radio button or a check box
    slide LABEL: KEY                a slider, by ArrowLeft, ArrowRight, Home or End
    see TEXT                        on the page, now or soon
    reload until TEXT               what somebody else, or the worker, does meanwhile
    keep NAME                       what the page shows this once
    run COMMAND                     a command on the same home
    sign out

Whatever page is reached is looked at by axe at two widths, may not scroll sideways, and leaves a picture.
The steps are the same at the width of a phone, where the way to a page may lead through the menu.
"""

import re
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.doors.running import Platform
from tests.doors.web.tabbing import MOST_TABS, tab_to
from tests.parts import ROOT

PICTURES = ROOT / "screenshots"
SOON = 60_000


@dataclass
class Walk:
    """Somebody in a browser, and which kinds of pages he has seen; `seen` are looked at once.

    Without `look` pages are walked through at the width they have, and only may not scroll sideways.
    """

    page: Any
    platform: Platform
    look: Any
    name: str
    width: int = 1440
    seen: set[str] = field(default_factory=set)
    kept: dict[str, Any] = field(default_factory=dict)

    def step(self, line: str) -> None:
        """Do one step of a guide."""
        word, _, rest = line.partition(" ")
        match word:
            case "come":
                self.come_in(rest.removeprefix("in as "))
            case "go":
                self.page.goto(self.platform.url + rest.removeprefix("to "))
            case "press":
                self.press(rest)
            case "enter":
                label, _, text = rest.partition(": ")
                self.to(self.labelled(label))
                self.page.keyboard.press("Control+a")
                self.page.keyboard.type(text)
            case "open":
                self.to(self.page.locator("summary", has_text=rest).locator("visible=true").first)
                self.page.keyboard.press("Enter")
            case "change":
                label, _, words = rest.partition(": ")
                self.change(label, *words.split(" to ", 1))
            case "pick":
                label, _, option = rest.partition(": ")
                self.pick(label, option)
            case "choose":
                self.choose(rest)
            case "slide":
                label, _, key = rest.partition(": ")
                self.to(self.labelled(label))
                self.page.keyboard.press(key)
            case "see":
                self.see(rest)
            case "reload":
                self.reload_until(rest.removeprefix("until "))
            case "keep":
                self.kept[rest] = self.page.locator("#made").inner_text()
            case "run":
                run(self.platform, rest)
            case "sign":
                self.to(self.page.locator(".me summary"))
                self.page.keyboard.press("Enter")
                self.press("Sign out")
                self.page.wait_for_url("**/sign-in*")
            case _:
                raise AssertionError(f"{line!r} is no step of a guide")
        self.look_around()

    def come_in(self, name: str) -> None:
        self.page.goto(f"{self.platform.url}/sign-in")
        self.look_around()
        self.to(self.page.locator(f"form:has(input[value='{name}']) button"))
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{self.platform.url}/")

    def press(self, name: str) -> None:
        button = self.page.get_by_role("button", name=name, exact=True)
        link = self.page.get_by_role("link", name=name, exact=True)
        either = button.or_(link).locator("visible=true").first
        if not either.count() and self.in_menu(name):
            self.to(self.page.get_by_role("button", name="Menu", exact=True))
            self.page.keyboard.press("Enter")
        either.wait_for(timeout=SOON)
        self.to(either)
        before = self.page.url
        self.page.keyboard.press("Enter")
        self.page.wait_for_timeout(150)
        self.page.wait_for_load_state("load")
        assert self.page.url or before

    def in_menu(self, name: str) -> bool:
        """Whether a page is one of the menu that a phone folds."""
        self.page.wait_for_load_state("load")
        whole = re.compile(rf"^\s*{re.escape(name)}\s*$")
        folded = self.page.locator("#menu a").filter(has_text=whole)
        button = self.page.get_by_role("button", name="Menu", exact=True)
        return bool(folded.count() and button.locator("visible=true").count())

    def change(self, label: str, old: str, new: str) -> None:
        """Go to some words of a text with the arrows, mark them, and write others."""
        field = self.labelled(label)
        self.to(field)
        place = field.input_value().index(old)
        self.page.keyboard.press("Control+Home")
        for _ in range(place):
            self.page.keyboard.press("ArrowRight")
        for _ in old:
            self.page.keyboard.press("Shift+ArrowRight")
        self.page.keyboard.type(new)

    def pick(self, label: str, option: str) -> None:
        chosen = self.labelled(label)
        self.to(chosen)
        self.page.keyboard.type(option)
        said = chosen.evaluate("one => one.selectedOptions[0].textContent.trim()")
        assert said == option, f"{label} has {said!r}, not {option!r}"

    def choose(self, label: str) -> None:
        wanted = self.page.get_by_label(label).locator("visible=true").first
        if wanted.get_attribute("type") == "checkbox":
            self.to(wanted)
            self.page.keyboard.press("Space")
        else:
            group = wanted.get_attribute("name")
            self.to_any(f"input[type=radio][name='{group}']")
            for _ in range(20):
                if wanted.is_checked():
                    break
                self.page.keyboard.press("ArrowDown")
        assert wanted.is_checked(), f"{label} is not chosen"

    def labelled(self, label: str) -> Any:
        return self.page.get_by_label(label, exact=True).locator("visible=true").first

    def see(self, text: str) -> None:
        from playwright.sync_api import TimeoutError as TookTooLong

        wanted = self.page.get_by_text(text).locator("visible=true").first
        try:
            wanted.wait_for(timeout=SOON)
        except TookTooLong as late:
            shown = self.page.inner_text("body")
            raise AssertionError(f"{text!r} did not come on {self.page.url}: {shown}") from late

    def reload_until(self, text: str) -> None:
        end = time.monotonic() + SOON / 1_000
        here = self.page.locator("main")
        while not here.get_by_text(text).locator("visible=true").count():
            assert time.monotonic() < end, f"{text!r} did not come: {self.page.inner_text('main')}"
            time.sleep(0.5)
            self.page.reload()

    def to(self, wanted: Any) -> None:
        tab_to(self.page, wanted)

    def to_any(self, selector: str) -> None:
        for _ in range(MOST_TABS):
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached with Tab on {self.page.url}")

    def look_around(self) -> None:
        """Look once at each kind of page, at two widths."""
        if self.look is None:
            fits = "width => document.documentElement?.scrollWidth <= width"
            self.page.wait_for_function(fits, arg=self.width)  # through whatever navigates now
            return
        place = self.page.url.removeprefix(self.platform.url).partition("?")[0]
        kind = re.sub(
            r"0x[0-9a-fA-F]{40,64}|d_[0-9a-f]{16}|(ap|hook)_[0-9a-f]{24}",
            "x",
            place.partition("#")[0],
        )
        if self.page.locator(".refusal").count():
            kind += "-answered"
        if kind in self.seen:
            return
        self.seen.add(kind)
        picture = f"{self.name}-{len(self.seen):02}-{kind.strip('/').replace('/', '-') or 'home'}"
        look_at(self.page, self.look, picture)


def look_at(page: Any, barriers: Any, picture: str, widths: tuple[int, ...] = (1440, 390)) -> None:
    """No barriers, no sideways scrolling, a picture: at each width, the widest last for who goes on."""
    for width in reversed(widths):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(
            "document.documentElement !== null"
        )  # through whatever navigates now
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (
            f"{page.url} at {width}"
        )
        found = barriers(page)
        assert found == [], f"{page.url} at {width}: {found}"
        keep_picture(page, f"{picture}-{width}")


def keep_picture(page: Any, name: str) -> None:
    """A picture of the whole page, among those of all journeys."""
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def run(platform: Platform, command: str) -> str:
    """Run a command of a guide on the platform's home; what it prints."""
    words = shlex.split(command.removeprefix("freehold "))
    done = subprocess.run(
        [sys.executable, "-m", "freehold", *words],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": "src", "FREEHOLD_HOME": str(platform.home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def parts_of(guide: Path) -> list[tuple[str, str]]:
    """The blocks of steps (`browser`) and of a program (`py`), in the order of the page."""
    return re.findall(r"^```(browser|py)\n(.*?)^```", guide.read_text(), re.S | re.M)


def steps_of(guide: Path) -> list[str]:
    """The steps of every browser block of a guide, in the order of the page."""
    blocks = re.findall(r"^```browser\n(.*?)^```", guide.read_text(), re.S | re.M)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
