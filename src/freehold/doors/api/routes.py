"""The routes of the API: each asks one desk and words the answer. Powers are required by the desks."""

import re
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response, Security
from fastapi.params import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from freehold.core.audit import Entry, Outcome
from freehold.core.clock import parse
from freehold.core.ids import checksummed
from freehold.core.instruction import WORDS
from freehold.core.registration import Signed
from freehold.core.roles import EVERYWHERE, Power
from freehold.core.units import Units
from freehold.desks import permits
from freehold.desks.access import sessions
from freehold.desks.office import Office
from freehold.desks.outbox import instructions
from freehold.desks.permits import Actor
from freehold.desks.platform import auditing
from freehold.desks.register import explorer, registers
from freehold.desks.securities import instruments, transfers
from freehold.desks.securities.transfers import TransferRequest
from freehold.doors.api import documents as d
from freehold.doors.api import problems
from freehold.doors.api.problems import responses
from freehold.doors.api.queries import Since, Until, instant
from freehold.wire import documents as w

LARGEST_PAGE = 500
STATES = {word: state for state, word in WORDS.items()}
router = APIRouter(prefix="/v1")
bearer = HTTPBearer(auto_error=False, description="An API key: fh_...", scheme_name="apiKey")


class NotSignedIn(Exception):
    """There is no API key with the request, or it is no good."""


async def _office(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


def _actor(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> Actor:
    office: Office = request.app.state.office
    found = sessions.actor_of_key(office, given.credentials) if given else None
    if found is None:
        raise NotSignedIn
    request.state.actor = found.id
    return found


OfficeOf = Annotated[Office, Depends(_office)]
Caller = Annotated[Actor, Depends(_actor)]
Token = Annotated[w.Address, Path(description="The instrument's token contract")]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="At most so many items")]
Cursor = Annotated[
    str | None,
    Query(pattern=r"^[0-9]{1,15}$", description="`next` of the page before"),
]
RegisterCursor = Annotated[
    str | None,
    Query(pattern=r"^[0-9]{1,15}-[0-9]{1,15}$", description="`next` of the page before"),
]
AsOf = Annotated[
    str | None,
    Query(
        pattern=r"^(block:[0-9]{1,15}|record:[0-9]{1,9}|[0-9]{4}-[0-9TZ:+.-]{6,29})$",
        description="An instant (ISO 8601), block:N or record:N; now if left out",
        examples=["block:120"],
    ),
]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key gives the same answer, and acts once",
    ),
]
OnceKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Under the same key it is done once; a secret is in the first answer alone: then 409",
    ),
]
"""For acts that were asked without a key before there were any for them."""


@router.get("/me", responses=responses())
def who_am_i(actor: Caller) -> w.Me:
    """Who the key belongs to, and what it may do."""
    return d.me(actor)


@router.get("/instruments", responses=responses())
def list_instruments(office: OfficeOf, actor: Caller) -> w.Instruments:
    """The instruments of the issuers that the caller may read."""
    found = instruments.instruments(office, actor)
    return w.Instruments(items=[d.instrument(one) for one in found])


@router.get("/instruments/{token}", responses=responses(400, 404))
def one_instrument(office: OfficeOf, actor: Caller, token: Token) -> w.Instrument:
    """One instrument with its quantities."""
    return d.instrument(instruments.instrument(office, actor, checksummed(token)))


@router.get("/instruments/{token}/register", responses=responses(400, 404, 409))
def read_register(
    office: OfficeOf,
    actor: Caller,
    token: Token,
    as_of: AsOf = None,
    cursor: RegisterCursor = None,
    limit: Limit = 100,
) -> w.Register:
    """The register of holders as of a moment, by pages. Every page of one reading is of one block.

    An instant means before every block at or after it. An investor gets his own position alone.
    """
    token = checksummed(token)
    place = _moment(office, actor, token, as_of)
    after = 0
    if cursor:
        block, last = map(int, cursor.split("-"))
        place, after = block, last
    return d.register(instruments.page(office, actor, token, place, after, limit))


@router.get("/instruments/{token}/records", responses=responses(400, 404))
def list_records(office: OfficeOf, actor: Caller, token: Token) -> w.Records:
    """The record instants announced for an instrument."""
    found = instruments.records(office, actor, checksummed(token))
    return w.Records(items=[w.Record(record=n, instant=at) for n, at in sorted(found.items())])


