"""Instruments, registers of holders, the chain behind them, the audit log."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from freehold.client.connection import Connection
from freehold.wire.documents import (
    AuditEntries,
    AuditEntry,
    AuditVerification,
    Event,
    Events,
    Instrument,
    Instruments,
    Position,
    Record,
    Records,
    Register,
    Transaction,
    Verification,
)


@dataclass(frozen=True, slots=True)
class Registers:
    """What is registered, and who holds it."""

    connection: Connection

    def instruments(self) -> Iterator[Instrument]:
        """The instruments of the issuers that the key may read."""
        return self.connection.items("/v1/instruments", Instruments)

    def instrument(self, token: str) -> Instrument:
        """One instrument with its quantities."""
        return self.connection.get("/v1/instruments/{token}", Instrument, token=token)

    def positions(self, token: str, as_of: str | datetime | None = None) -> Iterator[Position]:
        """Every line of a register as of an instant, `block:N`, `record:N`, or now: all of one block."""
        asked = {"as_of": _instant(as_of)}
        path = "/v1/instruments/{token}/register"
        return self.connection.items(path, Register, asked, token=token)

    def register(self, token: str, as_of: str | datetime | None = None) -> Register:
        """The first page of a register, with its block and its sum."""
        asked = {"as_of": _instant(as_of)}
        path = "/v1/instruments/{token}/register"
        return self.connection.get(path, Register, asked, token=token)

    def records(self, token: str) -> Iterator[Record]:
        """The record instants announced for an instrument."""
        return self.connection.items("/v1/instruments/{token}/records", Records, token=token)

    def verify(self) -> Verification:
        """Have every register rebuilt from the chain's events and compared, figure by figure."""
        return self.connection.post("/v1/verifications", Verification)


@dataclass(frozen=True, slots=True)
class Chain:
    """What the contracts said."""

    connection: Connection

    def events(self) -> Iterator[Event]:
        """Events of the registers followed, the newest first, decoded."""
        return self.connection.items("/v1/events", Events)

    def transaction(self, hash: str) -> Transaction:
        """One mined transaction with the events it left."""
        return self.connection.get("/v1/transactions/{hash}", Transaction, hash=hash)


@dataclass(frozen=True, slots=True)
class Audit:
    """The log of every act, refusal and denial."""

    connection: Connection

    def entries(self) -> Iterator[AuditEntry]:
        """Every entry, the newest first."""
        return self.connection.items("/v1/audit", AuditEntries)

    def verify(self) -> AuditVerification:
        """Have every hash recomputed and compared with what is anchored on the chain."""
        return self.connection.post("/v1/audit/verifications", AuditVerification)


def _instant(as_of: str | datetime | None) -> str | None:
    return as_of.isoformat() if isinstance(as_of, datetime) else as_of
