"""Routes of the transfer agent's desk: holders' files, restraints, legends, records, control reports."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field, StringConstraints

from freehold.core import registration as forms
from freehold.core.clock import parse_day
from freehold.core.registration import Event
from freehold.core.restraints import Legend, Restraint, RestraintKind
from freehold.desks.agent import controls, recordkeeping, registrations, restraints
from freehold.desks.agent.restraints import LegendRequest, PlaceRequest
from freehold.doors.api.papers import Holder, Issuer
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, OfficeOf, OnceKey
from freehold.wire import documents as w

router = APIRouter(prefix="/v1/agent")
STRICT: Any = {"extra": "forbid"}
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Words = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[^\x00-\x1f]*$")]
Line = Annotated[str, StringConstraints(max_length=80, pattern=r"^[^\x00-\x1f]*$")]
RestraintId = Annotated[str, Path(pattern=r"^res_[0-9a-f]{24}$", description="A restraint's id")]
Number = Annotated[int, Path(ge=1, le=10**12)]


class PartyIn(BaseModel):
    """Somebody who stands in a registration."""

    model_config = STRICT

    role: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    name: w.PersonName
    born: date | None = None
    share: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}/[0-9]{1,6}$")] | None = None


class RegistrationIn(BaseModel):
    """How a holder's units are registered."""

    model_config = STRICT

    form: Literal[
        "individual",
        "joint-tenants",
        "tenants-in-common",
        "custodian-minor",
        "trust",
        "estate",
        "entity",
        "nominee",
    ]
    parties: Annotated[list[PartyIn], Field(min_length=1, max_length=1_016)]
    quorum: Literal["all", "majority", "one"] | None = None
    majority_age: Annotated[int, Field(ge=18, le=25)] | None = None


class EventIn(BaseModel):
    """Death or majority of a party, on a paper."""

    model_config = STRICT

    party: w.PersonName
    event: Literal["died", "of-age"]
    day: date
    document: Sha256


class PaperIn(BaseModel):
    """A paper that was seen."""

    model_config = STRICT

    paper: w.PaperName
    dated: date
    document: Sha256


class AddressIn(BaseModel):
    """A postal address; `mailbox` is told of the change, and written to when his units are touched."""

    model_config = STRICT

    lines: Annotated[list[Line], Field(min_length=1, max_length=6)]
    mailbox: Annotated[str, StringConstraints(max_length=254)] | None = None


class RestraintIn(BaseModel):
    """A stop, adverse claim, pledge or lien; no instrument: everything, no units: all of them. It ends
    by itself when the day `until` begins (UTC), or when it is released."""

    model_config = STRICT

    kind: RestraintKind
    document: Sha256
    in_favour: Words = ""
    words: Words = ""
    instrument: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    units: w.Quantity | None = None
    until: date | None = None


class NoticeIn(BaseModel):
    """The claimant and the presenter were told; registration is withheld for so many days."""

    model_config = STRICT

    days: Annotated[int, Field(ge=1, le=30)] = 30


class OnPaper(BaseModel):
    """The SHA-256 of the paper on which it is done."""

    model_config = STRICT

    document: Sha256


class RestraintOut(BaseModel):
    """A restraint; `until` null: until it is released."""

    id: str
    holder: str
    kind: RestraintKind
    token: w.Address | None
    units: str | None = Field(description="Base units; null: all")
    locked: bool
    document: str
    placed_at: datetime
    noticed_at: datetime | None
    until: datetime | None
    released_at: datetime | None
    in_favour: str
    words: str


class LegendIn(BaseModel):
    """A legend on a lot."""

    model_config = STRICT

    instrument: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    vintage: Annotated[int, Field(ge=1, lt=1 << 32)]
    code: Literal["144", "REGS", "CF", "LOCKUP", "AFFILIATE", "ROFR"]
    document: Sha256


class LegendOut(BaseModel):
    """A legend; `opinion` is the SHA-256 of the letter that removed it."""

    number: int
    token: w.Address
    vintage: int
    code: str
    placed_at: datetime
    removed_at: datetime | None
    opinion: str | None


class FileOut(BaseModel):
    """What the agent has of a holder."""

    issuer: str
    holder: str
    name: str
    registration: dict[str, Any] | None
    said: str
    of_age_on: date | None
    papers: list[dict[str, str]]
    address: list[str]
    address_held: bool
    restraints: list[RestraintOut]
    legends: list[LegendOut]


