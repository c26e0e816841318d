"""Routes of the agent's records: items and their turnaround, lost holders, letters, what a file tells."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import TypeAdapter

from freehold.core.letters import Letter
from freehold.core.recordkeeping import Open, Search
from freehold.desks import notices
from freehold.desks.agent import holder_files, recordkeeping
from freehold.doors.api.papers import Holder, Issuer
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, OfficeOf, OnceKey
from freehold.wire import agent as w

router = APIRouter(prefix="/v1/agent")
Number = Annotated[int, Path(ge=1, le=10**12)]
LetterId = Annotated[str, Path(pattern=r"^[0-9a-z_]{1,64}$", description="A letter's id")]


@router.get("/items", responses=responses(400, 404, 409))
def open_items(office: OfficeOf, actor: Caller, issuer: Issuer = None) -> w.OpenItems:
    """What came in by hand and is not turned around, with its age (17 CFR 240.17Ad-2)."""
    found = recordkeeping.open_items(office, actor, issuer)
    return w.OpenItems(items=[_item(one) for one in found])


@router.post("/holders/{holder}/items", status_code=201, responses=responses(400, 404, 409))
def receive(
    office: OfficeOf,
    actor: Caller,
    holder: Holder,
    given: w.ItemIn,
    issuer: Issuer = None,
    key: OnceKey = None,
) -> w.ItemOut:
    """Write that an item of the holder came in by hand or by mail."""
    number = recordkeeping.receive(
        office,
        actor,
        issuer,
        holder,
        given.what,
        routine=given.routine,
        note=given.note,
        once=key,
    )
    return _item(recordkeeping.item(office, actor, issuer, number))


@router.post("/items/{number}/turnaround", responses=responses(400, 404, 409))
def turn_around(
    office: OfficeOf, actor: Caller, number: Number, given: w.TurnedIn, issuer: Issuer = None
) -> w.TurnedOut:
    """Write that an item is done, rejected or sent back."""
    recordkeeping.turn_around(office, actor, issuer, number, given.outcome)
    return w.TurnedOut(number=number, outcome=given.outcome)


@router.get("/lost", responses=responses(400, 404, 409))
def lost_holders(office: OfficeOf, actor: Caller, issuer: Issuer = None) -> w.LostHolders:
    """Holders who are lost, with the search that comes next (17 CFR 240.17Ad-17)."""
    found = recordkeeping.lost_holders(office, actor, issuer)
    return w.LostHolders(items=[_lost(one) for one in found])


@router.post("/holders/{holder}/loss", status_code=201, responses=responses(400, 404, 409))
def lose(
    office: OfficeOf, actor: Caller, holder: Holder, given: w.LossIn, issuer: Issuer = None
) -> w.LostOut:
    """Write that mail to the holder came back and no new address is known."""
    number = recordkeeping.lose(office, actor, issuer, holder, given.day)
    return _lost(recordkeeping.lost_one(office, actor, number))


@router.post("/lost/{number}/searches", status_code=201, responses=responses(400, 404, 409))
def search(office: OfficeOf, actor: Caller, number: Number, given: w.SearchIn) -> w.LostOut:
    """Write that a database was searched for a lost holder; the same day and place again is no change."""
    return _lost(recordkeeping.search(office, actor, number, given.day, given.source))


@router.post("/lost/{number}/discovery", responses=responses(400, 404, 409))
def found(office: OfficeOf, actor: Caller, number: Number) -> w.LostOut:
    """Write that a lost holder was found."""
    recordkeeping.found(office, actor, number)
    return _lost(recordkeeping.lost_one(office, actor, number))


@router.get("/letters", responses=responses(400))
def letters(
    office: OfficeOf,
    actor: Caller,
    waiting: Annotated[bool, Query(description="Only what waits for a decision")] = False,
) -> w.AgentLetters:
    """The last letters by e-mail with how far each has come."""
    listed = notices.queue(office, actor) if waiting else notices.outbox(office, actor)
    return w.AgentLetters(items=[w.LetterOut.model_validate(_letter(one)) for one in listed])


@router.get("/letters/{id}", responses=responses(400, 404))
def letter(office: OfficeOf, actor: Caller, id: LetterId) -> w.LetterFile:
    """One letter with its facts."""
    one = notices.letter(office, actor, id)
    return w.LetterFile.model_validate({**_letter(one), "facts": dict(one.facts)})


@router.post("/letters/{id}/decision", responses=responses(400, 404, 409))
def decide(office: OfficeOf, actor: Caller, id: LetterId, given: w.LetterDecision) -> w.LetterFile:
    """Send a letter of the queue again, drop it, or note that one that was sent came back."""
    notices.decide(office, actor, id, given.decision, given.note)
    return letter(office, actor, id)


@router.get("/holders/{holder}/picture", responses=responses(400, 404, 409))
def picture(office: OfficeOf, actor: Caller, holder: Holder, issuer: Issuer = None) -> w.PictureOut:
    """Lots with the days on which they become free, wallets, decisions, and all that happened."""
    return _PICTURE.validate_python(
        holder_files.of_holder(office, actor, issuer, holder), from_attributes=True
    )


_PICTURE = TypeAdapter(w.PictureOut)


def _item(one: Open) -> w.ItemOut:
    it = one.item
    return w.ItemOut(
        number=it.number,
        holder=it.holder,
        what=it.what,
        routine=it.routine,
        note=one.note,
        received_at=it.received_at,
        days=one.days,
        due=one.due,
        late=one.late,
    )


def _lost(one: Search) -> w.LostOut:
    return w.LostOut(
        number=one.lost.number,
        holder=one.lost.holder,
        lost_on=one.lost.lost_on,
        searches=[w.SearchedOut(day=each.day, source=each.source) for each in one.lost.searches],
        next_search=one.which,
        first_day=one.begins,
        last_day=one.ends,
        late=one.late,
        escheat_hint=one.escheat_hint,
        found_at=one.lost.found_at,
    )


def _letter(one: Letter) -> dict[str, object]:
    names = w.LetterOut.model_fields
    return {
        name: str(value) if name in ("kind", "state") else value
        for name in names
        for value in (getattr(one, name),)
    }
