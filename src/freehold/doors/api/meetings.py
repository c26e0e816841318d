"""Routes of meetings: called, agenda, votes by signature or by the agent's key, proxies, tally, minutes."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path

from freehold.core.actions.ballot import Mark, Resolution, Tally
from freehold.core.actions.ballot_words import Said
from freehold.core.errors import Conflict, NotFound
from freehold.core.grounds import Grounds, parse_ground
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.servicing import ballots, events, meetings, processing
from freehold.desks.servicing.assembly import Assembly, Standing
from freehold.desks.servicing.ballots import Seat
from freehold.desks.servicing.processing import Act
from freehold.desks.servicing.voting import Given, ProxyRequest, VoteOutcome, VoteRequest
from freehold.doors.api import problems
from freehold.doors.api.action_documents import OrderOut, order_out
from freehold.doors.api.actions import Issuer, proposed
from freehold.doors.api.approvals import tried
from freehold.doors.api.meeting_documents import (
    CountOut,
    MeetingOut,
    Meetings,
    Minutes,
    NoticeIn,
    NoticeOut,
    ProxyIn,
    ReceiptOut,
    ResolutionOut,
    RevealIn,
    SeatOut,
    Seats,
    TallyOfMeeting,
    TallyOut,
    TypedOut,
    VoteIn,
    VoteOut,
)
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, Cursor, IdempotencyKey, Limit, OfficeOf
from freehold.wire.approvals import Approval, TriedOut, Why

router = APIRouter(prefix="/v1")
Number = Annotated[int, Path(ge=1, le=2**31, description="The meeting's number")]
Holder = Annotated[str, Path(min_length=1, max_length=128, pattern=r"^[^\x00/]*$")]


@router.get("/meetings", responses=responses(400, 404))
def list_meetings(
    office: OfficeOf,
    actor: Caller,
    issuer: Issuer = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Meetings:
    """Meetings of the issuers that the caller may read, the newest first."""
    found = events.meetings_of(office, actor, issuer)
    first = int(cursor or 0)
    shown = found[first : first + limit]
    following = str(first + limit) if len(found) > first + limit else None
    return Meetings(items=[meeting_out(one) for one in shown], next=following)


@router.post("/meetings/call/dry-runs", responses=responses(400, 404, 409))
def preview_call(office: OfficeOf, actor: Caller, given: NoticeIn) -> TriedOut:
    """What the notice would call; nothing is kept."""
    asked = ProposeRequest("call-meeting", {"notice": given.notice}, "", given.issuer)
    return tried(approvals.dry_run(office, actor, asked))


@router.post(
    "/meetings", status_code=201, response_model=Approval, responses=responses(400, 404, 409, 422)
)
def call(office: OfficeOf, actor: Caller, given: NoticeIn, key: IdempotencyKey) -> Any:
    """Propose to call a meeting; another person approves it."""
    asked = ProposeRequest("call-meeting", {"notice": given.notice}, key, given.issuer)
    return proposed(office, actor, asked)


@router.get("/meetings/{number}", responses=responses(400, 404))
def one_meeting(office: OfficeOf, actor: Caller, number: Number) -> MeetingOut:
    """One meeting with its agenda."""
    return meeting_out(events.meeting(office, actor, number))


@router.get("/meetings/{number}/notice", responses=responses(400, 404))
def notice(office: OfficeOf, actor: Caller, number: Number) -> NoticeOut:
    """The notice, word for word."""
    one = events.meeting(office, actor, number)
    return NoticeOut(notice=one.kept.notice, sha256=one.kept.digest)


@router.get("/meetings/{number}/tally", responses=responses(400, 404, 409))
def tally(office: OfficeOf, actor: Caller, number: Number) -> TallyOfMeeting:
    """How the votes stand, counted from the chain; 409 before the record instant has passed."""
    one = events.meeting(office, actor, number)
    _, standing = meetings.show(office, one.issuer.id, number)
    if standing is None:
        raise Conflict(f"the record instant of meeting {number} lies ahead", meeting=number)
    return tally_out(one, standing)


@router.get("/meetings/{number}/seats", responses=responses(400, 404, 409))
def list_seats(
    office: OfficeOf, actor: Caller, number: Number, cursor: Cursor = None, limit: Limit = 100
) -> Seats:
    """The holders for whom the caller may vote, himself or as their proxy, and what each has said."""
    one = events.meeting(office, actor, number)
    found, first = ballots.chairs(office, actor, one), int(cursor or 0)
    shown = [ballots.seat(office, one, each) for each in found[first : first + limit]]
    following = str(first + limit) if len(found) > first + limit else None
    return Seats(items=[_seat(each) for each in shown], next=following)


@router.post("/meetings/{number}/ballots", responses=responses(400, 404, 409))
def typed_vote(office: OfficeOf, actor: Caller, number: Number, given: VoteIn) -> TypedOut:
    """What the voter's own wallet signs for a vote, dated now."""
    typed = ballots.ballot(office, actor, vote_request(number, given, ""))
    return _typed(typed)


