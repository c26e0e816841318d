"""Powers on chain that persons agree to give or take: over an issuer's register, or one instrument."""

from collections.abc import Sequence

from freehold.core.approvals import Act, Change
from freehold.core.errors import Invalid
from freehold.core.identifiers import parse_address
from freehold.core.ids import Address
from freehold.core.powers import NO_POWERS, Powers
from freehold.core.roles import Power
from freehold.desks import parties
from freehold.desks.approvals import kinds
from freehold.desks.approvals.kinds import Asking, Kind, Planned
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import Order
from freehold.desks.securities import authority
from freehold.desks.securities.authority import PowersRequest

GRANT, REVOKE = "grant-powers", "revoke-powers"


def _parsed(text: str) -> Powers:
    """Powers from their names. Raises Invalid with the ones there are."""
    found = NO_POWERS
    for name in text.replace(",", " ").upper().split():
        if name not in Powers.__members__:
            there = ", ".join(Powers.__members__)
            raise Invalid(f"powers {name[:32]!r} is none of {there}", field="powers")
        found |= Powers[name]
    return found


def _names(powers: Powers) -> str:
    return " ".join(one.name or "" for one in powers) or "none"


def _reads(kind: str) -> kinds.Read:
    def read(office: Office, asking: Asking) -> Act:
        texts = asking.texts
        arguments = {
            "who": str(parse_address(texts["who"])),
            "powers": _names(_parsed(texts["powers"])),
        }
        if not texts.get("instrument"):
            return kinds.of_issuer(kind, asking, arguments)
        _, instrument = parties.instrument(office, asking.owner.id, texts["instrument"])
        return kinds.of_instrument(kind, asking, instrument, arguments)

    return read


def _request(act: Act, key: str) -> PowersRequest:
    who, powers = Address(act.arguments["who"]), _parsed(act.arguments["powers"])
    return PowersRequest(who, powers, act.kind == GRANT, key, act.issuer, act.token)


def _difference(office: Office, act: Act) -> Sequence[Change]:
    request = _request(act, "")
    before = _names(authority.held_now(office, request))
    after = _names(authority.after_change(office, request))
    return [Change(f"powers of {request.who}", before, after)]


def _change(office: Office, planned: Planned) -> Order:
    return authority.change_order(office, orders.agent(office), _request(planned.act, planned.key))


KINDS = tuple(
    Kind(
        name,
        title,
        Power.CHANGE_POWERS,
        _reads(name),
        _difference,
        kinds.once(_change),
        ("who", "powers"),
        ("instrument",),
    )
    for name, title in ((GRANT, "Grant powers"), (REVOKE, "Revoke powers"))
)
