"""Routes of who holds what, of what waits for the caller, and of the one search."""

from fractions import Fraction
from typing import Annotated

from fastapi import APIRouter, Path, Query

from freehold.desks.platform import dashboards, finding
from freehold.desks.register import ownership
from freehold.desks.register.ownership import CapTableView, HolderLine
from freehold.doors.api.problems import responses
from freehold.doors.api.queries import Instant, instant
from freehold.doors.api.routes import Caller, Cursor, Limit, OfficeOf
from freehold.wire.ownership import (
    CapTableOut,
    ClassOut,
    DilutedOut,
    FoundList,
    FoundOut,
    HeldOut,
    HolderOut,
    HoldersOut,
    OwnerOut,
    WaitingList,
    WaitingOut,
)

router = APIRouter(prefix="/v1")
IssuerId = Annotated[
    str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,127}$", description="The issuer's id")
]
Word = Annotated[str | None, Query(max_length=128)]


@router.get("/holders", responses=responses(400))
def list_holders(
    office: OfficeOf,
    actor: Caller,
    issuer: Word = None,
    q: Annotated[
        str, Query(max_length=128, description="In the name, id, class, country or state")
    ] = "",
    country: Annotated[str | None, Query(pattern=r"^[A-Z]{2}$", examples=["DE"])] = None,
    stands: Annotated[str | None, Query(max_length=32, examples=["Frozen"])] = None,
    symbol: Annotated[
        str | None, Query(max_length=32, description="Only who holds units of this instrument")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> HoldersOut:
    """The holders of the issuers whose registers the caller may read, by name, with what they hold."""
    found = [
        one
        for one in ownership.holder_list(office, actor, q)
        if issuer in (None, one.issuer)
        and country in (None, one.country)
        and stands in (None, one.stands)
        and (symbol is None or symbol in dict(one.held))
    ]
    first = int(cursor or 0)
    shown = found[first : first + limit]
    following = str(first + limit) if len(found) > first + limit else None
    return HoldersOut(items=[_holder(one) for one in shown], total=len(found), next=following)


@router.get("/issuers/{issuer}/cap-table", responses=responses(400, 404, 409))
def read_cap_table(
    office: OfficeOf, actor: Caller, issuer: IssuerId, as_of: Instant = None
) -> CapTableOut:
    """Who owns how much by class, now with everything diluted, or at an instant that has passed."""
    return _table(ownership.cap_table(office, actor, issuer, instant(as_of, "as_of")))


@router.get("/waiting", responses=responses())
def list_waiting(office: OfficeOf, actor: Caller) -> WaitingList:
    """What waits for the caller, as on his first page; proposals are under /approvals."""
    items = [
        WaitingOut(
            urgency=str(one.urgency), title=one.title, detail=one.detail, page=one.href, due=one.due
        )
        for one in dashboards.waiting(office, actor)
    ]
    return WaitingList(items=items)


@router.get("/search", responses=responses(400))
def search(
    office: OfficeOf,
    actor: Caller,
    q: Annotated[str, Query(max_length=128, description="A name, hash, address, block, code")] = "",
) -> FoundList:
    """What a text names of all that the caller may read."""
    found = finding.find(office, actor, q)
    return FoundList(
        items=[
            FoundOut(group=one.group, name=one.name, about=one.about, page=one.href)
            for one in found
        ]
    )


def _holder(one: HolderLine) -> HolderOut:
    values = {name: getattr(one, name) for name in HolderOut.model_fields if name != "held"}
    held = [HeldOut(symbol=symbol, units=units) for symbol, units in one.held]
    return HolderOut(**values, held=held)


def _table(found: CapTableView) -> CapTableOut:
    return CapTableOut(
        issuer=found.issuer,
        issuer_name=found.issuer_name,
        as_of=found.as_of,
        classes=[
            ClassOut(**{name: getattr(one, name) for name in ClassOut.model_fields})
            for one in found.classes
        ],
        items=[
            OwnerOut(
                id=row.id,
                holder=row.holder,
                account=row.account,
                units=[units or "0" for units in row.units],
                total=row.total,
                share=_exact(row.share),
            )
            for row in found.rows
        ],
        total=found.total,
        diluted=[
            DilutedOut(
                holder=line.holder,
                source=line.source,
                units=_exact(line.units),
                share=_exact(line.share),
                origin=line.origin,
            )
            for line in found.diluted
        ],
        diluted_total=_exact(found.diluted_total),
        open_claims=found.open_claims,
        file_day=found.file_day,
    )


def _exact(value: Fraction) -> str:
    """A whole number, or a fraction in lowest terms: 1/3."""
    return str(value)