@router.post(
    "/meetings/{number}/votes",
    status_code=202,
    response_model=VoteOut,
    responses=responses(400, 404, 409, 422),
)
def vote(
    office: OfficeOf, actor: Caller, number: Number, given: VoteIn, key: IdempotencyKey
) -> Any:
    """Vote by signature, or by the agent's key where it opens the account; the worker brings it. A vote
    that cannot count is answered with 422, and the reason's number where it has one."""
    done = ballots.vote(office, actor, vote_request(number, given, key))
    if done.given is Given.REFUSED:
        return problems.answer(422, done.reason, code=done.code or None)
    return vote_out(done)


@router.get("/meetings/{number}/votes/{holder}", responses=responses(400, 404, 409))
def one_vote(office: OfficeOf, actor: Caller, number: Number, holder: Holder) -> VoteOut:
    """What became of a holder's last vote."""
    return vote_out(ballots.outcome(office, actor, number, holder))


@router.post("/meetings/{number}/appointments", responses=responses(400, 404, 409))
def typed_appointment(office: OfficeOf, actor: Caller, number: Number, given: ProxyIn) -> TypedOut:
    """What the giver's own wallet signs to appoint a proxy, dated now."""
    return _typed(ballots.appointment(office, actor, _proxy(number, given, "")))


@router.post("/meetings/{number}/proxies", status_code=202, responses=responses(400, 404, 409))
def appoint(
    office: OfficeOf, actor: Caller, number: Number, given: ProxyIn, key: IdempotencyKey
) -> OrderOut:
    """Appoint a proxy, or take the appointment back where none is named."""
    return order_out(ballots.appoint(office, actor, _proxy(number, given, key)))


@router.post("/meetings/{number}/revelation", status_code=202, responses=responses(400, 404, 409))
def reveal(office: OfficeOf, actor: Caller, number: Number) -> OrderOut:
    """After the close of a secret vote: reveal the sealed votes that the book knows."""
    return order_out(processing.ask_at(office, actor, number, Act.REVEAL))


@router.get("/meetings/{number}/receipts/{holder}", responses=responses(400, 404))
def one_receipt(office: OfficeOf, actor: Caller, number: Number, holder: Holder) -> ReceiptOut:
    """The receipt of a holder's sealed vote, for himself alone."""
    return ReceiptOut(receipt=ballots.own_receipt(office, actor, number, holder))


@router.post(
    "/meetings/{number}/votes/{holder}/revelation",
    status_code=202,
    responses=responses(400, 404, 409),
)
def reveal_one(
    office: OfficeOf, actor: Caller, number: Number, holder: Holder, given: RevealIn
) -> OrderOut:
    """After the close of a secret vote: reveal one holder's vote; asked again within a minute it is one
    order."""
    return order_out(ballots.reveal(office, actor, number, holder, given.receipt))


@router.post("/meetings/{number}/closing", status_code=202, responses=responses(400, 404, 409))
def close(office: OfficeOf, actor: Caller, number: Number) -> OrderOut:
    """Count, and let the result stand by the hash of the minutes."""
    return order_out(processing.ask_at(office, actor, number, Act.CONCLUDE))


@router.get("/meetings/{number}/minutes", responses=responses(400, 404))
def minutes(office: OfficeOf, actor: Caller, number: Number) -> Minutes:
    """The minutes, once the result stands."""
    one = events.meeting(office, actor, number)
    if one.kept.minutes is None or one.chain.minutes is None:
        raise NotFound(f"meeting {number} has no minutes yet", meeting=number)
    return Minutes(minutes=one.kept.minutes, sha256=str(one.chain.minutes))


