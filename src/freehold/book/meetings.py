"""Meetings in the book: notices, minutes, and votes that wait to be brought to the chain."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from freehold.book import changes, confidential
from freehold.book import schema_meetings as schema
from freehold.book.session import Transaction
from freehold.core.errors import Conflict, NotFound, Plain


@dataclass(frozen=True, slots=True)
class KeptMeeting:
    """A meeting as it was sent out; `minutes` are None until its result stands."""

    issuer: str
    number: int
    notice: str
    digest: str
    created_at: datetime
    minutes: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GivenVote:
    """A vote as somebody gave it. `wallet` opens the account it is for; `signature` is None where the
    agent's own key for the holder signs; `instruction` carried it to the chain."""

    issuer: str
    meeting: int
    holder: str
    wallet: str
    voter: str
    choices: int
    marks: tuple[int, ...]
    at: int
    signature: str | None
    key: str
    instruction: str | None = None
    number: int = 0


def add(tx: Transaction, one: KeptMeeting) -> None:
    """Keep a meeting once. Raises Conflict if its number is another one's."""
    of = schema.meeting.c
    here = (of.issuer == one.issuer, of.number == one.number)
    known = tx.execute(select(of.digest).where(*here)).scalar()
    if known is None:
        values = {name: getattr(one, name) for name in KeptMeeting.__dataclass_fields__}
        tx.execute(insert(schema.meeting).values(**values))
        tell(tx, one.issuer, one.number, "called", one.created_at)
    elif known != one.digest:
        raise Conflict(
            f"meeting {one.number} was announced with another notice", meeting=one.number
        )


def end(tx: Transaction, issuer: str, number: int, minutes: str, now: datetime) -> None:
    """Write the minutes of a meeting that is over, and tell that it is."""
    of = schema.meeting.c
    here = update(schema.meeting).where(of.issuer == issuer, of.number == number)
    tx.execute(here.values(minutes=minutes, ended_at=now))
    tell(tx, issuer, number, "closed", now)


def call_off(tx: Transaction, issuer: str, number: int, event: str, now: datetime) -> None:
    """Write down, once, that there is no such meeting any more, and tell it."""
    of = schema.meeting.c
    here = update(schema.meeting).where(of.issuer == issuer, of.number == number)
    if tx.execute(here.where(of.ended_at.is_(None)).values(ended_at=now)).rowcount:
        tell(tx, issuer, number, event, now)


def tell(tx: Transaction, issuer: str, number: int, event: str, now: datetime) -> None:
    """Tell what became of a meeting, or that a vote was cast: never whose, nor for what."""
    told: dict[str, Plain] = {"event": event, "meeting": number}
    changes.record(tx, changes.MEETING, issuer, str(number), told, now)


def find(tx: Transaction, issuer: str, number: int) -> KeptMeeting:
    """One meeting. Raises NotFound."""
    for one in every(tx, issuer):
        if one.number == number:
            return one
    raise NotFound(f"{issuer} has no meeting {number}", meeting=number)


def every(tx: Transaction, issuer: str) -> list[KeptMeeting]:
    """The meetings of an issuer, the newest first."""
    of = schema.meeting.c
    columns = [of[name] for name in KeptMeeting.__dataclass_fields__]
    rows = select(*columns).where(of.issuer == issuer).order_by(of.number.desc())
    return [KeptMeeting(*row) for row in tx.execute(rows)]


def not_ended(tx: Transaction) -> list[KeptMeeting]:
    """The meetings of all issuers whose result does not stand yet."""
    of = schema.meeting.c
    columns = [of[name] for name in KeptMeeting.__dataclass_fields__]
    rows = select(*columns).where(of.ended_at.is_(None)).order_by(of.issuer, of.number)
    return [KeptMeeting(*row) for row in tx.execute(rows)]


def give(tx: Transaction, vote: GivenVote, now: datetime) -> GivenVote:
    """Keep a vote until it is brought, once under its key. Raises Conflict for another one under it."""
    of = schema.meeting_vote.c
    here = (of.issuer == vote.issuer, of.meeting == vote.meeting, of.key == vote.key)
    row = tx.execute(select(schema.meeting_vote).where(*here)).first()
    if row is None:
        values = {
            name: getattr(vote, name)
            for name in GivenVote.__dataclass_fields__
            if name not in ("number", "choices", "marks")
        }
        words = {
            "choices": hex(vote.choices),
            "marks": json.dumps([hex(one) for one in vote.marks]),
        }
        tx.execute(insert(schema.meeting_vote).values(**values, **words, created_at=now))
        tell(tx, vote.issuer, vote.meeting, "vote cast", now)
        row = tx.execute(select(schema.meeting_vote).where(*here)).one()
    found = _vote(row)
    if (found.holder, found.voter) != (vote.holder, vote.voter):
        raise Conflict("this key was used for another vote: use a new one", key=vote.key)
    return found


def waiting(tx: Transaction, most: int) -> list[GivenVote]:
    """Votes that were given and not brought yet, in their order; all of one meeting."""
    of = schema.meeting_vote.c
    first = tx.execute(
        select(of.meeting).where(of.instruction.is_(None)).order_by(of.number).limit(1)
    ).scalar()
    rows = select(schema.meeting_vote).where(of.instruction.is_(None), of.meeting == first)
    return [_vote(row) for row in tx.execute(rows.order_by(of.number).limit(most))]


def carried(tx: Transaction, votes: Sequence[GivenVote], instruction: str) -> None:
    """Say which instruction carries these votes."""
    of = schema.meeting_vote.c
    here = update(schema.meeting_vote).where(of.number.in_([one.number for one in votes]))
    tx.execute(here.values(instruction=instruction))


def given_for(tx: Transaction, issuer: str, meeting: int, holder: str) -> list[GivenVote]:
    """The votes that were given for a holder at a meeting, the newest last."""
    of = schema.meeting_vote.c
    here = (of.issuer == issuer, of.meeting == meeting, of.holder == holder)
    rows = select(schema.meeting_vote).where(*here).order_by(of.number)
    return [_vote(row) for row in tx.execute(rows)]


def keep_secret(
    tx: Transaction, issuer: str, holder: str, meeting: int, seal: int, said: str
) -> None:
    """Keep what a secret vote says, under its seal, until it is revealed."""
    confidential.write(tx, _secret(issuer, holder), {f"{meeting} {seal:064x}": said})


def secret(tx: Transaction, issuer: str, holder: str, meeting: int, seal: int) -> str | None:
    """What a holder's secret vote with this seal says; None where the book does not know or lost it."""
    subject = _secret(issuer, holder)
    found = confidential.read(tx, subject).get(subject, {}).get(f"{meeting} {seal:064x}")
    return found or None


def _secret(issuer: str, holder: str) -> str:
    return f"secret votes of {issuer}\x1f{holder}"


def _vote(row: Row[Any]) -> GivenVote:
    values = {name: getattr(row, name) for name in GivenVote.__dataclass_fields__}
    marks = tuple(int(one, 16) for one in json.loads(row.marks))
    return GivenVote(**values | {"choices": int(row.choices, 16), "marks": marks})
