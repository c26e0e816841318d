"""What restraints have locked on the chain, for each account: the total, and the act that changes it.

The chain keeps one figure of frozen units for an account, whoever froze them. `units` is the part of it
that restraints stand for, `stopped` whether they stopped the account. Only one instruction changes an
account at a time: whoever enters one takes the next `turn`, and the row is free again when it has ended.
Units are decimal text of base units.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table

from freehold.book.schema import metadata

account_lock = Table(
    "account_lock",
    metadata,
    Column("issuer", ForeignKey("issuer.id"), primary_key=True),
    Column("holder", String(128), primary_key=True),
    Column("token", String(42), primary_key=True),
    Column("units", String(80), nullable=False),
    Column("stopped", Boolean, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("instruction", ForeignKey("instruction.id")),
    Column("then_units", String(80)),
    Column("then_stopped", Boolean),
)
