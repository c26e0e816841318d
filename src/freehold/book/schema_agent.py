"""The tables of the transfer agent's desk: registrations, restraints, legends, records, documents, letters.

Facts are added and closed, never rewritten: what ends has the instant and whoever ended it. Names,
addresses, recipients and documents are sealed: texts under the subject `file of ISSUER HOLDER` or
`notice ID` (`confidential.py`), the content of a document under a key of its own. Plain are opaque
ids, kinds, instants and hashes. Quantities are decimal text of base units, as in the projection.
"""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from freehold.book.schema import Instant, Number, metadata


def _of_holder() -> list[Column[str]]:
    return [
        Column("issuer", ForeignKey("issuer.id"), nullable=False),
        Column("holder", String(128), nullable=False),
    ]


def _numbered() -> Column[int]:
    return Column("number", Number, primary_key=True)


registration = Table(
    "registration",
    metadata,
    _numbered(),
    *_of_holder(),
    Column("form", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    Index(None, "issuer", "holder"),
)
"""The last row of a holder is in force; its parties are sealed under `registration NUMBER`."""

registration_event = Table(
    "registration_event",
    metadata,
    _numbered(),
    Column("registration", ForeignKey("registration.number"), nullable=False, index=True),
    Column("party", Integer, nullable=False),
    Column("event", String(16), nullable=False),
    Column("day", String(10), nullable=False),
    Column("document", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
)
"""Death or majority of a party (by its place in the registration); `document` is its SHA-256."""

holder_paper = Table(
    "holder_paper",
    metadata,
    _numbered(),
    *_of_holder(),
    Column("paper", String(32), nullable=False),
    Column("document", String(64), nullable=False),
    Column("dated", String(10), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    Index(None, "issuer", "holder"),
)

holder_address = Table(
    "holder_address",
    metadata,
    _numbered(),
    *_of_holder(),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    Column("held_until", Instant),
    Column("lifted_at", Instant),
    Column("lifted_by", String(64)),
    Index(None, "issuer", "holder"),
)
"""The last row is the address in force, sealed under `address NUMBER`."""

restraint = Table(
    "restraint",
    metadata,
    Column("id", String(32), primary_key=True),
    *_of_holder(),
    Column("kind", String(16), nullable=False),
    Column("token", String(42)),
    Column("units", String(80)),
    Column("locked", Boolean, nullable=False),
    Column("document", String(64), nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("placed_by", String(64), nullable=False),
    Column("noticed_at", Instant),
    Column("until", Instant),
    Column("released_at", Instant),
    Column("released_by", String(64)),
    Column("release_document", String(64)),
    Index(None, "issuer", "holder"),
)
"""Stop orders, adverse claims, pledges, liens. `token` None: everything the holder has; `units` None:
all of them. `locked` says that the chain freezes them. Who it is for is sealed under `restraint ID`."""

lot_legend = Table(
    "lot_legend",
    metadata,
    _numbered(),
    *_of_holder(),
    Column("token", String(42), nullable=False),
    Column("vintage", Integer, nullable=False),
    Column("code", String(32), nullable=False),
    Column("document", String(64), nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("placed_by", String(64), nullable=False),
    Column("removed_at", Instant),
    Column("removed_by", String(64)),
    Column("opinion", String(64)),
    Index(None, "issuer", "holder"),
)

agent_item = Table(
    "agent_item",
    metadata,
    _numbered(),
    *_of_holder(),
    Column("what", String(32), nullable=False),
    Column("routine", Boolean, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("outcome", String(16)),
    Column("instruction", String(66)),
    Column("by", String(64), nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "issuer", "received_at"),
)

record_difference = Table(
    "record_difference",
    metadata,
    _numbered(),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("token", String(42), nullable=False),
    Column("what", String(200), nullable=False),
    Column("units", String(80), nullable=False),
    Column("found_at", Instant, nullable=False),
    Column("found_by", String(64), nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_by", String(64)),
    Column("resolution", Text),
    Index(None, "issuer", "found_at"),
)

lost_holder = Table(
    "lost_holder",
    metadata,
    _numbered(),
    *_of_holder(),
    Column("lost_on", String(10), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    Column("found_at", Instant),
    Column("found_by", String(64)),
    Index(None, "issuer", "holder"),
)

lost_holder_search = Table(
    "lost_holder_search",
    metadata,
    _numbered(),
    Column("lost", ForeignKey("lost_holder.number"), nullable=False, index=True),
    Column("searched_on", String(10), nullable=False),
    Column("source", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
)

control_report = Table(
    "control_report",
    metadata,
    _numbered(),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("day", String(10), nullable=False),
    Column("block", Number, nullable=False),
    Column("at", Instant, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("content", Text, nullable=False),
    Index(None, "issuer", "day"),
)

document = Table(
    "document",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("issuer", ForeignKey("issuer.id"), nullable=False, index=True),
    Column("about", String(16), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("name", String(120), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("issuer", "about", "subject", "name"),
)

document_version = Table(
    "document_version",
    metadata,
    Column("document", ForeignKey("document.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("media_type", String(80), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("instruction", String(66)),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
)

acknowledgement = Table(
    "acknowledgement",
    metadata,
    Column("document", String(32), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("identity", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    _numbered(),
    Column("id", String(40), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("note", Text, nullable=False),
    Column("about", String(260)),
    Index(None, "state", "next_at"),
    Index(None, "about"),
)
"""A letter to be sent by e-mail; recipient and facts are sealed under the subject `notice ID`. `about` is
the holder whom it tells of something, as a scope."""

custody_exit = Table(
    "custody_exit",
    metadata,
    Column("id", String(32), primary_key=True),
    *_of_holder(),
    Column("wallet", String(42), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("proved_at", Instant),
    Column("checked_by", String(64)),
    Column("document", String(64)),
    Index(None, "issuer", "holder"),
)
"""A holder's way from the agent's key to a wallet of his own: challenge, proof, identity check."""