@router.post("/instruments/{token}/transfers/ask", responses=responses(400, 404))
def ask_transfer(
    office: OfficeOf, actor: Caller, token: Token, asked: w.TransferAsked
) -> w.Decision:
    """Would this transfer pass now? Nothing is posted; a refusal is an answer like any other."""
    return d.decision(transfers.ask_as(office, actor, _wanted(token, asked), asked.units))


@router.post(
    "/instruments/{token}/transfers",
    status_code=202,
    response_model=w.Accepted,
    responses=responses(400, 404, 409, 422),
)
def request_transfer(
    office: OfficeOf, actor: Caller, token: Token, asked: w.TransferAsked, key: IdempotencyKey
) -> Any:
    """Post a transfer if the rules allow it: 202 with its instruction, or 422 with the reason."""
    outcome = transfers.request_as(office, actor, _wanted(token, asked, key), asked.units)
    if outcome.held:
        said = d.decision(outcome)
        return w.Accepted(decision=said, instruction=None, approval=outcome.held, state="held")
    if outcome.instruction is None:
        return problems.answer(422, outcome.reason, code=outcome.code, passes_on=outcome.passes_on)
    state = WORDS[outcome.instruction.state]
    id = outcome.instruction.id
    said = d.decision(outcome)
    return w.Accepted(decision=said, instruction=id, approval=None, state=state)


