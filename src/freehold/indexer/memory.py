"""What the tables say, ready for the next event: registers, contract numbers, the last block.

Memory is a copy that can be thrown away at any time; `load` reads it from the tables. To `rewind`
is to delete the rows of the blocks that are no more, and to load.
"""

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, select

from freehold.core.rawlog import BlockHead
from freehold.core.register import Register
from freehold.core.roll import Account, Roll
from freehold.indexer import tables as t


@dataclass(slots=True)
class Memory:
    """`registers` leads from a contract (a `Holders` or a token) to the register of its issuer.

    `holders` are the accounts that ever held units of a token, by its number.
    `fresh` is unset while the tables are being changed: then nothing here may be relied upon.
    """

    fresh: bool = False
    tip: BlockHead | None = None
    numbers: dict[str, int] = field(default_factory=dict)
    registers: dict[str, Register] = field(default_factory=dict)
    holders: dict[int, set[int]] = field(default_factory=dict)


def load(connection: Connection) -> Memory:
    """Read the present state of everything that is followed."""
    found = connection.execute(select(t.contract).order_by(t.contract.c.id)).all()
    memory = Memory(True, last_head(connection), {row.address: row.id for row in found})
    registers = {row.id: Register(row.address) for row in found if row.id == row.holders}
    rolls: dict[int, Roll] = {}
    for row in found:
        if row.holders:
            register = memory.registers[row.address] = registers[row.holders]
            if row.id != row.holders:
                rolls[row.id] = register.rolls[row.address] = Roll(row.address)
    for number, register in registers.items():
        _load_accounts(connection, number, register)
        register.block = memory.tip.number if memory.tip else -1
        register.index = _NO_MORE_LOGS
    for number, roll in rolls.items():
        _load_units(connection, number, roll, memory.holders.setdefault(number, set()))
        _load_terms(connection, number, roll)
    return memory


def forget(memory: Memory) -> None:
    """Let go of what a memory holds; the next step reads the tables again."""
    memory.fresh, memory.tip = False, None
    memory.numbers, memory.registers, memory.holders = {}, {}, {}


def rewind(connection: Connection, last: int) -> None:
    """Undo every block after `last`, in the caller's transaction."""
    for table in t.REWOUND:
        connection.execute(delete(table).where(table.c.block > last))
    connection.execute(delete(t.block).where(t.block.c.number > last))


def follow_contract(
    connection: Connection, memory: Memory, address: str, block: int, holders: bool
) -> None:
    """Give a contract a number; a `Holders` opens the register of its issuer."""
    number = len(memory.numbers) + 1
    memory.numbers[address] = number
    if holders:
        memory.registers[address] = Register(address)
    t.insert(connection, t.contract, [(number, address, number if holders else 0, block)])


def last_head(connection: Connection) -> BlockHead | None:
    """The last block that was read."""
    row = connection.execute(select(t.block).order_by(t.block.c.number.desc()).limit(1)).first()
    return BlockHead(*row) if row else None


def _load_accounts(connection: Connection, holders: int, register: Register) -> None:
    opened: dict[int, list[str]] = {}
    wallets = select(t.wallet).where(t.wallet.c.holders == holders)
    for row in connection.execute(wallets.order_by(t.wallet.c.block, t.wallet.c.log)):
        opened.setdefault(row.account, []).append(row.wallet)
    for row in t.latest(connection, t.account, holders):
        former = tuple(wallet for wallet in opened[row.account] if wallet != row.wallet)
        register.accounts[row.account] = Account(row.account, row.wallet, int(row.facts), former)
        register.wallets[row.wallet] = row.account
        register.former.update(dict.fromkeys(former, row.account))
        if row.person:
            register.persons[row.account] = tuple(map(int, row.person.split()))


def _load_units(connection: Connection, number: int, roll: Roll, holders: set[int]) -> None:
    for row in connection.execute(t.units_after(number)):
        holders.add(row.account)
        if row.units != "0":
            roll.units[row.account] = int(row.units)
    for row in t.latest(connection, t.supply, number):
        roll.issued, roll.redeemed = int(row.issued), int(row.redeemed)
    for row in t.latest(connection, t.lot, number):
        if row.units != "0":
            roll.lots.setdefault(row.account, {})[row.vintage] = int(row.units)


def _load_terms(connection: Connection, number: int, roll: Roll) -> None:
    for row in t.latest(connection, t.vintage, number):
        roll.vintages[row.vintage] = int(row.terms)
    for row in t.latest(connection, t.record, number):
        roll.records[row.record] = row.instant
    for row in t.latest(connection, t.freeze, number):
        if row.units != "0":
            roll.frozen[row.account] = int(row.units)
        if row.stopped:
            roll.stopped.add(row.account)


_NO_MORE_LOGS = 1 << 62
