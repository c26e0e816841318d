"""What a page costs its reader: how much it weighs and when it first paints, in Chromium.

Each load is by a browser that has kept nothing: page, styles, scripts and fonts are fetched anew. Both
figures are the browser's own: `first-contentful-paint` (https://www.w3.org/TR/paint-timing/), and the
encoded body sizes of Resource Timing, pictures left out.
"""

import importlib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from freehold.book import identities
from freehold.core.company import Company
from freehold.core.errors import Broken
from freehold.core.instrument import InstrumentKind, Issuer, ShareClass
from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import permits
from freehold.desks.access import sessions, signin
from freehold.desks.access.sessions import Client
from freehold.desks.register import takeovers
from freehold.doors.bench import platform_world as platform
from freehold.doors.bench.fuzzing import INSTALL
from freehold.doors.bench.platform_world import ISSUER, World
from freehold.doors.bench.report import Row

CHROMIUM = Path("/usr/bin/chromium")
BROWSER = "freehold bench"
LOADS = 5
MEMBERS, MANY = "many-members", 2_000
"""The issuer of a long register, and how many its holders are."""
PAINT_MS, PAGE_BYTES = 1_000, 100_000
PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length > 0"
MEASURED = """() => {
  const got = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const counted = got.filter(one => !['img', 'image'].includes(one.initiatorType));
  return {
    bytes: counted.reduce((sum, one) => sum + one.encodedBodySize, 0),
    paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
  };
}"""


@dataclass(frozen=True, slots=True)
class Load:
    """One load of a page: its bytes before pictures, and milliseconds until it paints."""

    bytes: int
    paint_ms: float


def missing() -> str:
    """What has to be installed first; empty where everything is here."""
    parts = [] if CHROMIUM.exists() else ["apt install chromium"]
    parts += [] if importlib.util.find_spec("playwright") else [INSTALL]
    return "; ".join(parts)


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium, without a window."""
    playwright: Any = importlib.import_module("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def measured(page: Any) -> Load:
    """The figures of the page that a browser shows, once it has painted."""
    page.wait_for_function(PAINTED)
    found = page.evaluate(MEASURED)
    return Load(found["bytes"], found["paint"])


def rows(world: World, token: str) -> Iterator[Row]:
    """The slowest and the heaviest of the pages that a transfer agent works with."""
    if lacks := missing():
        yield Row(f"pages: not measured here, {lacks}", 0, "", goal=1, better="higher")
        return
    paths = [*_paths(token), *_paths_of_many(_take_over(world))]
    cookie = {"name": "freehold", "value": _session(world), "url": world.url}
    loads: dict[str, list[Load]] = {}
    with chromium() as browser:
        for _ in range(LOADS):
            for path in paths:
                loads.setdefault(path, []).append(_loaded(browser, cookie, world.url, path))
    yield from judged(loads)


def judged(loads: Mapping[str, Sequence[Load]]) -> Iterator[Row]:
    """The page that paints last by the median of its loads, and the heaviest by the worst of them."""
    paints = {path: median(one.paint_ms for one in each) for path, each in loads.items()}
    weights = {path: max(one.bytes for one in each) for path, each in loads.items()}
    slowest, heaviest = max(paints, key=paints.__getitem__), max(weights, key=weights.__getitem__)
    name = f"pages: first paint of the slowest of {len(paints)}, median of its loads"
    yield Row(name, paints[slowest], f"ms ({_named(slowest)})", goal=PAINT_MS)
    heavy = f"bytes ({_named(heaviest)})"
    yield Row("pages: the heaviest, before pictures", weights[heaviest], heavy, goal=PAGE_BYTES)


def _named(path: str) -> str:
    """A path without the digits of what it shows."""
    parts = path.partition("?")[0].split("/")
    return "/".join("*" if len(each) > 30 else each for each in parts)


def _loaded(browser: Any, cookie: dict[str, str], url: str, path: str) -> Load:
    """A page in a browser that has kept nothing. Raises Broken where it is not shown."""
    context = browser.new_context(user_agent=BROWSER)
    context.add_cookies([cookie])
    page = context.new_page()
    answer = page.goto(url + path)
    if answer.status != 200:
        raise Broken(f"{path} answered {answer.status}")
    found = measured(page)
    context.close()
    return found


def _session(world: World) -> str:
    """The cookie of a new transfer agent who has just signed in with this browser."""
    name = "pages@bench.example"
    given = [(Role.TRANSFER_AGENT, EVERYWHERE)]
    with platform.office_of(world) as office:
        made, _ = signin.invite(office, permits.operator(), name, given)
        with office.book.transaction() as tx:
            known = identities.find(tx, made.id)
            client = Client("127.0.0.1", BROWSER)
            return sessions.start_session(tx, known, client, "bench", office.clock.now())


def _take_over(world: World) -> str:
    """Take a register of MANY holders over, beside the example company's; its token."""
    lines = ["holder,name,country,class,certificate,units,acquired"]
    for number in range(1, MANY + 1):
        lines.append(
            f"M-{number:05d},Member {number},GB,ORD,{number},{number % 997 + 1},2019-06-01"
        )
    share = ShareClass("ordinary", "Ordinary shares", "ORD", InstrumentKind.COMMON)
    company = Company(Issuer(MEMBERS, "Many Members plc", "GB"), {share.id: share})
    with platform.office_of(world) as office:
        made = takeovers.post(office, company, "\n".join([*lines, ""]), None, None)
    return str(made.established.instruments[share.id].token)


def _paths(token: str) -> Sequence[str]:
    """The pages that the desk works with, over whatever the load has left there."""
    security, of = f"/securities/{token}", f"issuer={ISSUER}"
    return (
        *("/", "/securities", security, f"{security}/register", f"{security}/policy"),
        *(f"{security}/policy/edit", f"/issuers/{ISSUER}/cap-table", "/holders"),
        *(f"/files/{ISSUER}/{platform.SENDER}", f"/statement?holder={platform.SENDER}&{of}"),
        *(f"/desk?{of}", "/activity", "/approvals", "/transfers", "/explorer", "/audit"),
        *("/assets/new", "/actions", "/actions/new", "/meetings", "/windups", f"/exit?{of}"),
        *("/documents", "/account", "/developers", "/policies", f"/cash?{of}"),
    )


def _paths_of_many(token: str) -> Sequence[str]:
    """The pages that a long register makes long."""
    security, of = f"/securities/{token}", f"issuer={MEMBERS}"
    return (
        *(security, f"{security}/register", f"{security}/policy", f"{security}/policy/edit"),
        *(f"/issuers/{MEMBERS}/cap-table", f"/desk?{of}", f"/exit?{of}"),
        *("/holders?q=member", f"/files/{MEMBERS}/M-00007", f"/statement?holder=M-00007&{of}"),
    )