@router.post(
    "/meetings/{number}/cancellation",
    status_code=201,
    response_model=Approval,
    responses=responses(400, 404, 409, 422),
)
def cancel(office: OfficeOf, actor: Caller, number: Number, why: Why, key: IdempotencyKey) -> Any:
    """Propose to call the meeting off; another person approves it."""
    owner = events.held_by(office, actor, number)
    grounds = Grounds(parse_ground(why.reason), bytes.fromhex(why.document))
    texts = {"meeting": str(number)}
    return proposed(office, actor, ProposeRequest("cancel-meeting", texts, key, owner, grounds))


def vote_request(number: int, given: VoteIn, key: str) -> VoteRequest:
    """A vote as the desk takes it."""
    said: Said = {
        (one.resolution, one.for_class): tuple(
            Mark(tuple(mark.ranking), mark.units) for mark in one.marks
        )
        for one in given.said
    }
    return VoteRequest(
        number, given.holder, key, said, given.proxy, None, given.signature, given.at,
        int(given.sealed or 0),
    )  # fmt: skip


def vote_out(one: VoteOutcome) -> VoteOut:
    """What became of a vote as the API words it."""
    return VoteOut(
        meeting=one.meeting,
        holder=one.holder,
        given=str(one.given),
        reason=one.reason,
        said=list(one.said),
    )


def meeting_out(one: Assembly) -> MeetingOut:
    """A meeting as the API words it."""
    terms = one.chain.terms
    return MeetingOut(
        number=one.number,
        name=one.notice.name,
        issuer=one.issuer.id,
        stage=str(one.stage),
        notice=one.kept.digest,
        record=one.record,
        opens=terms.opens,
        closes=terms.closes,
        revealed_until=terms.revealed_until,
        secret=terms.revealed_until is not None,
        changeable=terms.changeable,
        classes=list(one.classes),
        agenda=[_resolution(one, each) for each in one.agenda],
        votes=len(one.chain.cast),
        sealed=len(one.chain.sealed),
        place=one.notice.place,
        replaced_by=one.replaced_by,
        ballot=one.ballot,
    )


def tally_out(one: Assembly, standing: Standing) -> TallyOfMeeting:
    """How the votes stand as the API words it."""
    return TallyOfMeeting(
        meeting=one.number,
        final=one.chain.terms.concluded,
        compared=standing.compared,
        resolutions=[_tally(each) for each in standing.tallies],
    )


def _resolution(one: Assembly, each: Resolution) -> ResolutionOut:
    more = "more than " if each.majority.more_than else ""
    return ResolutionOut(
        id=each.id,
        title=one.notice.titles[each.id],
        method=str(each.method),
        quorum=str(each.quorum.part),
        majority=f"{more}{each.majority.part}",
        basis=str(each.basis),
        separate=list(each.separate),
        candidates=list(each.candidates),
        seats=each.seats,
        votes_per_unit={name: str(votes) for name, votes in each.votes_per_unit.items()},
    )


def _tally(each: Tally) -> TallyOut:
    return TallyOut(
        resolution=each.resolution,
        count=_count(each.count),
        by_class={name: _count(one) for name, one in each.by_class.items()},
        quorum_met=each.quorum_met,
        carried=each.carried,
        elected=list(each.elected),
        tied=list(each.tied),
    )


def _count(one: Any) -> CountOut:
    votes = {name: str(given) for name, given in one.votes.items()}
    return CountOut(votes=votes, present=str(one.present), entitled=str(one.entitled))


def _seat(one: Seat) -> SeatOut:
    return SeatOut(
        holder=one.holder,
        units={name: str(units) for name, units in one.units.items()},
        said=list(one.said),
        sealed=one.sealed,
        by_agents_key=one.kept,
        proxy=one.proxy,
        pending=one.pending,
        voter=one.voter,
    )


def _proxy(number: int, given: ProxyIn, key: str) -> ProxyRequest:
    return ProxyRequest(
        number, given.holder, given.proxy, key, given.giver, given.may_substitute, None,
        given.signature, given.at,
    )  # fmt: skip


def plain_typed(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What a wallet signs, and its second: numbers as text, because scripts read them as floats."""
    message = {name: _plain(value) for name, value in typed["message"].items()}
    return {"at": int(typed["message"]["at"]), "typed": {**typed, "message": message}}


def _typed(typed: Mapping[str, Any]) -> TypedOut:
    return TypedOut(**plain_typed(typed))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [str(one) for one in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
