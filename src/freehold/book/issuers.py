"""What the book knows of issuers: their assets, instruments, holders, and the files they came with.

Rows come out as frozen dataclasses. Personal data (a holder's name and country, and the files of a
cap table) is sealed (`confidential.py`), for each holder under a key of its own; an erased holder has
no name any more.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, func, insert, or_, select, update

from freehold.book import confidential, schema
from freehold.book.session import Transaction
from freehold.core.errors import Conflict, NotFound
from freehold.core.ids import Address


@dataclass(frozen=True, slots=True)
class KnownIssuer:
    """An issuer on one chain: its register of accounts and the ERC-3643 face of that."""

    id: str
    chain: int
    name: str
    country: str
    register: Address
    registry_face: Address


@dataclass(frozen=True, slots=True)
class KnownAsset:
    """An asset by its id, with the canonical JSON of its record."""

    id: str
    issuer: str
    kind: str
    name: str
    record: str


@dataclass(frozen=True, slots=True)
class KnownInstrument:
    """A class of units: its token, and the id its issuer calls it by."""

    token: Address
    issuer: str
    class_id: str
    name: str
    symbol: str
    decimals: int
    asset: str


@dataclass(frozen=True, slots=True)
class KnownHolder:
    """A holder and the wallet he was admitted with; `custody` numbers the agent's key for it."""

    issuer: str
    id: str
    name: str
    kind: str
    country: str
    wallet: Address
    custody: int | None


Known = KnownIssuer | KnownAsset | KnownInstrument | KnownHolder
_TABLES = {
    KnownIssuer: schema.issuer,
    KnownAsset: schema.asset,
    KnownInstrument: schema.instrument,
    KnownHolder: schema.holder,
}


_NAMED = select(*(schema.holder.c[name] for name in KnownHolder.__dataclass_fields__)).where(
    schema.holder.c.issuer == bindparam("issuer"),
    or_(
        schema.holder.c.id.in_(bindparam("named", expanding=True)),
        schema.holder.c.wallet.in_(bindparam("named", expanding=True)),
    ),
)


def add(tx: Transaction, known: Known, now: datetime) -> None:
    """Write a row once: the same again is no change. Raises Conflict for the same id with another
    content."""
    table = _TABLES[type(known)]
    values = {name: getattr(known, name) for name in known.__dataclass_fields__}
    if isinstance(known, KnownHolder):
        values |= _seal(tx, known)
    keys = [table.c[column.name] == values[column.name] for column in table.primary_key.columns]
    row = tx.execute(select(*(table.c[name] for name in values)).where(*keys)).first()
    if row is None:
        tx.execute(insert(table).values(**values, created_at=now))
    elif dict(row._mapping) != values:
        what = table.name
        raise Conflict(f"there is another {what} {next(iter(values.values()))} already", kind=what)


def find(tx: Transaction, issuer: str | None) -> KnownIssuer:
    """The issuer with this id, or the only one. Raises NotFound, Conflict where one must be named."""
    every = issuers(tx)
    found = [one for one in every if issuer in (None, one.id)]
    if not found:
        name = f"issuer {issuer}" if issuer else "issuer yet: import a cap table first"
        raise NotFound(f"there is no {name}", issuer=issuer)
    if len(found) > 1:
        ids = ", ".join(one.id for one in found)
        raise Conflict(f"there are several issuers, name one: {ids}")
    return found[0]


def issuers(tx: Transaction) -> list[KnownIssuer]:
    """All issuers in the order they came."""
    of = schema.issuer.c
    rows = select(of.id, of.chain, of.name, of.country, of.register, of.registry_face)
    return [KnownIssuer(*row) for row in tx.execute(rows.order_by(of.created_at, of.id))]


def assets(tx: Transaction, issuer: str) -> list[KnownAsset]:
    """The assets of an issuer."""
    of = schema.asset.c
    rows = select(of.id, of.issuer, of.kind, of.name, of.record).where(of.issuer == issuer)
    return [KnownAsset(*row) for row in tx.execute(rows.order_by(of.created_at, of.id))]


def instruments(tx: Transaction, issuer: str) -> list[KnownInstrument]:
    """The instruments of an issuer in the order of their class ids."""
    of = schema.instrument.c
    rows = select(of.token, of.issuer, of.class_id, of.name, of.symbol, of.decimals, of.asset)
    found = tx.execute(rows.where(of.issuer == issuer).order_by(of.class_id))
    return [KnownInstrument(*row) for row in found]


