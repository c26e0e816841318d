"""Routes of the document vault: upload, list, download, acknowledge."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, Field

from freehold.core.vaulted import KINDS, About, Document
from freehold.desks.access import directory
from freehold.desks.agent import documents
from freehold.desks.agent.documents import UploadRequest
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.doors.api.papers import Issuer, described, file_of
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, OfficeOf

router = APIRouter(prefix="/v1")
Id = Annotated[str, Path(pattern=r"^doc_[0-9a-f]{24}$", description="A document's id")]
Which = Annotated[int, Path(ge=1, le=10**6, description="A version")]
BINARY = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS},
    }
}


async def _body(request: Request) -> bytes:
    """The request's body as it came, whatever kind it is said to be."""
    return await request.body()


class AcknowledgedOut(BaseModel):
    """Who has read a version, and when."""

    identity: str
    name: str = Field(description="His sign-in name, for who may read the files; else empty")
    at: datetime


class VersionOut(BaseModel):
    """One version; `instruction` puts its hash on the chain, where it belongs there."""

    version: int
    hash: str
    size: int
    media_type: str
    at: datetime
    by: str
    instruction: str | None
    acknowledged: list[AcknowledgedOut]


class DocumentOut(BaseModel):
    """A document with its versions, the newest first."""

    id: str
    issuer: str
    about: About
    subject: str
    name: str
    at: datetime
    versions: list[VersionOut]


class DocumentsOut(BaseModel):
    """The documents that the caller may read."""

    items: list[DocumentOut]


class KeptOut(BaseModel):
    """What was kept."""

    document: str
    version: int
    hash: str
    instruction: str | None


@router.post(
    "/documents", status_code=201, responses=responses(400, 404, 409, 413), openapi_extra=BINARY
)
def upload(
    office: OfficeOf,
    actor: Caller,
    about: About,
    name: Annotated[str, Query(min_length=1, max_length=120, description="A name, never a path")],
    content: Annotated[bytes, Depends(_body)],
    subject: Annotated[
        str, Query(max_length=128, description="Class id, asset or holder it is about")
    ] = "",
    issuer: Issuer = None,
    content_type: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> KeptOut:
    """Keep a document, sealed, or a new version of one; its content is the body of the request."""
    asked = UploadRequest(about, name, content, subject, issuer, content_type)
    done = documents.upload(office, actor, asked)
    return KeptOut(
        document=done.document, version=done.version, hash=done.hash, instruction=done.instruction
    )


@router.get("/documents", responses=responses(400, 404, 409))
def list_documents(
    office: OfficeOf,
    actor: Caller,
    issuer: Issuer = None,
    kind: Annotated[About | None, Query(description="What it belongs to")] = None,
    holder: Annotated[
        str | None, Query(max_length=128, description="Only what is about this holder")
    ] = None,
    subject: Annotated[
        str | None,
        Query(max_length=128, description="Only what is about this class, asset, holder"),
    ] = None,
) -> DocumentsOut:
    """The documents that the caller may read."""
    found = [
        one
        for one in documents.listed(office, actor, issuer)
        if kind in (None, one.about)
        and subject in (None, one.subject)
        and (holder is None or (one.about is About.HOLDER and one.subject == holder))
    ]
    return DocumentsOut(items=_documents(office, actor, found))


@router.get("/documents/{id}", responses=responses(400, 404))
def one_document(office: OfficeOf, actor: Caller, id: Id) -> DocumentOut:
    """One document."""
    return _documents(office, actor, [documents.document(office, actor, id)])[0]


@router.get(
    "/documents/{id}/versions/{version}",
    response_class=Response,
    responses={**responses(400, 404), **described(*KINDS)},
)
def download(office: OfficeOf, actor: Caller, id: Id, version: Which) -> Response:
    """The content of a version, always as a file to be saved."""
    one, content, kind = documents.content(office, actor, id, version)
    return file_of(content, kind, one.name)


@router.post("/documents/{id}/versions/{version}/acknowledgement", responses=responses(400, 404))
def acknowledge(office: OfficeOf, actor: Caller, id: Id, version: Which) -> DocumentOut:
    """Note that the caller has read this version."""
    return _documents(office, actor, [documents.acknowledge(office, actor, id, version)])[0]


def _documents(office: Office, actor: Actor, found: Sequence[Document]) -> list[DocumentOut]:
    """Documents as the API words them, with the names of those who acknowledged them."""
    whose = {who for one in found for each in one.versions for who, _ in each.acknowledged}
    names = directory.names(office, actor, whose) if whose else {}
    return [_document(one, names) for one in found]


def _document(one: Document, names: Mapping[str, str]) -> DocumentOut:
    versions = [
        VersionOut(
            version=each.version,
            hash=each.hash,
            size=each.size,
            media_type=each.media_type,
            at=each.at,
            by=each.by,
            instruction=each.instruction,
            acknowledged=[
                AcknowledgedOut(identity=who, name=names.get(who, ""), at=at)
                for who, at in each.acknowledged
            ],
        )
        for each in one.versions
    ]
    return DocumentOut(
        id=one.id,
        issuer=one.issuer,
        about=one.about,
        subject=one.subject,
        name=one.name,
        at=one.at,
        versions=versions,
    )
