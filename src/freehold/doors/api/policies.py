"""Routes of policies: what is in force and announced, a text examined, a change proposed, a case tried.

A change is proposed and answered with the proposal: another person approves it at /approvals, it is
announced on the chain, and the old rules hold until its public delay is over. Until then it can be called
off, by one person where the issuer's approval rules do not ask for two.
"""

from typing import Any

from fastapi import APIRouter

from freehold.core.approvals import CALL_OFF
from freehold.core.facts import Kind, Proof
from freehold.core.ids import checksummed
from freehold.core.policy.adoption import Adoption
from freehold.core.units import format_units, parse_units
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvable_policy import KIND, STRANDED
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.rules import explaining, rulemaking
from freehold.desks.rules.explaining import Explanation, Question
from freehold.desks.rules.rulemaking import Examination, Ruled
from freehold.doors.api.actions import proposed
from freehold.doors.api.approvals import tried
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, Cursor, IdempotencyKey, Limit, OfficeOf, Token
from freehold.wire.approvals import Approval, TriedOut
from freehold.wire.policies import (
    AdoptionOut,
    CallOff,
    CaseIn,
    CaseOut,
    CheckOut,
    CoveredOut,
    ExaminationOut,
    FaultOut,
    FlipOut,
    Policies,
    PolicyIn,
    PolicyOut,
    PolicyProposed,
    RuledOut,
    StrandedOut,
    WarningOut,
    WayOut,
)

router = APIRouter(prefix="/v1")
POLICY = "/instruments/{token}/policy"


@router.get("/policies", responses=responses(400))
def list_policies(
    office: OfficeOf, actor: Caller, cursor: Cursor = None, limit: Limit = 100
) -> Policies:
    """Every instrument with the policy in force and the one that is announced."""
    found, first = rulemaking.rules_of_all(office, actor), int(cursor or 0)
    following = str(first + limit) if len(found) > first + limit else None
    shown = found[first : first + limit]
    return Policies(items=[RuledOut(**_ruled(one)) for one in shown], next=following)


@router.get(POLICY, responses=responses(400, 404))
def one_policy(office: OfficeOf, actor: Caller, token: Token) -> PolicyOut:
    """The policy of an instrument: its text, what is announced, what was, which changes are proposed."""
    book = rulemaking.rulebook(office, actor, checksummed(token))
    changes = approvals.about(office, actor, book.ruled.token, KIND)
    return PolicyOut(
        **_ruled(book.ruled),
        text=book.text,
        history=[_adoption(name, one) for name, one in book.history],
        proposals=[one.proposal.id for one in changes],
        now=book.now,
    )


@router.post(POLICY + "/examinations", responses=responses(400, 404))
def examine_policy(
    office: OfficeOf, actor: Caller, token: Token, given: PolicyIn
) -> ExaminationOut:
    """Every mistake in a text with its line; without any, what it would change and whom it would strand."""
    token = checksummed(token)
    ruled = rulemaking.rulebook(office, actor, token).ruled
    return _examination(rulemaking.examine(office, actor, token, given.text), ruled.decimals)


@router.post(POLICY + "/cases", responses=responses(400, 404, 409))
def try_case(office: OfficeOf, actor: Caller, token: Token, given: CaseIn) -> CaseOut:
    """Would A to B of so many units pass, under the policy in force or under a text? Why not, and when?"""
    token = checksummed(token)
    decimals = rulemaking.rulebook(office, actor, token).ruled.decimals
    proofs = Proof(0)
    for name in given.proofs:
        proofs |= Proof[name.upper()]
    units = int(parse_units(given.units, decimals, "units"))
    question = Question(given.sender, given.receiver, units, Kind[given.kind.upper()], proofs)
    draft = rulemaking.draft(office, given.text) if given.text is not None else None
    found = explaining.explain_as(office, actor, token, question, draft)
    return _case(found, decimals, draft=draft is not None)


