"""Routes of papers: statements and registers as JSON, CSV and PDF."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.params import Depends
from pydantic import BaseModel, Field

from freehold.core.clock import parse
from freehold.core.errors import Invalid
from freehold.core.ids import checksummed
from freehold.core.statement import Statement, to_json
from freehold.desks.agent import statements
from freehold.desks.agent.statements import StatementRequest
from freehold.desks.platform import auditing
from freehold.desks.register import registers, reports
from freehold.desks.register.registers import AsOf
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import AsOf as AsOfText
from freehold.doors.api.routes import Caller, OfficeOf, Token
from freehold.doors.papers import register as register_paper
from freehold.doors.papers import statement as statement_paper
from freehold.wire import documents as w

router = APIRouter(prefix="/v1")
Holder = Annotated[w.HolderName, Path(description="A holder's id, or his first wallet")]
Issuer = Annotated[
    str | None, Query(max_length=128, description="The issuer's id, where there are several")
]
Instant = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{4}-[0-9TZ:+.-]{6,29}$",
        description="An instant (ISO 8601), or a date: midnight UTC",
    ),
]
PDF = "application/pdf"
CSV = "text/csv"
ICS = "text/calendar"
NDJSON = "application/x-ndjson"
JSON = "application/json"


class MovementOut(BaseModel):
    """Units that came (+) or went (-)."""

    instant: datetime
    block: int
    day: str
    what: str
    change: str
    balance: str
    transaction: str


class LotOut(BaseModel):
    """Units of one acquisition; `free_from` is empty where it is not foreseen."""

    vintage: int
    units: str
    acquired: str
    free_from: str
    legends: list[str]


class RestraintOut(BaseModel):
    """A stop, claim, pledge or lien; `units` empty: all of them, `until` empty: until released."""

    kind: str
    units: str
    since: str
    until: str


class AccountOut(BaseModel):
    """What the holder has of one instrument."""

    class_id: str
    name: str
    symbol: str
    token: w.Address
    opening: str
    closing: str
    free: str
    locked: str
    frozen: str
    movements: list[MovementOut]
    lots: list[LotOut]
    restraints: list[RestraintOut]


class StatementOut(BaseModel):
    """A statement of account; `digest` is SHA-256 over the canonical JSON of all but itself."""

    issuer: str
    issuer_name: str
    holder: str
    holder_name: str
    address: list[str]
    registration: str
    kept: str = Field(description="Under whose key the account stands")
    account: int
    wallet: w.Address
    opened: str
    closed: str
    block: int
    block_hash: str
    accounts: list[AccountOut]
    digest: str


def file_of(content: bytes | str, kind: str, name: str) -> Response:
    """A file to be saved under a plain name."""
    safe = "".join(
        one if one.isascii() and (one.isalnum() or one in "-_.") else "-" for one in name
    )
    headers = {"Content-Disposition": f'attachment; filename="{safe}"'}
    return Response(content, media_type=kind, headers=headers)


def described(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """What a route that answers with a file, of one of these kinds, says of it."""
    binary = {"type": "string", "format": "binary"}
    return {200: {"content": {kind: {"schema": {} if kind == JSON else binary} for kind in kinds}}}


def _asked(
    holder: str, issuer: str | None, opened: str | None, closed: str | None
) -> StatementRequest:
    if issuer is not None and not issuer.isprintable():
        raise Invalid("issuer is no id of an issuer", field="issuer")
    return StatementRequest(
        holder,
        issuer,
        parse(opened, "opened") if opened else None,
        parse(closed, "closed") if closed else None,
    )


def _statement(
    office: OfficeOf,
    actor: Caller,
    holder: Holder,
    issuer: Issuer = None,
    opened: Instant = None,
    closed: Instant = None,
) -> Statement:
    """The statement that the three routes of it answer with, each in its form."""
    return statements.statement_as(office, actor, _asked(holder, issuer, opened, closed))


Stated = Annotated[Statement, Depends(_statement)]


@router.get("/holders/{holder}/statement", responses=responses(400, 404, 409))
def read_statement(found: Stated) -> StatementOut:
    """A holder's statement of account between two instants. An investor gets his own alone."""
    return StatementOut.model_validate({**to_json(found), "digest": found.digest})


@router.get(
    "/holders/{holder}/statement.pdf",
    response_class=Response,
    responses={**responses(400, 404, 409), **described(PDF)},
)
def statement_pdf(found: Stated) -> Response:
    """The same as a PDF."""
    return file_of(statement_paper.as_pdf(found), PDF, name_of(found, "pdf"))


@router.get(
    "/holders/{holder}/statement.csv",
    response_class=Response,
    responses={**responses(400, 404, 409), **described(CSV)},
)
def statement_csv(found: Stated) -> Response:
    """Its movements as CSV."""
    return file_of(statement_paper.as_csv(found), CSV, name_of(found, "csv"))


@router.get(
    "/instruments/{token}/register.pdf",
    response_class=Response,
    responses={**responses(400, 404, 409), **described(PDF)},
)
def register_pdf(office: OfficeOf, actor: Caller, token: Token, as_of: AsOfText = None) -> Response:
    """The whole register of holders as of a moment, as a PDF."""
    found = registers.register_as(office, actor, checksummed(token), moment(as_of))
    return file_of(register_paper.as_pdf(found), PDF, f"register-{found.block}.pdf")


@router.get(
    "/instruments/{token}/register.csv",
    response_class=Response,
    responses={**responses(400, 404, 409), **described(CSV)},
)
def register_csv(office: OfficeOf, actor: Caller, token: Token, as_of: AsOfText = None) -> Response:
    """The whole register of holders as of a moment, as CSV."""
    found = registers.register_as(office, actor, checksummed(token), moment(as_of))
    return file_of(reports.as_csv(found), CSV, f"register-{found.block}.csv")


def name_of(found: Statement, ending: str) -> str:
    """The name of a statement's file."""
    return f"statement-{found.holder}-{found.closed[:10]}.{ending}"


def moment(text: str | None) -> AsOf:
    """An instant, block:N or record:N; now if there is none. Raises Invalid."""
    if text is None:
        return AsOf()
    kind, _, rest = text.partition(":")
    if kind in ("block", "record") and rest.isdigit():
        return AsOf(block=int(rest)) if kind == "block" else AsOf(record=int(rest))
    return AsOf(instant=parse(text, "as_of"))


@router.get(
    "/audit/export",
    response_class=Response,
    responses={**responses(400), **described(NDJSON)},
)
def export_audit(office: OfficeOf, actor: Caller) -> Response:
    """The whole audit log as lines of JSON with its anchors: `freehold audit check` needs nothing else."""
    return file_of(auditing.export_as(office, actor), NDJSON, "audit-log.jsonl")
