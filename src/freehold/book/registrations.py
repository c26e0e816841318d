"""How holders are registered, in the book: forms and parties, papers on file, addresses.

Names and addresses are sealed under the holder's own subject, so that erasing him erases them. The last
row of a kind is in force; earlier ones stay.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from freehold.book import confidential
from freehold.book import schema_agent as schema
from freehold.book.session import Transaction
from freehold.core.errors import Conflict
from freehold.core.registration import Event, Happened, OnFile


@dataclass(frozen=True, slots=True)
class Written:
    """A registration as it stands in the book: `content` None where the holder was erased."""

    number: int
    form: str
    at: datetime
    content: dict[str, Any] | None
    happened: tuple[Happened, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address by lines; until `held_until`, unless it is lifted, a change is looked at twice."""

    number: int
    lines: tuple[str, ...]
    at: datetime
    held_until: datetime | None
    lifted_at: datetime | None

    def holds(self, now: datetime) -> bool:
        """Whether the hold after the change still runs."""
        return bool(self.held_until and self.lifted_at is None and now < self.held_until)


def register(
    tx: Transaction, issuer: str, holder: str, content: dict[str, Any], by: str, now: datetime
) -> int:
    """Write how a holder is registered from now on; the row's number."""
    row = {"issuer": issuer, "holder": holder, "form": content["form"], "at": now, "by": by}
    number = _added(tx, schema.registration, row)
    text = json.dumps(content, ensure_ascii=False)
    confidential.write(tx, subject(issuer, holder), {f"registration {number}": text})
    return number


def current(tx: Transaction, issuer: str, holder: str) -> Written | None:
    """How a holder is registered now; None where nothing is written."""
    of = schema.registration.c
    rows = select(of.number, of.form, of.at).where(of.issuer == issuer, of.holder == holder)
    row = tx.execute(rows.order_by(of.number.desc()).limit(1)).first()
    if row is None:
        return None
    text = _texts(tx, issuer, holder).get(f"registration {row.number}")
    content = json.loads(text) if text else None
    return Written(row.number, row.form, row.at, content, _happened(tx, row.number))


def happen(
    tx: Transaction, registration: int, one: Happened, document: str, by: str, now: datetime
) -> None:
    """Write what became of a party, once. Raises Conflict where it is written already."""
    if any(o.party == one.party and o.event is one.event for o in _happened(tx, registration)):
        raise Conflict(f"it is written already that the party {one.event}")
    row = {
        "registration": registration,
        "party": one.party,
        "event": str(one.event),
        "day": one.day.isoformat(),
    }
    _added(tx, schema.registration_event, row | {"document": document, "at": now, "by": by})


def file_paper(
    tx: Transaction, issuer: str, holder: str, one: OnFile, document: str, by: str, now: datetime
) -> bool:
    """Note that a paper was seen; `document` is its SHA-256. False where that is on file already."""
    row = {"issuer": issuer, "holder": holder, "paper": one.paper, "document": document}
    row |= {"dated": one.dated.isoformat()}
    same = [schema.holder_paper.c[name] == said for name, said in row.items()]
    if tx.execute(select(schema.holder_paper.c.number).where(*same)).first():
        return False
    _added(tx, schema.holder_paper, row | {"at": now, "by": by})
    return True


def papers(tx: Transaction, issuer: str, holder: str) -> list[OnFile]:
    """The papers of a holder, in the order they were filed."""
    of = schema.holder_paper.c
    rows = select(of.paper, of.dated).where(of.issuer == issuer, of.holder == holder)
    found = tx.execute(rows.order_by(of.number))
    return [OnFile(row.paper, date.fromisoformat(row.dated)) for row in found]


def move(
    tx: Transaction,
    issuer: str,
    holder: str,
    lines: tuple[str, ...],
    held_until: datetime | None,
    by: str,
    now: datetime,
) -> int:
    """Write a holder's address; the row's number."""
    row = {"issuer": issuer, "holder": holder, "at": now, "by": by, "held_until": held_until}
    number = _added(tx, schema.holder_address, row)
    confidential.write(tx, subject(issuer, holder), {f"address {number}": "\n".join(lines)})
    return number


def address(tx: Transaction, issuer: str, holder: str) -> Address | None:
    """The address in force; None where none is written or the holder was erased."""
    of = schema.holder_address.c
    rows = select(of.number, of.at, of.held_until, of.lifted_at)
    mine = rows.where(of.issuer == issuer, of.holder == holder)
    row = tx.execute(mine.order_by(of.number.desc()).limit(1)).first()
    text = _texts(tx, issuer, holder).get(f"address {row.number}") if row else None
    if row is None or not text:
        return None
    return Address(row.number, tuple(text.split("\n")), row.at, row.held_until, row.lifted_at)


def write_mailbox(tx: Transaction, issuer: str, holder: str, mailbox: str) -> None:
    """Write where a holder is written to by e-mail, in place of what stood there."""
    confidential.write(tx, subject(issuer, holder), {"mailbox": mailbox})


def mailbox(tx: Transaction, issuer: str, holder: str) -> str:
    """Where a holder is written to by e-mail; empty where nothing is on file or he was erased."""
    found = _texts(tx, issuer, holder).get("mailbox", "")
    return "" if found == confidential.ERASED else found


def lift_hold(tx: Transaction, number: int, by: str, now: datetime) -> None:
    """End the hold after a change of address."""
    here = update(schema.holder_address).where(schema.holder_address.c.number == number)
    tx.execute(here.values(lifted_at=now, lifted_by=by))


def subject(issuer: str, holder: str) -> str:
    """Under whose key a holder's file is sealed."""
    return f"file of {issuer}\x1f{holder}"


def _texts(tx: Transaction, issuer: str, holder: str) -> dict[str, str]:
    mine = subject(issuer, holder)
    return confidential.read(tx, mine).get(mine, {})


def _happened(tx: Transaction, registration: int) -> tuple[Happened, ...]:
    of = schema.registration_event.c
    rows = select(of.party, of.event, of.day).where(of.registration == registration)
    found = tx.execute(rows.order_by(of.number))
    return tuple(Happened(r.party, Event(r.event), date.fromisoformat(r.day)) for r in found)


def _added(tx: Transaction, table: Any, row: dict[str, Any]) -> int:
    made = tx.execute(insert(table).values(**row).returning(table.c.number))
    return int(made.scalar_one())
