"""Every component in every state on one page, for whoever works on the pages; example worlds have it."""

from fractions import Fraction

from starlette.responses import Response

from freehold.core.errors import NotFound
from freehold.desks.platform import examples
from freehold.doors.web import charts
from freehold.doors.web.network import Badge
from freehold.doors.web.visits import Visit, see

WORDS = (
    "Draft", "Scheduled", "Waiting", "Needs a second person", "Claim expiring", "Announced", "Eligible",
    "In force", "Trading", "Verified", "Frozen", "Locked", "Treasury", "Refused", "Failed",
    "Claim lapsed", "Stranded", "Halted",
)  # fmt: skip
STATES = (
    "waiting", "accepted", "sending", "seen", "confirmed", "final", "failed", "refused", "replaced",
    "cancelled",
)  # fmt: skip
NETWORKS = (
    Badge("Local ledger", "", "final to block 18,204"),
    Badge("Test ledger", "", "nothing to follow yet"),
    Badge("Network", "warn", "48 blocks behind"),
    Badge("Network", "warn", "Blocks were replaced; 2 instructions are being checked", "/activity"),
    Badge("Network", "bad", "The worker is not passing"),
    Badge("Network", "bad", "The ledger is not answering"),
)


def gallery(visit: Visit) -> Response:
    """The page. Raises NotFound outside an example world."""
    if examples.world(visit.office) is None:
        raise NotFound("there is no such page")
    shares = [
        (name, Fraction(part, 100))
        for name, part in (("Meridian", 46), ("Helvetia", 31), ("Quay", 23))
    ]
    shown = charts.parts(shares)
    bar = charts.stacked(shown)
    values = {"words": WORDS, "states": STATES, "networks": NETWORKS, "shown": shown, "bar": bar}
    return see(visit, "gallery.html", 200, **values)
