"""The record of a real-world thing behind securities, and its id that anybody can recompute.

A record is a JSON object: `kind`, `name`, the fields of its kind, and its documents. Its id is the
keccak-256 of the record's RFC 8785 JSON (keys sorted, no spaces, UTF-8, no floats), written as 0x
and 64 hex digits; a field that is not stated is not in the record. docs/reference/asset-id.md shows
the ten lines that compute it without this package. The title token of the asset carries this id; a
changed fact makes a new record with a new id, a changed document a new version in its list.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from eth_hash.auto import keccak

from freehold.core import clock, identifiers
from freehold.core.errors import Invalid, Mistake
from freehold.core.ids import JSON, Address, AssetId, record_hash
from freehold.core.units import parse_units

_HASH = re.compile(r"(sha256|keccak256):[0-9a-f]{64}")
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")


class AssetKind(StrEnum):
    COMPANY = "company"
    BOND = "bond"
    REVENUE_SHARE = "revenue share"
    PROPERTY = "property"
    VEHICLE = "vehicle"
    FUND = "fund"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a document; `content` is sha256: or keccak256: and its bytes' hex digest.

    `name` is what the document is called over all its versions, which count 1, 2, 3.
    """

    name: str
    version: int
    content: str
    uri: str = ""
    media_type: str = "application/pdf"


@dataclass(frozen=True, slots=True)
class AssetRecord:
    """A validated record; `facts` are the fields of its kind, each in its one written form."""

    kind: AssetKind
    name: str
    facts: Mapping[str, str]
    documents: tuple[Document, ...] = ()


_Reader = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class _Fact:
    read: _Reader
    required: bool = False


def asset_record(
    kind: str, name: str, facts: Mapping[str, str], documents: Sequence[Document] = ()
) -> AssetRecord:
    """Check a record and bring its facts into their written form.

    Raises Invalid with every mistake and the field it stands in.
    """
    mistakes: list[Mistake] = []
    known = kind in list(AssetKind)
    if not known:
        mistakes.append(Mistake("kind", f"{kind!r} is none of {', '.join(AssetKind)}"))
    if not name.strip():
        mistakes.append(Mistake("name", "is missing"))
    forms = _FACTS[AssetKind(kind)] if known else {}
    read = _read_facts(facts, forms, mistakes) if known else {}
    mistakes += _document_mistakes(documents)
    if mistakes:
        raise Invalid(f"the record of asset {name!r} cannot be accepted", mistakes)
    return AssetRecord(AssetKind(kind), name.strip(), read, tuple(documents))


def asset_id(record: AssetRecord) -> AssetId:
    """keccak-256 of the record's canonical JSON."""
    return AssetId(record_hash(as_json(record)))


def title_number(register: Address, asset: AssetId) -> int:
    """The number of the title that an issuer gives to a thing: what `Assets` computes.

    keccak-256 of two words, the address of the issuer's register and the asset's id. So a title
    shows whose word it is, and nobody can take a number that belongs to another issuer.
    """
    return int.from_bytes(keccak(bytes(12) + bytes.fromhex(register[2:] + asset[2:])))


def as_json(record: AssetRecord) -> JSON:
    """The record as the JSON object that is hashed."""
    documents: list[JSON] = [_document_json(document) for document in record.documents]
    facts: dict[str, JSON] = dict(record.facts)
    return {"kind": str(record.kind), "name": record.name, **facts, "documents": documents}


def content_hash(content: bytes, function: str = "sha256") -> str:
    """The digest of a document's bytes, with the function's name before it: sha256 or keccak256."""
    if function == "keccak256":
        return "keccak256:" + keccak(content).hex()
    assert function == "sha256", f"documents are not hashed with {function}"
    return "sha256:" + hashlib.sha256(content).hexdigest()


def add_version(documents: Sequence[Document], document: Document) -> tuple[Document, ...]:
    """The list with a further version at its end.

    Raises Invalid unless its version follows the last one of that name and its content is new.
    """
    longer = (*documents, document)
    if mistakes := _document_mistakes(longer):
        raise Invalid(f"{document.name} version {document.version} cannot be added", mistakes)
    return longer


def _read_facts(
    facts: Mapping[str, str], forms: Mapping[str, _Fact], mistakes: list[Mistake]
) -> dict[str, str]:
    read = {}
    for field, text in facts.items():
        if field not in forms:
            known = ", ".join(forms)
            mistakes.append(Mistake(field, f"is not a field of this kind, which has {known}"))
        else:
            try:
                read[field] = forms[field].read(text, field)
            except Invalid as refusal:
                mistakes.append(Mistake(field, refusal.message))
    for field, form in forms.items():
        if form.required and field not in facts:
            mistakes.append(Mistake(field, "is missing"))
    return read