class ControlOut(BaseModel):
    """Chain, projection and book compared as of a block."""

    issuer: str
    issuer_name: str
    block: int
    block_hash: str
    instant: datetime
    ok: bool
    instruments: list[dict[str, Any]]
    cash: dict[str, Any] | None = None


class KeptReport(BaseModel):
    """A control report of the past."""

    number: int
    day: date
    block: int
    at: datetime
    ok: bool


class KeptReports(BaseModel):
    """The control reports kept, the newest first."""

    items: list[KeptReport]


class ReportOut(BaseModel):
    """A month of records: `share` is of the routine items due, as an exact fraction; null: none."""

    issuer: str
    month: date
    received: int
    routine: int
    due: int
    in_time: int
    share: str | None
    good: bool
    differences: list[str]
    lost: list[dict[str, Any]]


@router.get("/holders/{holder}", responses=responses(400, 404, 409))
def read_file(office: OfficeOf, actor: Caller, holder: Holder, issuer: Issuer = None) -> FileOut:
    """A holder's file: registration, papers, address, restraints, legends."""
    return _file(registrations.file(office, actor, issuer, holder))


@router.put("/holders/{holder}/registration", responses=responses(400, 404, 409))
def write_registration(
    office: OfficeOf, actor: Caller, holder: Holder, given: RegistrationIn, issuer: Issuer = None
) -> FileOut:
    """Write how the holder's units are registered from now on."""
    plain = given.model_dump(mode="json")
    registrations.register(office, actor, issuer, holder, plain)
    return _file(registrations.file(office, actor, issuer, holder))


@router.post("/holders/{holder}/events", status_code=201, responses=responses(400, 404, 409))
def write_event(
    office: OfficeOf, actor: Caller, holder: Holder, given: EventIn, issuer: Issuer = None
) -> FileOut:
    """Write that a party died or came of age."""
    event = Event(given.event)
    registrations.happen(
        office, actor, issuer, holder, given.party, event, given.day, given.document
    )
    return _file(registrations.file(office, actor, issuer, holder))


@router.post("/holders/{holder}/papers", status_code=201, responses=responses(400, 404, 409))
def write_paper(
    office: OfficeOf, actor: Caller, holder: Holder, given: PaperIn, issuer: Issuer = None
) -> FileOut:
    """Note that a paper was seen."""
    registrations.file_paper(
        office, actor, issuer, holder, given.paper, given.dated, given.document
    )
    return _file(registrations.file(office, actor, issuer, holder))


@router.put("/holders/{holder}/address", responses=responses(400, 404, 409))
def write_address(
    office: OfficeOf, actor: Caller, holder: Holder, given: AddressIn, issuer: Issuer = None
) -> FileOut:
    """Change the address; for a time payments wait and transfers are looked at twice."""
    registrations.move(office, actor, issuer, holder, given.lines, given.mailbox)
    return _file(registrations.file(office, actor, issuer, holder))


@router.delete(
    "/holders/{holder}/address/hold", status_code=204, responses=responses(400, 404, 409)
)
def lift_hold(office: OfficeOf, actor: Caller, holder: Holder, issuer: Issuer = None) -> Response:
    """End the hold of an address that the holder has confirmed."""
    registrations.lift_hold(office, actor, issuer, holder)
    return Response(status_code=204)


@router.post("/holders/{holder}/restraints", status_code=201, responses=responses(400, 404, 409))
def place_restraint(
    office: OfficeOf,
    actor: Caller,
    holder: Holder,
    given: RestraintIn,
    issuer: Issuer = None,
    key: OnceKey = None,
) -> RestraintOut:
    """Place a restraint in the book. To lock the units on the chain besides, propose a `lock`."""
    asked = PlaceRequest(
        holder,
        given.kind,
        given.document,
        given.in_favour,
        given.words,
        given.instrument,
        given.units,
        issuer=issuer,
        until=given.until,
    )
    return restraint_out(restraints.place(office, actor, asked, key).restraint)


@router.post("/restraints/{id}/notice", responses=responses(400, 404, 409))
def give_notice(office: OfficeOf, actor: Caller, id: RestraintId, given: NoticeIn) -> RestraintOut:
    """The claimant was told of a transfer that waits: the period of UCC 8-403 begins."""
    return restraint_out(restraints.give_notice(office, actor, id, given.days))


