"""Stop orders, adverse claims, pledges, liens and legends in the book.

Who a restraint is for is sealed under the holder's file. A restraint that is over keeps its row.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, bindparam, exists, insert, or_, select, update

from freehold.book import confidential
from freehold.book import schema_agent as schema
from freehold.book.registrations import subject
from freehold.book.schema_approvals import approval_setting
from freehold.book.session import Transaction
from freehold.core.errors import Conflict, NotFound
from freehold.core.restraints import Legend, Restraint, RestraintKind, scaled_up

_HOLDERS = (schema.restraint, schema.lot_legend, schema.registration, schema.holder_address)
_ANYTHING = select(
    or_(
        *(
            exists().where(of.c.issuer == bindparam("issuer"), of.c.holder == bindparam("holder"))
            for of in _HOLDERS
        ),
        exists().where(approval_setting.c.issuer == bindparam("issuer")),
    )
)


def anything_about(tx: Transaction, issuer: str, holder: str) -> bool:
    """Whether anything at all is written that may bear on what a holder transfers: a restraint, a
    legend, how he is registered, his address, or rules of approval of the issuer's own.

    Of most holders there is nothing, and one question tells so.
    """
    return bool(tx.execute(_ANYTHING, {"issuer": issuer, "holder": holder}).scalar())


def place(tx: Transaction, one: Restraint) -> None:
    """Write a restraint."""
    row = {
        name: getattr(one, name)
        for name in ("id", "issuer", "holder", "token", "locked", "document")
    }
    row |= {"kind": str(one.kind), "units": None if one.units is None else str(one.units)}
    row |= {"placed_at": one.placed_at, "placed_by": one.placed_by, "until": one.until}
    tx.execute(insert(schema.restraint).values(**row))
    text = json.dumps({"in_favour": one.in_favour, "words": one.words}, ensure_ascii=False)
    confidential.write(tx, subject(one.issuer, one.holder), {f"restraint {one.id}": text})


def new_id() -> str:
    """A fresh id."""
    return f"res_{secrets.token_hex(12)}"


def find(tx: Transaction, id: str) -> Restraint:
    """One restraint. Raises NotFound."""
    row = tx.execute(select(schema.restraint).where(schema.restraint.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no restraint {id}", restraint=id)
    return _restraint(tx, row)


def of_issuer(tx: Transaction, issuer: str, holder: str | None = None) -> list[Restraint]:
    """The restraints of an issuer's holders (or of one), the oldest first, those that are over too."""
    of = schema.restraint.c
    rows = select(schema.restraint).where(of.issuer == issuer)
    if holder is not None:
        rows = rows.where(of.holder == holder)
    return [_restraint(tx, row) for row in tx.execute(rows.order_by(of.placed_at, of.id)).all()]


def lapsed(tx: Transaction, now: datetime) -> list[Restraint]:
    """Claims whose period is over and that nobody has released."""
    of = schema.restraint.c
    rows = select(schema.restraint).where(of.until <= now, of.released_at.is_(None))
    return [_restraint(tx, row) for row in tx.execute(rows.order_by(of.until, of.id)).all()]


def give_notice(tx: Transaction, id: str, now: datetime, until: datetime) -> None:
    """Note that the claimant was told, and until when registration is withheld for him."""
    here = update(schema.restraint).where(schema.restraint.c.id == id)
    tx.execute(here.values(noticed_at=now, until=until))


def release(tx: Transaction, id: str, by: str, document: str, now: datetime) -> None:
    """End a restraint. Raises Conflict where it is over."""
    of = schema.restraint.c
    here = update(schema.restraint).where(of.id == id, of.released_at.is_(None))
    values = {"released_at": now, "released_by": by, "release_document": document}
    if not tx.execute(here.values(**values)).rowcount:
        raise Conflict(f"the restraint {id} was released already", restraint=id)


def scale(tx: Transaction, token: str, ratio: Fraction) -> list[tuple[Restraint, int]]:
    """Make of every restraint of so many units that stands on a token `ratio` times as many, rounded up;
    each as it was before, with its units now."""
    of = schema.restraint.c
    standing = (of.token == token, of.units.is_not(None), of.released_at.is_(None))
    found = [_restraint(tx, row) for row in tx.execute(select(schema.restraint).where(*standing))]
    scaled = [(one, scaled_up(one.units or 0, ratio)) for one in found]
    for one, units in scaled:
        tx.execute(update(schema.restraint).where(of.id == one.id).values(units=str(units)))
    return scaled


def stamp_legend(
    tx: Transaction,
    issuer: str,
    one: tuple[str, str, int, str],
    document: str,
    by: str,
    now: datetime,
) -> int:
    """Put a legend (holder, token, vintage, code) on a lot. Raises Conflict if it is there."""
    holder, token, vintage, code = one
    if any(l_.code == code and l_.vintage == vintage for l_ in legends(tx, issuer, holder, token)):
        raise Conflict(f"the lot bears the legend {code} already", legend=code)
    row = {"issuer": issuer, "holder": holder, "token": token, "vintage": vintage, "code": code}
    row |= {"document": document, "placed_at": now, "placed_by": by}
    made = tx.execute(insert(schema.lot_legend).values(**row).returning(schema.lot_legend.c.number))
    return int(made.scalar_one())


def legends(
    tx: Transaction, issuer: str, holder: str, token: str | None = None, *, removed: bool = False
) -> Sequence[Legend]:
    """The legends of a holder's lots, with `removed` those that are gone too."""
    of = schema.lot_legend.c
    rows = select(schema.lot_legend).where(of.issuer == issuer, of.holder == holder)
    if token is not None:
        rows = rows.where(of.token == token)
    if not removed:
        rows = rows.where(of.removed_at.is_(None))
    return [_legend(row) for row in tx.execute(rows.order_by(of.number))]


def remove_legend(tx: Transaction, number: int, opinion: str, by: str, now: datetime) -> None:
    """Remove a legend on counsel's letter. Raises NotFound, Conflict where it is gone."""
    of = schema.lot_legend.c
    row = tx.execute(select(of.removed_at).where(of.number == number)).first()
    if row is None:
        raise NotFound(f"there is no legend {number}", legend=number)
    if row.removed_at is not None:
        raise Conflict(f"legend {number} was removed already", legend=number)
    here = update(schema.lot_legend).where(of.number == number)
    tx.execute(here.values(removed_at=now, removed_by=by, opinion=opinion))


def legend_owner(tx: Transaction, number: int) -> tuple[str, Legend]:
    """The issuer of a legend, and the legend. Raises NotFound."""
    of = schema.lot_legend.c
    row = tx.execute(select(schema.lot_legend).where(of.number == number)).first()
    if row is None:
        raise NotFound(f"there is no legend {number}", legend=number)
    return row.issuer, _legend(row)


def _legend(row: Row[Any]) -> Legend:
    return Legend(
        row.number,
        row.holder,
        row.token,
        row.vintage,
        row.code,
        row.placed_at,
        row.removed_at,
        row.opinion,
    )


def _restraint(tx: Transaction, row: Row[Any]) -> Restraint:
    mine = subject(row.issuer, row.holder)
    text = confidential.read(tx, mine).get(mine, {}).get(f"restraint {row.id}")
    said = json.loads(text) if text else {"in_favour": "", "words": ""}
    return Restraint(
        row.id,
        row.issuer,
        row.holder,
        RestraintKind(row.kind),
        row.token,
        None if row.units is None else int(row.units),
        bool(row.locked),
        row.document,
        row.placed_at,
        row.placed_by,
        row.noticed_at,
        row.until,
        row.released_at,
        said["in_favour"],
        said["words"],
    )