def instrument_named(tx: Transaction, issuer: str, named: str) -> KnownInstrument:
    """An instrument by class id, symbol or token. Raises NotFound with the ones there are."""
    every = instruments(tx, issuer)
    wanted = named.lower()
    for one in every:
        if wanted in (one.class_id.lower(), one.symbol.lower(), one.token.lower()):
            return one
    there = ", ".join(f"{one.class_id} ({one.symbol})" for one in every)
    raise NotFound(f"{issuer} has no instrument {named}; it has {there}", instrument=named)


def instrument_at(tx: Transaction, chain: int, token: str) -> tuple[KnownIssuer, KnownInstrument]:
    """The instrument whose token this is, with its issuer. Raises NotFound."""
    owner, one = schema.issuer, schema.instrument
    columns = [owner.c[name] for name in KnownIssuer.__dataclass_fields__]
    columns += [one.c[name] for name in KnownInstrument.__dataclass_fields__]
    rows = select(*columns).join(one, one.c.issuer == owner.c.id)
    row = tx.execute(rows.where(owner.c.chain == chain, one.c.token == token)).first()
    if row is None:
        raise NotFound(f"there is no instrument {token}", token=token)
    cut = len(KnownIssuer.__dataclass_fields__)
    return KnownIssuer(*row[:cut]), KnownInstrument(*row[cut:])


def rename(tx: Transaction, token: str, name: str) -> None:
    """Another name for an instrument, whose contract has it already."""
    one = schema.instrument
    tx.execute(update(one).where(one.c.token == token).values(name=name))


def name_now(tx: Transaction, token: str) -> str:
    """What an instrument is called since it was named last; empty where the book does not have it."""
    one = schema.instrument.c
    return str(tx.execute(select(one.name).where(one.token == token)).scalar() or "")


def targets(tx: Transaction) -> dict[str, str]:
    """The contracts of every issuer, with whose they are."""
    owner, one = schema.issuer.c, schema.instrument.c
    rows = select(owner.register, owner.id).union_all(select(one.token, one.issuer))
    return {str(contract): issuer for contract, issuer in tx.execute(rows)}


def ids_by_wallet(tx: Transaction, issuer: str) -> dict[str, str]:
    """The ids of an issuer's holders by the wallet they were admitted with."""
    of = schema.holder.c
    rows = select(of.wallet, of.id).where(of.issuer == issuer)
    return {row.wallet: row.id for row in tx.execute(rows)}


def holder_named(tx: Transaction, issuer: str, named: str) -> KnownHolder:
    """A holder by id or wallet. Raises NotFound."""
    found = holders_named(tx, issuer, [named])
    if not found:
        raise NotFound(f"{issuer} has no holder {named}", holder=named)
    return found[named]


def holders_named(tx: Transaction, issuer: str, named: Collection[str]) -> dict[str, KnownHolder]:
    """Those of an issuer's holders who are named, by id (which counts first) or wallet."""
    rows = tx.execute(_NAMED, {"issuer": issuer, "named": list(named)}).all()
    said = confidential.read_each(tx, [_subject(issuer, row.id) for row in rows])
    found: dict[str, KnownHolder] = {}
    for row in rows:
        one = _opened(KnownHolder(*row), said.get(_subject(issuer, row.id), {}))
        if row.wallet in named:
            found.setdefault(row.wallet, one)
        if row.id in named:
            found[row.id] = one
    return found


def holder_count(tx: Transaction, issuer: str) -> int:
    """How many holders an issuer has in the book."""
    rows = select(func.count()).select_from(schema.holder).where(schema.holder.c.issuer == issuer)
    return int(tx.execute(rows).scalar_one())


def holders(tx: Transaction, issuer: str) -> list[KnownHolder]:
    """The holders of an issuer in the order of their ids."""
    of = schema.holder.c
    rows = select(of.issuer, of.id, of.name, of.kind, of.country, of.wallet, of.custody)
    found = [
        KnownHolder(*row) for row in tx.execute(rows.where(of.issuer == issuer).order_by(of.id))
    ]
    said = confidential.read(tx, _subject(issuer, ""))
    return [_opened(one, said.get(_subject(one.issuer, one.id), {})) for one in found]


