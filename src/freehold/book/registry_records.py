"""What Rule 17Ad asks a transfer agent to write down: items received and turned around, lost holders."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, case, insert, select, update

from freehold.book import schema as outbox
from freehold.book import schema_access, schema_agent
from freehold.book.session import Transaction
from freehold.core.errors import Conflict, NotFound
from freehold.core.instruction import State
from freehold.core.recordkeeping import Item, Lost, Searched

_ENDED = (State.SETTLED, State.REFUSED, State.REVERTED)


def receive(
    tx: Transaction,
    issuer: str,
    holder: str,
    what: str,
    routine: bool,
    note: str,
    by: str,
    at: datetime,
) -> int:
    """Write that an item came in by hand or by mail; its number."""
    row = {"issuer": issuer, "holder": holder, "what": what, "routine": routine, "note": note}
    made = tx.execute(
        insert(schema_agent.agent_item)
        .values(**row, received_at=at, by=by)
        .returning(schema_agent.agent_item.c.number)
    )
    return int(made.scalar_one())


def turn_around(tx: Transaction, issuer: str, number: int, outcome: str, at: datetime) -> str:
    """Write that an item is done; whose it was. Raises Conflict where it is, or is another issuer's."""
    of = schema_agent.agent_item.c
    here = update(schema_agent.agent_item).where(
        of.number == number, of.issuer == issuer, of.done_at.is_(None)
    )
    holder = tx.execute(here.values(done_at=at, outcome=outcome).returning(of.holder)).scalar()
    if holder is None:
        raise Conflict(f"there is no open item {number}", item=number)
    return str(holder)


def item(tx: Transaction, issuer: str, number: int) -> tuple[Item, str]:
    """An item that came by hand, done or not, with its note. Raises NotFound."""
    of = schema_agent.agent_item.c
    rows = select(schema_agent.agent_item).where(of.issuer == issuer, of.number == number)
    row = tx.execute(rows).first()
    if row is None:
        raise NotFound(f"there is no item {number}", item=number)
    return _item(row), row.note


def open_items(tx: Transaction, issuer: str) -> list[tuple[Item, str]]:
    """What came by hand and is not turned around, the oldest first, each with its note."""
    of = schema_agent.agent_item.c
    rows = select(schema_agent.agent_item).where(of.issuer == issuer, of.done_at.is_(None))
    found = tx.execute(rows.order_by(of.received_at, of.number))
    return [(_item(row), row.note) for row in found]


def items(tx: Transaction, issuer: str, since: datetime, until: datetime) -> list[Item]:
    """Everything received between two instants: what came by hand, and every transfer that was asked
    of the platform, with when its instruction was final."""
    of = schema_agent.agent_item.c
    rows = select(schema_agent.agent_item).where(
        of.issuer == issuer, of.received_at >= since, of.received_at < until
    )
    by_hand = [_item(row) for row in tx.execute(rows.order_by(of.received_at, of.number))]
    return sorted([*by_hand, *_asked(tx, issuer, since, until)], key=lambda one: one.received_at)


def lose(tx: Transaction, issuer: str, holder: str, day: date, by: str, now: datetime) -> int:
    """Write that a holder is lost (17Ad-17(b)(2)). Raises Conflict where it stands already."""
    if any(one.holder == holder and one.found_at is None for one in lost(tx, issuer)):
        raise Conflict(f"{holder} is written down as lost already", holder=holder)
    row = {"issuer": issuer, "holder": holder, "lost_on": day.isoformat(), "at": now, "by": by}
    made = tx.execute(
        insert(schema_agent.lost_holder).values(**row).returning(schema_agent.lost_holder.c.number)
    )
    return int(made.scalar_one())


def search(tx: Transaction, number: int, day: date, source: str, by: str, now: datetime) -> bool:
    """Write that a database was searched for a lost holder; False where that is written already."""
    of = schema_agent.lost_holder_search.c
    row = {"lost": number, "searched_on": day.isoformat(), "source": source}
    same = [of[name] == said for name, said in row.items()]
    if tx.execute(select(of.number).where(*same)).first():
        return False
    tx.execute(insert(schema_agent.lost_holder_search).values(**row, at=now, by=by))
    return True


def found(tx: Transaction, number: int, by: str, now: datetime) -> None:
    """Write that he was found. Raises Conflict where he was."""
    of = schema_agent.lost_holder.c
    here = update(schema_agent.lost_holder).where(of.number == number, of.found_at.is_(None))
    if not tx.execute(here.values(found_at=now, found_by=by)).rowcount:
        raise Conflict(f"there is no lost holder {number} to be found", lost=number)


def lost(tx: Transaction, issuer: str) -> list[Lost]:
    """Every holder that was ever lost, with the searches."""
    of, made = schema_agent.lost_holder.c, schema_agent.lost_holder_search.c
    searches: dict[int, list[Searched]] = {}
    for row in tx.execute(select(schema_agent.lost_holder_search).order_by(made.number)):
        one = Searched(date.fromisoformat(row.searched_on), row.source)
        searches.setdefault(row.lost, []).append(one)
    rows = select(schema_agent.lost_holder).where(of.issuer == issuer).order_by(of.number)
    return [
        Lost(
            row.number,
            row.holder,
            date.fromisoformat(row.lost_on),
            row.found_at,
            tuple(searches.get(row.number, ())),
        )
        for row in tx.execute(rows)
    ]


def lost_one(tx: Transaction, number: int) -> tuple[str, Lost]:
    """The issuer of an entry, and the entry. Raises NotFound."""
    of = schema_agent.lost_holder.c
    issuer = tx.execute(select(of.issuer).where(of.number == number)).scalar()
    if issuer is None:
        raise NotFound(f"there is no lost holder {number}", lost=number)
    return issuer, next(one for one in lost(tx, issuer) if one.number == number)


def _asked(tx: Transaction, issuer: str, since: datetime, until: datetime) -> list[Item]:
    """Transfers asked of the platform: turned around when refused, or when final on the chain."""
    asked, sent, change = schema_access.request.c, outbox.instruction.c, outbox.instruction_change.c
    mine = select(change.at).where(change.instruction == asked.instruction)
    last = mine.order_by(change.number.desc()).limit(1).scalar_subquery()
    rows = (
        select(
            asked.scope,
            asked.at,
            asked.instruction,
            sent.state,
            case((sent.state.in_(_ENDED), last)).label("done"),
        )
        .outerjoin(outbox.instruction, sent.id == asked.instruction)
        .where(asked.scope.startswith(f"{issuer}/", autoescape=True))
        .where(asked.at >= since, asked.at < until)
        .order_by(asked.at)
    )
    found = []
    for row in tx.execute(rows).all():
        done = row.done if row.instruction else row.at
        ended = "transferred" if row.state == State.SETTLED else "refused"
        outcome = None if done is None else ended
        holder = row.scope.split("/", 1)[1]
        found.append(Item(0, holder, "transfer", True, row.at, done, outcome, row.instruction))
    return found


def _item(row: Row[Any]) -> Item:
    return Item(
        row.number,
        row.holder,
        row.what,
        bool(row.routine),
        row.received_at,
        row.done_at,
        row.outcome,
        row.instruction,
    )