def _document_mistakes(documents: Sequence[Document]) -> list[Mistake]:
    mistakes: list[Mistake] = []
    versions: dict[str, int] = {}
    contents: set[str] = set()
    for index, document in enumerate(documents):
        place = f"documents[{index}]"
        expected = versions.get(document.name, 0) + 1
        if not document.name.strip():
            mistakes.append(Mistake(f"{place}.name", "is missing"))
        if document.version != expected:
            message = f"{document.name} {document.version} should be version {expected}"
            mistakes.append(Mistake(f"{place}.version", message))
        versions[document.name] = max(document.version, expected - 1)
        if not _HASH.fullmatch(document.content):
            message = f"{document.content!r} is not sha256: or keccak256: and 64 hex digits"
            mistakes.append(Mistake(f"{place}.content", message))
        elif document.content in contents:
            mistakes.append(Mistake(f"{place}.content", "is the content of another document"))
        contents.add(document.content)
        if not _MEDIA_TYPE.fullmatch(document.media_type):
            message = f"{document.media_type!r} is not a media type such as application/pdf"
            mistakes.append(Mistake(f"{place}.media_type", message))
    return mistakes


def _document_json(document: Document) -> dict[str, JSON]:
    stated: dict[str, JSON] = {
        "name": document.name,
        "version": document.version,
        "content": document.content,
        "media_type": document.media_type,
    }
    return stated | ({"uri": document.uri} if document.uri else {})


# ---- the fields of each kind -------------------------------------------------------------------


def _text(text: str, field: str) -> str:
    if not text.strip():
        raise Invalid(f"{field} is empty: leave it out or state it", field=field)
    return text.strip()


def _day(text: str, field: str) -> str:
    return clock.parse_day(text, field).isoformat()


def _amount(text: str, field: str) -> str:
    """A decimal above zero, without trailing zeros, so that equal amounts hash alike."""
    if not parse_units(text, 18, field):
        raise Invalid(f"{field} is zero", field=field)
    whole, _, places = text.partition(".")
    places = places.rstrip("0")
    return str(int(whole)) + (f".{places}" if places else "")


def _part(text: str, field: str) -> str:
    """A fraction in per cent: above 0, at most 100."""
    amount = _amount(text, field)
    if parse_units(amount, 18, field) > 100 * 10**18:
        raise Invalid(f"{field} {amount} is more than 100 per cent", field=field)
    return amount


def _year(text: str, field: str) -> str:
    if not re.fullmatch(r"(18|19|20|21)\d\d", text):
        raise Invalid(f"{field} {text!r} is not a year such as 2026", field=field)
    return text


_IDENTIFIERS = {
    "isin": _Fact(identifiers.parse_isin),
    "cusip": _Fact(identifiers.parse_cusip),
    "figi": _Fact(identifiers.parse_figi),
}
_ISSUED_BY = {
    "issuer": _Fact(_text, True),
    "issuer_lei": _Fact(identifiers.parse_lei),
    "country": _Fact(identifiers.parse_country, True),
}
_FACTS: Mapping[AssetKind, Mapping[str, _Fact]] = {
    AssetKind.COMPANY: {
        "country": _Fact(identifiers.parse_country, True),
        "register_number": _Fact(_text),
        "formed": _Fact(_day),
        "lei": _Fact(identifiers.parse_lei),
        **_IDENTIFIERS,
    },
    AssetKind.BOND: {
        **_ISSUED_BY,
        "currency": _Fact(identifiers.parse_currency, True),
        "principal": _Fact(_amount, True),
        "denomination": _Fact(_amount, True),
        "issue_date": _Fact(_day, True),
        "maturity": _Fact(_day),
        "coupon_per_cent": _Fact(_amount),
        **_IDENTIFIERS,
    },
    AssetKind.REVENUE_SHARE: {
        **_ISSUED_BY,
        "source": _Fact(_text, True),
        "currency": _Fact(identifiers.parse_currency, True),
        "share_per_cent": _Fact(_part, True),
        "from": _Fact(_day, True),
        "until": _Fact(_day),
        "cap": _Fact(_amount),
    },
    AssetKind.PROPERTY: {
        "country": _Fact(identifiers.parse_country, True),
        "address": _Fact(_text, True),
        "land_register": _Fact(_text, True),
        "parcel": _Fact(_text, True),
        "share_per_cent": _Fact(_part),
        "built": _Fact(_year),
        "area_m2": _Fact(_amount),
    },
    AssetKind.VEHICLE: {
        "vin": _Fact(identifiers.parse_vin, True),
        "country": _Fact(identifiers.parse_country, True),
        "maker": _Fact(_text, True),
        "model": _Fact(_text, True),
        "year": _Fact(_year, True),
        "registration": _Fact(_text),
    },
    AssetKind.FUND: {
        "manager": _Fact(_text, True),
        "country": _Fact(identifiers.parse_country, True),
        "currency": _Fact(identifiers.parse_currency, True),
        "strategy": _Fact(_text, True),
        "lei": _Fact(identifiers.parse_lei),
        **_IDENTIFIERS,
    },
    AssetKind.OTHER: {
        "description": _Fact(_text, True),
        "country": _Fact(identifiers.parse_country, True),
        "reference": _Fact(_text),
    },
}


def fields_of(kind: AssetKind) -> dict[str, bool]:
    """The fields of a kind, and whether each must be stated."""
    return {field: fact.required for field, fact in _FACTS[kind].items()}