@router.post("/restraints/{id}/release", responses=responses(400, 404, 409))
def release_restraint(
    office: OfficeOf, actor: Caller, id: RestraintId, given: OnPaper
) -> RestraintOut:
    """Release a restraint on a paper."""
    return restraint_out(restraints.release(office, actor, id, given.document).restraint)


@router.post("/holders/{holder}/legends", status_code=201, responses=responses(400, 404, 409))
def stamp_legend(
    office: OfficeOf, actor: Caller, holder: Holder, given: LegendIn, issuer: Issuer = None
) -> FileOut:
    """Put a legend on a lot."""
    asked = LegendRequest(
        holder, given.instrument, given.vintage, given.code, given.document, issuer
    )
    restraints.stamp_legend(office, actor, asked)
    return _file(registrations.file(office, actor, issuer, holder))


@router.post("/legends/{number}/removal", responses=responses(400, 404, 409))
def remove_legend(office: OfficeOf, actor: Caller, number: Number, given: OnPaper) -> LegendOut:
    """Remove a legend on counsel's letter."""
    return _legend(restraints.remove_legend(office, actor, number, given.document))


@router.post("/controls", responses=responses(400, 404, 409))
def make_control(
    office: OfficeOf,
    actor: Caller,
    issuer: Issuer = None,
    block: Annotated[
        int | None, Query(ge=0, le=10**12, description="As of; now if left out")
    ] = None,
) -> ControlOut:
    """Compare chain, projection and book; a report of now is kept."""
    found = controls.report_as(office, actor, issuer, block)
    return ControlOut.model_validate(controls.to_json(found))


@router.get("/controls", responses=responses(400, 404, 409))
def list_controls(office: OfficeOf, actor: Caller, issuer: Issuer = None) -> KeptReports:
    """The control reports kept."""
    found = controls.history(office, actor, issuer)
    names = KeptReport.model_fields
    return KeptReports(
        items=[KeptReport(**{name: getattr(one, name) for name in names}) for one in found]
    )


@router.get("/report", responses=responses(400, 404, 409))
def read_report(
    office: OfficeOf,
    actor: Caller,
    issuer: Issuer = None,
    month: Annotated[
        str | None, Query(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="This one if left out")
    ] = None,
) -> ReportOut:
    """A month of records: turnaround (17Ad-2), record differences (17Ad-11), lost holders (17Ad-17)."""
    first = parse_day(f"{month}-01", "month") if month else None
    one = recordkeeping.report(office, actor, issuer, first)
    return ReportOut(
        issuer=one.issuer,
        month=one.month,
        received=one.turnaround.received,
        routine=one.turnaround.routine,
        due=one.turnaround.due,
        in_time=one.turnaround.in_time,
        share=None if one.turnaround.share is None else str(one.turnaround.share),
        good=one.turnaround.good,
        differences=[each.what for each in one.differences],
        lost=[
            {
                "number": each.lost.number,
                "holder": each.lost.holder,
                "lost_on": each.lost.lost_on.isoformat(),
                "next_search": each.which,
                "from": each.begins.isoformat() if each.begins else None,
                "by": each.ends.isoformat() if each.ends else None,
                "late": each.late,
                "escheat_hint": each.escheat_hint.isoformat(),
            }
            for each in one.lost
        ],
    )


def restraint_out(one: Restraint) -> RestraintOut:
    """A restraint as the API says it."""
    values = {name: getattr(one, name) for name in RestraintOut.model_fields if name != "units"}
    return RestraintOut(**values, units=None if one.units is None else str(one.units))


def _legend(one: Legend) -> LegendOut:
    return LegendOut(**{name: getattr(one, name) for name in LegendOut.model_fields})


def _file(one: registrations.File) -> FileOut:
    return FileOut(
        issuer=one.issuer,
        holder=one.holder,
        name=one.name,
        registration=forms.to_json(one.registration) if one.registration else None,
        said=one.said,
        of_age_on=one.of_age_on,
        papers=[{"paper": each.paper, "dated": each.dated.isoformat()} for each in one.papers],
        address=list(one.address.lines) if one.address else [],
        address_held=one.held,
        restraints=[restraint_out(each) for each in one.restraints],
        legends=[_legend(each) for each in one.legends],
    )