@router.get("/instructions", responses=responses(400))
def list_instructions(
    office: OfficeOf,
    actor: Caller,
    state: w.InstructionState | None = None,
    instrument: Annotated[
        w.Address | None, Query(description="Only acts on this instrument's token")
    ] = None,
    by: Annotated[
        str | None,
        Query(
            alias="actor",
            pattern=r"^id_[0-9a-f]{24}$",
            description="Only what this identity asked for, or proposed",
        ),
    ] = None,
    since: Since = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> w.Instructions:
    """What was asked of the chain, the newest first."""
    before = int(cursor) if cursor else None
    wanted = instructions.Wanted(
        STATES[state] if state else None,
        checksummed(instrument) if instrument else None,
        by,
        instant(since, "since"),
    )
    found = instructions.instructions(office, actor, before, limit, wanted)
    following = str(found[-1].number) if len(found) == limit else None
    return w.Instructions(items=[d.instruction(one) for one in found], next=following)


@router.get("/instructions/{id}", responses=responses(400, 404))
def one_instruction(
    office: OfficeOf, actor: Caller, id: Annotated[w.Hash, Path()]
) -> w.Instruction:
    """One instruction with every change of its state."""
    return d.instruction(instructions.instruction(office, actor, id))


@router.get("/events", responses=responses(400))
def list_events(
    office: OfficeOf, actor: Caller, cursor: RegisterCursor = None, limit: Limit = 100
) -> w.Events:
    """What the contracts of the registers followed said, the newest first, decoded."""
    before = None
    if cursor:
        block, log = map(int, cursor.split("-"))
        before = (block, log)
    found = explorer.events(office, actor, before, limit)
    last = f"{found[-1].block}-{found[-1].log}" if len(found) == limit else None
    return w.Events(items=[d.event(one) for one in found], next=last)


@router.get("/blocks", responses=responses(400))
def list_blocks(
    office: OfficeOf,
    actor: Caller,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many items")] = 50,
) -> w.Blocks:
    """The blocks of the chain, the newest first."""
    found = explorer.blocks(office, actor, int(cursor) if cursor else None, limit)
    more = len(found) == limit and found[-1].number > 0
    following = str(found[-1].number) if more else None
    return w.Blocks(items=[d.block(one) for one in found], next=following)


@router.get("/blocks/{number}", responses=responses(400, 404))
def one_block(
    office: OfficeOf, actor: Caller, number: Annotated[int, Path(ge=0, le=10**12)]
) -> w.BlockPage:
    """One block with its transactions and what the registers followed said in it."""
    return d.block_page(explorer.block(office, actor, number))


@router.get("/transactions/{hash}", responses=responses(400, 404))
def one_transaction(
    office: OfficeOf, actor: Caller, hash: Annotated[w.Hash, Path()]
) -> w.Transaction:
    """One mined transaction with the events it left."""
    return d.transaction(explorer.transaction(office, actor, hash))


@router.post("/verifications", responses=responses(404, 409))
def verify_register(office: OfficeOf, actor: Caller) -> w.Verification:
    """Rebuild every register from the chain's events and compare it, figure by figure."""
    permits.require(actor, Power.VERIFY)
    found = registers.verify(office)
    auditing.note(office, Entry(actor.id, "verify registers", content={"ok": found.ok}))
    return w.Verification(
        ok=found.ok,
        block=found.block,
        block_hash=found.block_hash,
        events=found.events,
        compared=dict(found.counts),
        differences=[str(one) for one in found.differences],
    )


@router.get("/audit", responses=responses(400))
def read_audit(
    office: OfficeOf,
    actor: Caller,
    by: Annotated[
        str | None, Query(alias="actor", max_length=64, description="Who did it, by his id")
    ] = None,
    act: Annotated[str | None, Query(max_length=64, examples=["approve payment"])] = None,
    outcome: Outcome | None = None,
    subject: Annotated[
        str | None, Query(max_length=260, description="What it was done to, by its id")
    ] = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> w.AuditEntries:
    """The audit log, the newest entry first."""
    wanted = auditing.Wanted(
        by, act, subject, outcome, instant(since, "since"), instant(until, "until")
    )
    found = auditing.page(office, actor, int(cursor) if cursor else None, limit, wanted)
    more = len(found) == limit and found[-1].number > 1
    following = str(found[-1].number) if more else None
    return w.AuditEntries(items=[d.audit_entry(one) for one in found], next=following)


@router.post("/audit/verifications", responses=responses())
def verify_audit(office: OfficeOf, actor: Caller) -> w.AuditVerification:
    """Recompute every hash of the audit log and compare it with what is anchored on the chain."""
    permits.require(actor, Power.READ_AUDIT, EVERYWHERE)
    found = auditing.verify(office)
    return w.AuditVerification(
        ok=found.ok,
        entries=found.checked.entries,
        head=found.checked.head,
        anchors=len(found.anchors),
        fault=found.fault,
    )


@router.get("/api-keys", responses=responses())
def list_keys(office: OfficeOf, actor: Caller) -> w.Keys:
    """One's own API keys, without their secrets."""
    return w.Keys(items=[w.Key(**_key(one)) for one in sessions.keys(office, actor)])


@router.post("/api-keys", status_code=201, responses=responses(400, 409))
def make_key(office: OfficeOf, actor: Caller, wanted: w.KeyWanted, key: OnceKey = None) -> w.NewKey:
    """Make an API key with some of the powers of this one; its secret is shown this once."""
    powers = frozenset(wanted.powers)
    made, token = sessions.make_key(office, actor, wanted.label, powers, wanted.days, key)
    return w.NewKey(**_key(made), token=token)


@router.delete("/api-keys/{id}", status_code=204, responses=responses(400, 404))
def end_key(
    office: OfficeOf,
    actor: Caller,
    id: Annotated[str, Path(pattern=r"^key_[0-9a-f]{24}$")],
) -> Response:
    """End an API key at once."""
    sessions.end_key(office, actor, id)
    return Response(status_code=204)


def _wanted(token: str, asked: w.TransferAsked, key: str = "") -> TransferRequest:
    """What is asked; its units are known once the instrument is."""
    signed = None
    if asked.signed_by or asked.papers or asked.representative:
        names = frozenset(asked.signed_by)
        signed = Signed(names, frozenset(asked.papers), asked.representative or "")
    given = (checksummed(token), asked.sender, asked.receiver, Units(0), key)
    return TransferRequest(*given, signed=signed)


def _moment(office: Office, actor: Actor, token: str, as_of: str | None) -> int | datetime | None:
    if as_of is None:
        return None
    found = re.fullmatch(r"(block|record):(\d+)", as_of)
    if found is None:
        return parse(as_of, "as_of")
    if found[1] == "block":
        return int(found[2])
    return instruments.record_instant(office, actor, token, int(found[2]))


def _key(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in w.Key.model_fields}