def issuers_of_holder(tx: Transaction, holder: str) -> list[str]:
    """The issuers that have a holder of this id."""
    of = schema.holder.c
    rows = select(of.issuer).where(of.id == holder).order_by(of.issuer)
    return list(tx.execute(rows).scalars())


def erase_holder(tx: Transaction, issuer: str, holder: str) -> bool:
    """Delete the key of what is written of a holder; whether there was one."""
    file = confidential.erase(tx, f"file of {issuer}\x1f{holder}")  # registrations, addresses
    return confidential.erase(tx, _subject(issuer, holder)) or file


def keep_files(tx: Transaction, issuer: str, files: Mapping[str, str], now: datetime) -> None:
    """Keep the files of a cap table, once. Raises Conflict if others are kept already."""
    kept = source_files(tx, issuer)
    if kept and kept != dict(files):
        raise Conflict(f"issuer {issuer} was imported from other files already", issuer=issuer)
    for name in () if kept else files:
        row = {"issuer": issuer, "name": name, "text": "", "created_at": now}
        tx.execute(insert(schema.source_file).values(**row))
    if not kept:
        confidential.write(tx, _FILES + issuer, files)


def exchange_files(tx: Transaction, issuer: str, files: Mapping[str, str]) -> None:
    """Put other texts in the place of files that are kept, under the same names."""
    assert set(files) <= set(source_files(tx, issuer)), "only files that are kept"
    confidential.write(tx, _FILES + issuer, files)


def source_files(tx: Transaction, issuer: str) -> dict[str, str]:
    """The files of a cap table by name, as they were read."""
    of = schema.source_file.c
    rows = select(of.name, of.text).where(of.issuer == issuer).order_by(of.name)
    plain = {row.name: row.text for row in tx.execute(rows)}
    said = confidential.read(tx, _FILES + issuer).get(_FILES + issuer, {}) if plain else {}
    return plain | said


def seal_plain(tx: Transaction) -> int:
    """Seal what older programs left readable; how many rows that were."""
    holder, file = schema.holder.c, schema.source_file.c
    rows = select(holder.issuer, holder.id, holder.name, holder.kind, holder.country, holder.wallet)
    named = tx.execute(rows.where((holder.name != "") | (holder.country != ""))).all()
    for row in named:
        blank = _seal(tx, KnownHolder(*row, custody=None))
        here = (holder.issuer == row.issuer) & (holder.id == row.id)
        tx.execute(update(schema.holder).where(here).values(**blank))
    texts = tx.execute(select(file.issuer, file.name, file.text).where(file.text != "")).all()
    for file_row in texts:
        confidential.write(tx, _FILES + file_row.issuer, {file_row.name: file_row.text})
        here = (file.issuer == file_row.issuer) & (file.name == file_row.name)
        tx.execute(update(schema.source_file).where(here).values(text=""))
    return len(named) + len(texts)


def has_plain(tx: Transaction) -> bool:
    """Whether older programs left anything readable."""
    holder, file = schema.holder.c, schema.source_file.c
    named = select(holder.id).where((holder.name != "") | (holder.country != "")).limit(1)
    texts = select(file.name).where(file.text != "").limit(1)
    return any(tx.execute(rows).first() is not None for rows in (named, texts))


_FILES = "files of "
_WHO = "who"


def _subject(issuer: str, holder: str) -> str:
    return f"holder of {issuer}\x1f{holder}"


def _seal(tx: Transaction, known: KnownHolder) -> dict[str, str]:
    """Seal who a holder is; the plain values that stand in the row instead.

    Raises Conflict if something else is written of the holder already.
    """
    subject = _subject(known.issuer, known.id)
    who = json.dumps({"name": known.name, "country": known.country}, sort_keys=True)
    kept = confidential.read(tx, subject).get(subject, {}).get(_WHO)
    if kept not in (None, who, confidential.ERASED):
        raise Conflict(f"there is another holder {known.id} already", kind="holder")
    if kept is None and (known.name or known.country):
        confidential.write(tx, subject, {_WHO: who})
    return {"name": "", "country": ""}


def _opened(one: KnownHolder, said: Mapping[str, str]) -> KnownHolder:
    who = said.get(_WHO, confidential.ERASED)
    return replace(one, **json.loads(who)) if who else one