@router.post(POLICY + "/proposals/dry-runs", responses=responses(400, 404, 409))
def preview_policy(
    office: OfficeOf, actor: Caller, token: Token, given: PolicyProposed
) -> TriedOut:
    """What putting the text in force would change, holder by holder; nothing is kept."""
    return tried(approvals.dry_run(office, actor, _proposal(office, actor, token, given, "")))


@router.post(
    POLICY + "/proposals",
    status_code=201,
    response_model=Approval,
    responses=responses(400, 404, 409, 422),
)
def propose_policy(
    office: OfficeOf, actor: Caller, token: Token, given: PolicyProposed, key: IdempotencyKey
) -> Any:
    """Propose a policy; until it is approved, /approvals/{id}/withdrawal calls it off."""
    return proposed(office, actor, _proposal(office, actor, token, given, key))


@router.post(
    POLICY + "/call-off",
    status_code=201,
    response_model=Approval,
    responses=responses(400, 404, 409, 422),
)
def call_off_policy(
    office: OfficeOf, actor: Caller, token: Token, given: CallOff, key: IdempotencyKey
) -> Any:
    """Call the announced policy off: the rules in force stay. 422 `refused` with the code where nothing
    is announced (230), its delay is over (231), or its first part is in force (232)."""
    ruled = rulemaking.rulebook(office, actor, checksummed(token)).ruled
    texts = {"instrument": ruled.token, "why": given.why}
    return proposed(office, actor, ProposeRequest(CALL_OFF, texts, key, ruled.issuer))


def _proposal(
    office: OfficeOf, actor: Caller, token: str, given: PolicyProposed, key: str
) -> ProposeRequest:
    ruled = rulemaking.rulebook(office, actor, checksummed(token)).ruled
    texts = {"instrument": ruled.token, "policy": given.text.replace("\r\n", "\n")}
    if given.acknowledge_stranded:
        texts[STRANDED] = "yes"
    return ProposeRequest(KIND, texts, key, ruled.issuer)


def _ruled(one: Ruled) -> dict[str, Any]:
    names = ("issuer", "token", "name", "symbol", "decimals", "policy", "policy_id", "due")
    waiting = _adoption(one.pending_name, one.pending) if one.pending else None
    return {name: getattr(one, name) for name in names} | {"pending": waiting}


def _adoption(name: str, one: Adoption) -> AdoptionOut:
    names = AdoptionOut.model_fields.keys() - {"name"}
    return AdoptionOut(name=name, **{each: getattr(one, each) for each in names})


def _examination(found: Examination, decimals: int) -> ExaminationOut:
    stranded = [
        StrandedOut(holder=one.holder, units=format_units(one.units, decimals), why=one.why)
        for one in found.stranded
    ]
    flips = [FlipOut(**one._asdict() | {"kind": one.kind.name.lower()}) for one in found.flips]
    covered = found.covered
    return ExaminationOut(
        usable=not found.faults,
        faults=[FaultOut(line=o.line, place=o.place, message=o.message) for o in found.faults],
        warnings=[WarningOut(id=o.id, place=o.place, text=o.text) for o in found.warnings],
        name=found.policy.name if found.policy else "",
        policy_id=found.id,
        covered=CoveredOut.model_validate(covered, from_attributes=True) if covered else None,
        steps=found.steps,
        rows=found.rows,
        stranded=stranded,
        flips=flips,
        flips_in_all=found.flips_in_all,
        same=found.same,
    )


def _case(found: Explanation, decimals: int, *, draft: bool) -> CaseOut:
    checks = [
        CheckOut(passes=o.passes, text=o.text, detail=o.detail, code=o.code, cite=o.cite)
        for o in found.checks
    ]
    ways = [WayOut(id=o.id, open=o.open, cite=o.cite, lacks=o.lacks) for o in found.decision.paths]
    return CaseOut(
        allowed=found.allowed,
        code=found.code,
        reason=found.reason,
        passes_on=found.passes_on,
        largest=format_units(found.most, decimals),
        waits="" if found.code else found.records.waits,
        policy=found.policy,
        policy_id=found.policy_id,
        on=found.on,
        draft=draft,
        checks=checks,
        ways=ways,
    )
