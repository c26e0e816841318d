"""Routes of two-person approvals: propose an act, see its difference, decide; what was announced."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from freehold.core.approvals import Act, Difference, State
from freehold.core.grounds import Grounds, name_of, parse_ground
from freehold.desks.approvals import approvals, ruling
from freehold.desks.approvals.approvals import ProposalView, Proposed, ProposeRequest, Tried
from freehold.desks.approvals.ruling import RuleTable
from freehold.doors.api import problems
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, Cursor, IdempotencyKey, Limit, OfficeOf
from freehold.wire.approvals import (
    ActProposed,
    AnnouncementOut,
    Announcements,
    Approval,
    Approvals,
    Approving,
    BreakingGlass,
    Deciding,
    DifferenceOut,
    KindOut,
    Kinds,
    Row,
    RuleOut,
    RulesOut,
    TriedOut,
    Why,
)

router = APIRouter(prefix="/v1")
Issuer = Annotated[
    str | None, Query(max_length=128, description="The issuer's id, where there are several")
]
Which = Annotated[str, Path(pattern=r"^ap_[0-9a-f]{24}$", description="A proposal's id")]


@router.get("/approvals/kinds", responses=responses())
def list_kinds(office: OfficeOf, actor: Caller) -> Kinds:
    """The acts that the caller may propose, with the arguments each takes."""
    found = [
        KindOut(
            kind=one.name,
            title=one.title,
            power=one.power,
            fields=list(one.fields),
            optional=list(one.optional),
            grounds=one.grounds,
        )
        for one in approvals.proposable(actor)
    ]
    return Kinds(items=found)


@router.get("/approvals/rules", responses=responses(400, 404, 409))
def list_rules(office: OfficeOf, actor: Caller, issuer: Issuer = None) -> RulesOut:
    """Which act needs how many persons, from which amount, for what, and who may be the second one."""
    return rules(ruling.table(office, actor, issuer))


@router.get("/approvals", responses=responses(400))
def list_approvals(
    office: OfficeOf,
    actor: Caller,
    state: Annotated[list[State] | None, Query(max_length=len(State))] = None,
    kind: Annotated[
        str | None, Query(pattern=r"^[a-z-]{1,32}$", description="Only acts of this kind")
    ] = None,
    issuer: Annotated[str | None, Query(max_length=128, description="Only of this issuer")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Approvals:
    """Proposals of the issuers whose approvals the caller may read, and his own; the newest first."""
    before = int(cursor) if cursor else None
    found = approvals.proposals(office, actor, state or [], before, limit, kind, issuer)
    following = str(found[-1].proposal.number) if len(found) == limit else None
    return Approvals(items=[approval(one) for one in found], next=following)


@router.get("/approvals/{id}", responses=responses(400, 404))
def one_approval(office: OfficeOf, actor: Caller, id: Which) -> Approval:
    """One proposal."""
    return approval(approvals.proposal(office, actor, id))


@router.post("/approvals/act/dry-runs", responses=responses(400, 404, 409))
def dry_run(office: OfficeOf, actor: Caller, asked: ActProposed) -> TriedOut:
    """What an act would change now; nothing is kept."""
    return tried(approvals.dry_run(office, actor, _request(asked, "")))


@router.post(
    "/approvals", status_code=201, response_model=Approval, responses=responses(400, 404, 409, 422)
)
def propose(office: OfficeOf, actor: Caller, asked: ActProposed, key: IdempotencyKey) -> Any:
    """Propose an act. What its dry run refuses is answered with 422 and not proposed."""
    made: Proposed = approvals.propose(office, actor, _request(asked, key))
    if made.proposal is None:
        return problems.answer(422, made.tried.reason, code=made.tried.code or None)
    return approval(approvals.proposal(office, actor, made.proposal.id))


@router.post("/approvals/{id}/dry-runs", responses=responses(400, 404, 409))
def dry_run_again(office: OfficeOf, actor: Caller, id: Which) -> TriedOut:
    """Try a proposal anew; what it finds takes the place of the older difference."""
    return tried(approvals.dry_run_again(office, actor, id))


@router.post("/approvals/{id}/approval", responses=responses(400, 404, 409))
def approve(office: OfficeOf, actor: Caller, id: Which, asked: Approving) -> Approval:
    """Approve what somebody else proposed; 409 if the register moved on since the difference."""
    approvals.approve(office, actor, id, asked.difference, asked.note)
    return approval(approvals.proposal(office, actor, id))


@router.post("/approvals/{id}/decline", responses=responses(400, 404, 409))
def decline(office: OfficeOf, actor: Caller, id: Which, asked: Deciding) -> Approval:
    """Decline what somebody else proposed; a note says why."""
    approvals.decline(office, actor, id, asked.note)
    return approval(approvals.proposal(office, actor, id))


@router.post("/approvals/{id}/withdrawal", responses=responses(400, 404, 409))
def withdraw(office: OfficeOf, actor: Caller, id: Which, asked: Deciding) -> Approval:
    """Take back what one proposed oneself."""
    approvals.withdraw(office, actor, id, asked.note)
    return approval(approvals.proposal(office, actor, id))


@router.post("/approvals/{id}/break-glass", responses=responses(400, 404, 409))
def break_glass(office: OfficeOf, actor: Caller, id: Which, asked: BreakingGlass) -> Approval:
    """Approve alone, for a reason that is announced to everybody concerned."""
    approvals.break_glass(office, actor, id, asked.difference, asked.reason)
    return approval(approvals.proposal(office, actor, id))


@router.get("/announcements", responses=responses())
def list_announcements(office: OfficeOf, actor: Caller) -> Announcements:
    """What is announced now: that somebody broke the glass."""
    found = approvals.announcements(office, actor)
    names = AnnouncementOut.model_fields
    rows = [AnnouncementOut(**{name: getattr(one, name) for name in names}) for one in found]
    return Announcements(items=rows)


def approval(view: ProposalView) -> Approval:
    """A proposal as the API words it; the command line prints the same."""
    one = view.proposal
    act = one.act
    return Approval(
        id=one.id,
        number=one.number,
        kind=act.kind,
        title=view.title,
        issuer=act.issuer,
        token=act.token,
        amount=act.amount,
        arguments=dict(act.arguments),
        grounds=_why(act),
        reference=act.reference,
        state=view.state.lower().replace("_", "-"),
        persons=one.persons,
        proposer=view.proposer,
        proposed_at=one.proposed_at,
        lapses_at=one.lapses_at,
        difference=_difference(one.difference),
        may_decide=view.may_decide,
        why_not=view.why_not,
        decider=view.decider,
        decided_at=one.decided_at,
        note=one.note,
        alone=one.alone,
        instructions=list(view.instructions),
        ended_at=one.ended_at,
        code=one.code,
        why=one.why,
    )


def rules(found: RuleTable) -> RulesOut:
    """The approval rules as the API words them; the command line prints the same."""
    items = [
        RuleOut(
            act=one.kind,
            title=one.title,
            instrument=one.instrument,
            named=one.named,
            above=None if one.above is None else f"{one.above:f}",
            up_to=None if one.up_to is None else f"{one.up_to:f}",
            persons=one.persons,
            own=one.own,
            roles=[str(role) for role in one.roles],
            approvers=list(one.approvers),
        )
        for one in found.lines
    ]
    return RulesOut(
        issuer=found.issuer,
        hours=found.hours,
        proposal=found.proposal,
        changed_at=found.changed_at,
        items=items,
    )


def tried(found: Tried) -> TriedOut:
    """A dry run as the API words it."""
    return TriedOut(
        kind=found.act.kind,
        arguments=dict(found.act.arguments),
        difference=_difference(found.difference),
        refused=found.refused,
        code=found.code,
        reason=found.reason,
    )


def _difference(found: Difference) -> DifferenceOut:
    rows = [
        Row(
            subject=one.subject,
            record=one.record,
            before=one.before,
            after=one.after,
            change=one.by,
        )
        for one in found.changes
    ]
    return DifferenceOut(digest=found.digest, block=found.block, rows=rows)


def _why(act: Act) -> Why | None:
    if act.grounds is None:
        return None
    return Why(reason=name_of(act.grounds.reason), document=act.grounds.document.hex())


def _request(asked: ActProposed, key: str) -> ProposeRequest:
    grounds = None
    if asked.grounds:
        given = asked.grounds
        grounds = Grounds(parse_ground(given.reason), bytes.fromhex(given.document))
    return ProposeRequest(asked.kind, asked.arguments, key, asked.issuer, grounds, asked.reference)
