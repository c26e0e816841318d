"""The document vault: kept, read, acknowledged; hashes of an asset's and an instrument's papers on chain.

What belongs to an asset or an instrument is also a version of a document of the title in the `Assets`
contract, under a name of 32 bytes and with `freehold:document:ID` as its place: anybody can see that
it was kept then and is the same now. What belongs to a holder never goes on the chain.
"""

import hashlib
from dataclasses import dataclass

from freehold.book import audit, documents, issuers
from freehold.book.issuers import KnownIssuer
from freehold.book.session import Transaction
from freehold.chain.contracts import call
from freehold.core.asset import title_number
from freehold.core.audit import Entry
from freehold.core.errors import Invalid, NotFound, Plain
from freehold.core.ids import AssetId
from freehold.core.roles import EVERYWHERE, Power, holder_scope
from freehold.core.vaulted import About, Document, kind_of, name_of
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, entered
from freehold.desks.permits import Actor
from freehold.desks.platform import establishment

PLACE = "freehold:document:"


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """A content to keep. `subject`: a class id or token, an asset's id, a holder's id, or nothing for
    the issuer itself. `media_type` is what the sender says of it."""

    about: About
    name: str
    content: bytes
    subject: str = ""
    issuer: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept, and the instruction that puts its hash on the chain, where one does."""

    document: str
    version: int
    hash: str
    instruction: str | None


def upload(office: Office, who: Actor, request: UploadRequest) -> Kept:
    """Keep a document, or a new version of one. Raises Invalid, NotFound, NotPermitted, and Conflict
    where it is the newest version already."""
    permits.require(who, Power.KEEP_FILES)
    owner = parties.owner(office, request.issuer)
    permits.require(who, Power.KEEP_FILES, owner.id)
    name = name_of(request.name)
    media_type = kind_of(name, request.content, request.media_type)
    subject, shown = _subject(office, owner, request)
    asked = None if shown is None else _anchor(office, owner, shown, name, request.content)
    now = office.clock.now()
    with office.book.transaction() as tx:
        place = (owner.id, request.about, subject, name)
        id, version, digest = documents.keep(tx, place, request.content, media_type, who.id, now)
        instruction = None
        if asked is not None:
            keyed = Asked(asked.signer, asked.target, asked.data, asked.what, f"{id} {version}")
            instruction = entered(office, tx, "documents", keyed).id
            documents.anchored(tx, id, version, instruction)
        content: dict[str, Plain] = {"document": id, "version": version, "hash": digest}
        audit.record(tx, Entry(who.id, "keep a document", owner.id, content=content), now)
    return Kept(id, version, digest, instruction)


def listed(office: Office, who: Actor, issuer: str | None) -> list[Document]:
    """The documents of an issuer that the actor may read. Raises NotPermitted."""
    permits.require_any(who, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    owner = _owner(office, who, issuer)
    with office.book.reading() as tx:
        return [one for one in documents.listed(tx, owner.id) if _may_read(who, one)]


def document(office: Office, who: Actor, id: str) -> Document:
    """One document. Raises NotFound, also where the actor may not know of it."""
    permits.require_any(who, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    with office.book.reading() as tx:
        return _readable(tx, who, id)


def content(
    office: Office, who: Actor, id: str, version: int | None = None
) -> tuple[Document, bytes, str]:
    """A version (the newest) with its content and media type. Raises as `document`."""
    permits.require_any(who, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    with office.book.reading() as tx:
        one = _readable(tx, who, id)
        number = one.versions[0].version if version is None else version
        plain = documents.content(tx, id, number)
    kind = next(each.media_type for each in one.versions if each.version == number)
    now = office.clock.now()
    with office.book.transaction() as tx:
        said: dict[str, Plain] = {"document": id, "version": number}
        audit.record(tx, Entry(who.id, "read a document", one.issuer, content=said), now)
    return one, plain, kind


def acknowledge(office: Office, who: Actor, id: str, version: int) -> Document:
    """Note that the actor has read a version. Raises NotFound."""
    permits.require_any(who, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    now = office.clock.now()
    with office.book.transaction() as tx:
        one = _readable(tx, who, id)
        if version not in {each.version for each in one.versions}:
            raise NotFound(f"there is no version {version} of {one.name}", document=id)
        if documents.acknowledge(tx, id, version, who.id, now):
            said: dict[str, Plain] = {"document": id, "version": version}
            audit.record(tx, Entry(who.id, "acknowledge a document", one.issuer, content=said), now)
        return documents.find(tx, id)


def _readable(tx: Transaction, who: Actor, id: str) -> Document:
    one = documents.find(tx, id)
    if not _may_read(who, one):
        raise NotFound(f"there is no document {id}", document=id)
    return one


def _may_read(who: Actor, one: Document) -> bool:
    """A holder's papers are for whoever reads the files and for himself; others for all inside."""
    if one.about is About.HOLDER:
        mine = holder_scope(one.issuer, one.subject)
        return permits.allows(who, Power.READ_FILES, one.issuer) or permits.allows(
            who, Power.READ_OWN, mine
        )
    return permits.allows(who, Power.READ_REGISTER, one.issuer) or _inside(who, one.issuer)


def _inside(who: Actor, issuer: str) -> bool:
    known = {scope.split("/")[0] for scope in permits.scopes(who, Power.READ_OWN)}
    return bool({issuer, EVERYWHERE} & known)


def _owner(office: Office, who: Actor, issuer: str | None) -> KnownIssuer:
    owner = parties.owner(office, issuer)
    if not (permits.allows(who, Power.READ_REGISTER, owner.id) or _inside(who, owner.id)):
        permits.require(who, Power.READ_REGISTER, owner.id)
    return owner


def _subject(
    office: Office, owner: KnownIssuer, request: UploadRequest
) -> tuple[str, bytes | None]:
    """What the document is about, as the book names it, and as the chain does where it shows its hash:
    the number of a title, or a token's address."""
    with office.book.reading() as tx:
        match request.about:
            case About.ISSUER:
                return "", None
            case About.HOLDER:
                return issuers.holder_named(tx, owner.id, request.subject).id, None
            case About.INSTRUMENT:
                one = issuers.instrument_named(tx, owner.id, request.subject)
                return one.class_id, int(one.token, 16).to_bytes(32)
            case About.ASSET:
                known = {each.id for each in issuers.assets(tx, owner.id)}
                if request.subject not in known:
                    raise NotFound(f"{owner.id} has no asset {request.subject[:80]}")
                title = title_number(owner.register, AssetId(request.subject))
                return request.subject, title.to_bytes(32)
    raise Invalid("about is asset, instrument, holder or issuer", field="about")


def _anchor(office: Office, owner: KnownIssuer, shown: bytes, name: str, content: bytes) -> Asked:
    """The call that shows a version's hash; a name that does not fit 32 bytes stands as its hash."""
    contract = establishment.platform(office)["Assets"]
    plain = name.encode()
    label = plain.ljust(32, b"\0") if len(plain) <= 32 else hashlib.sha256(plain).digest()
    digest = hashlib.sha256(content).digest()
    place = f"{PLACE}{digest.hex()[:32]}"
    data = call("Assets", "add_document", shown, owner.register, label, digest, place)
    return Asked(orders.agent(office).signer, contract, data, "show a document's hash", "")
