"""Pages of papers: documents with upload and download, statements, registers as files."""

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import Response

from freehold.core.clock import parse, stamp
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.ids import checksummed
from freehold.core.roles import Power
from freehold.core.statement import Statement
from freehold.core.vaulted import KINDS, LARGEST, About
from freehold.desks import permits
from freehold.desks.access import directory
from freehold.desks.agent import documents, statements
from freehold.desks.agent.documents import UploadRequest
from freehold.desks.agent.statements import StatementRequest
from freehold.desks.platform import auditing
from freehold.desks.register import registers, reports
from freehold.desks.securities import instruments
from freehold.doors.api.papers import CSV, NDJSON, PDF, file_of, moment, name_of
from freehold.doors.papers import register as register_paper
from freehold.doors.papers import statement as statement_paper
from freehold.doors.web.formats import words
from freehold.doors.web.listing import Column, choosing, finding, from_day, from_rows, show, to_day
from freehold.doors.web.uploads import Upload
from freehold.doors.web.visits import Form, Visit, go, issuer_of, issuers_of, see

DOCUMENTS = (
    Column("document", "Document", lambda one: one.name.casefold(), lambda one: one.name),
    Column("id", text=lambda one: one.id),
    Column("about", "About", lambda one: (one.about, one.subject), lambda one: str(one.about)),
    Column("subject", text=lambda one: one.subject),
    Column(
        "version",
        "Version",
        lambda one: one.versions[0].version,
        lambda one: str(one.versions[0].version),
        number=True,
    ),
    Column("kept", "Kept", lambda one: one.versions[0].at, lambda one: stamp(one.versions[0].at)),
    Column("sha256", "SHA-256", text=lambda one: one.versions[0].hash),
    Column("shown", "On the ledger"),
    Column(
        "read_by",
        "Acknowledged",
        text=lambda one: str(len(one.versions[0].acknowledged)),
        number=True,
    ),
)
MOVEMENTS = 100
"""How many movements of a class a statement shows on its page; the files have all."""


def listed(visit: Visit) -> Response:
    """The documents that the visitor may read, and a form to keep another."""
    return _listed(visit)


def keep(visit: Visit, form: Form, file: Upload | None) -> Response:
    """Keep a document; what is wrong with it stands above the form."""
    permits.require(visit.who, Power.KEEP_FILES)
    try:
        if file is None or not file.name:
            raise Invalid("Choose a file", field="file")
        kind = form.get("about", "")
        if kind not in list(About):
            raise Invalid("Choose what the document is about", field="about")
        name = form.get("name", "").strip() or file.name
        asked = UploadRequest(
            About(kind), name, file.content, form.get("subject", "").strip(), None, file.media_type
        )
        done = documents.upload(visit.office, visit.who, asked)
    except (Invalid, NotFound, Conflict) as fault:
        return _listed(visit, fault.message, form)
    return go(f"/documents/{done.document}")


def document(visit: Visit) -> Response:
    """One document with its versions and who acknowledged them."""
    one = documents.document(visit.office, visit.who, visit.path("id"))
    mine = {
        each.version
        for each in one.versions
        if visit.who.id in {who for who, _ in each.acknowledged}
    }
    whose = {each.by for each in one.versions}
    whose |= {who for each in one.versions for who, _ in each.acknowledged}
    names = directory.names(visit.office, visit.who, whose)
    return see(visit, "document.html", one=one, mine=mine, names=names)


def download(visit: Visit) -> Response:
    """The content of a version, to be saved."""
    one, content, kind = documents.content(
        visit.office, visit.who, visit.path("id"), _version(visit)
    )
    return file_of(content, kind, one.name)


def acknowledge(visit: Visit, form: Form) -> Response:
    """Note that the visitor has read a version."""
    one = documents.acknowledge(visit.office, visit.who, visit.path("id"), _version(visit))
    return go(f"/documents/{one.id}")


