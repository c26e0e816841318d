"""Search over everything, as a page and as the answers of the palette; and what a reason code means."""

from itertools import groupby

from starlette.responses import Response

from freehold.core.errors import NotFound
from freehold.core.reasons import Reason, sentence
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.platform import finding
from freehold.desks.platform.finding import Found
from freehold.doors.web.visits import Visit, see

PAGES = (
    ("Home", "/", None),
    ("Activity", "/activity", Power.READ_INSTRUCTIONS),
    ("Securities", "/securities", Power.READ_REGISTER),
    ("Holders", "/holders", Power.READ_REGISTER),
    ("Corporate actions", "/actions", Power.READ_REGISTER),
    ("Announce an action", "/actions/new", Power.SERVICE),
    ("Winding-ups", "/windups", Power.READ_REGISTER),
    ("Wind an issuer up", "/windups/new", Power.SERVICE),
    ("Meetings", "/meetings", Power.READ_REGISTER),
    ("Call a meeting", "/meetings/new", Power.HOLD_MEETINGS),
    ("My payments", "/payments", Power.READ_OWN),
    ("Policies", "/policies", Power.ASK_POLICY),
    ("Assets", "/assets", Power.ESTABLISH),
    ("Record an asset", "/assets/new", Power.ESTABLISH),
    ("Audit log", "/audit", Power.READ_AUDIT),
    ("Explorer", "/explorer", Power.READ_CHAIN),
)


def search(visit: Visit) -> Response:
    """The answers to a text, by kind; without one the pages there are."""
    text = visit.query("q").strip()
    wanted = text.casefold()
    found = [
        Found("Pages", name, "go to", href)
        for name, href, power in PAGES
        if wanted in name.casefold() and (power is None or permits.allows(visit.who, power))
    ]
    found += finding.find(visit.office, visit.who, text)
    groups = [(name, list(some)) for name, some in groupby(found, key=lambda one: one.group)]
    template = "answers.html" if visit.is_part else "search.html"
    return see(visit, template, q=text, groups=groups)


def reason(visit: Visit) -> Response:
    """What one reason code means."""
    text = visit.path("code")
    known = {int(one): one for one in Reason}
    if not (text.isascii() and text.isdigit() and len(text) < 5) or int(text) not in known:
        raise NotFound("there is no such reason code")
    code = known[int(text)]
    return see(visit, "reason.html", code=code, sentence=sentence(code))
