"""Documents in the vault: what they may be called, how large, of which kind.

A name is a label and never a path: separators, dots alone, control characters and the tricks of right-
to-left writing are refused. The kind is read from the content's first bytes, and what a caller says of it
has to agree, so that nothing is given out as something it is not.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from freehold.core.errors import Invalid

LARGEST = 8 << 20
"""Bytes of one document."""
LONGEST_NAME = 120
KINDS = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "text/plain": (),
    "application/json": (),
}
"""Kinds that are taken, with how their content begins; of text none, but it has to be UTF-8."""
_ENDINGS = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".txt": "text/plain",
    ".json": "application/json",
}
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.I)


class About(StrEnum):
    """What a document belongs to."""

    ASSET = "asset"
    INSTRUMENT = "instrument"
    HOLDER = "holder"
    ISSUER = "issuer"


@dataclass(frozen=True, slots=True)
class Version:
    """One version: the SHA-256 of its content, and the instruction that put it on the chain."""

    version: int
    hash: str
    size: int
    media_type: str
    at: datetime
    by: str
    instruction: str | None
    acknowledged: tuple[tuple[str, datetime], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document with its versions, the newest first."""

    id: str
    issuer: str
    about: About
    subject: str
    name: str
    at: datetime
    versions: tuple[Version, ...]


def name_of(text: str, field: str = "name") -> str:
    """A document's name. Raises Invalid for one that is a path, hidden, reserved or not to be shown."""
    name = unicodedata.normalize("NFC", text.strip())
    wrong = (
        not name
        or len(name) > LONGEST_NAME
        or not name.isprintable()
        or any(one in name for one in '/\\:*?"<>|%')
        or name.startswith((".", "-", "~"))
        or name.endswith(".")
        or ".." in name
        or _RESERVED.fullmatch(name) is not None
        or any(unicodedata.category(one) in ("Cf", "Cc", "Co", "Cs") for one in name)
    )
    if wrong:
        raise Invalid(
            f"{field} is no name of a document: letters, digits, spaces, and an ending such as .pdf,"
            f" at most {LONGEST_NAME}, no path",
            field=field,
        )
    return name


def kind_of(name: str, content: bytes, said: str | None = None) -> str:
    """The media type of a content. Raises Invalid where name, content and what was said disagree."""
    if not content:
        raise Invalid("the document is empty", field="content")
    if len(content) > LARGEST:
        raise Invalid(
            f"the document has {len(content):,} bytes; at most {LARGEST:,} are kept",
            field="content",
        )
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    kind = _ENDINGS.get(ending)
    if kind is None:
        raise Invalid(
            f"name ends in {ending or 'nothing'}: {', '.join(_ENDINGS)} are kept", field="name"
        )
    plain = (said or "").split(";")[0].strip().lower()
    if plain not in ("", "application/octet-stream", kind):
        raise Invalid(f"the content is said to be {plain}, its name says {kind}", field="content")
    starts = KINDS[kind]
    if (starts and not content.startswith(starts)) or (not starts and not _is_text(content)):
        raise Invalid(f"the content is no {kind}, as its name says", field="content")
    return kind


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False