def statement(visit: Visit) -> Response:
    """Choose whose statement and of when; below it stands what it would say."""
    permits.require_any(visit.who, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    mine = statements.own_scopes(visit.office, visit.who)
    found, problem = None, ""
    if visit.query("holder") or mine:
        try:
            found = _statement(visit, mine)
        except (Invalid, NotFound, Conflict) as fault:
            problem = fault.message
    query = str(visit.request.url.query)
    values: dict[str, Any] = {
        "owners": issuers_of(visit),
        "issuer": issuer_of(visit),
        "query": query,
        "shown": MOVEMENTS,
    }
    return see(visit, "statement.html", mine=mine, found=found, problem=problem, **values)


def statement_pdf(visit: Visit) -> Response:
    """A statement as PDF."""
    found = _statement(visit, statements.own_scopes(visit.office, visit.who))
    return file_of(statement_paper.as_pdf(found), PDF, name_of(found, "pdf"))


def statement_csv(visit: Visit) -> Response:
    """A statement's movements as CSV."""
    found = _statement(visit, statements.own_scopes(visit.office, visit.who))
    return file_of(statement_paper.as_csv(found), CSV, name_of(found, "csv"))


def register_pdf(visit: Visit) -> Response:
    """A register of holders as PDF."""
    found = registers.register_as(visit.office, visit.who, _token(visit), _moment(visit))
    return file_of(register_paper.as_pdf(found), PDF, f"register-{found.block}.pdf")


def register_csv(visit: Visit) -> Response:
    """A register of holders as CSV."""
    found = registers.register_as(visit.office, visit.who, _token(visit), _moment(visit))
    return file_of(reports.as_csv(found), CSV, f"register-{found.block}.csv")


def audit_log(visit: Visit) -> Response:
    """The whole audit log, to be checked without us by `freehold audit check`."""
    content = auditing.export_as(visit.office, visit.who)
    return file_of(content, NDJSON, "audit-log.jsonl")


def _listed(visit: Visit, problem: str = "", form: Form | None = None) -> Response:
    found = documents.listed(visit.office, visit.who, issuer_of(visit))
    keeps = permits.allows(visit.who, Power.KEEP_FILES)
    classes = instruments.instruments(visit.office, visit.who) if keeps else []
    abouts = [(one, words(one)) for one in About]
    filters = [
        finding("Find", lambda one: one.name, lambda one: one.subject),
        choosing("about", "About", abouts, lambda one: one.about),
        from_day("Kept from", lambda one: one.versions[0].at),
        to_day("Kept to", lambda one: one.versions[0].at),
    ]
    table = from_rows(visit, "documents", found, DOCUMENTS, filters, path="/documents")
    return show(
        visit,
        "documents.html",
        table,
        status=400 if problem else 200,
        owners=issuers_of(visit),
        issuer=issuer_of(visit),
        keeps=keeps,
        classes=classes,
        problem=problem,
        form=form or {},
        abouts=list(About),
        kinds=sorted(KINDS),
        largest=LARGEST >> 20,
    )


def _statement(visit: Visit, mine: list[tuple[str, str, str]]) -> Statement:
    holder, issuer = visit.query("holder"), issuer_of(visit)
    if not holder and mine:
        issuer, _, holder = next((one for one in mine if one[0] == issuer), mine[0])
    opened = _day(visit.query("from"), "from")
    closed = _day(visit.query("to"), "to")
    until = closed + timedelta(days=1) if closed else None
    if until and until > datetime.now(UTC):
        until = None  # the day is not over: as far as the chain has come
    asked = StatementRequest(holder, issuer, opened, until)
    return statements.statement_as(visit.office, visit.who, asked)


def _day(text: str, field: str) -> datetime | None:
    return parse(text, field) if text else None


def _moment(visit: Visit) -> registers.AsOf:
    block = visit.query("block")
    if block and not (block.isascii() and block.isdigit()):
        raise NotFound("there is no such block")
    return moment(f"block:{block}" if block else None)


def _version(visit: Visit) -> int:
    text = visit.path("version")
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise NotFound("there is no such version")
    return int(text)


def _token(visit: Visit) -> str:
    given = visit.path("token")
    if len(given) != 42 or not given.startswith("0x"):
        raise NotFound(f"there is no instrument {given[:64]}")
    return checksummed(given)
