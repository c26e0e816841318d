"""Instruments, registers of holders, the chain behind them, the audit log."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from freehold.client.connection import Connection
from freehold.wire.documents import (
    AuditEntries,
    AuditEntry,
    AuditVerification,
    Block,
    BlockPage,
    Blocks,
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
from freehold.wire.ownership import CapTableOut, HolderOut, HoldersOut


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

    def holders(
        self,
        issuer: str | None = None,
        q: str | None = None,
        country: str | None = None,
        stands: str | None = None,
        symbol: str | None = None,
    ) -> Iterator[HolderOut]:
        """The holders whom the key may read of, by name, with what they hold."""
        asked = {"issuer": issuer, "q": q, "country": country, "stands": stands, "symbol": symbol}
        return self.connection.items("/v1/holders", HoldersOut, asked)

    def cap_table(self, issuer: str, as_of: str | datetime | None = None) -> CapTableOut:
        """Who owns how much of an issuer, now with everything diluted, or at an instant of the past."""
        asked = {"as_of": _instant(as_of)}
        path = "/v1/issuers/{issuer}/cap-table"
        return self.connection.get(path, CapTableOut, asked, issuer=issuer)

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

    def blocks(self) -> Iterator[Block]:
        """The blocks of the chain, the newest first."""
        return self.connection.items("/v1/blocks", Blocks)

    def block(self, number: int) -> BlockPage:
        """One block with its transactions and what the registers followed said in it."""
        return self.connection.get("/v1/blocks/{number}", BlockPage, number=str(number))

    def transaction(self, hash: str) -> Transaction:
        """One mined transaction with the events it left."""
        return self.connection.get("/v1/transactions/{hash}", Transaction, hash=hash)


@dataclass(frozen=True, slots=True)
class Audit:
    """The log of every act, refusal and denial."""

    connection: Connection

    def entries(
        self,
        actor: str | None = None,
        act: str | None = None,
        outcome: str | None = None,
        subject: str | None = None,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
    ) -> Iterator[AuditEntry]:
        """Entries of an actor, an act, an outcome, a subject, from one instant on and before another; every
        one if nothing is named. The newest first."""
        asked = {"actor": actor, "act": act, "outcome": outcome, "subject": subject}
        asked |= {"since": _instant(since), "until": _instant(until)}
        return self.connection.items("/v1/audit", AuditEntries, asked)

    def verify(self) -> AuditVerification:
        """Have every hash recomputed and compared with what is anchored on the chain."""
        return self.connection.post("/v1/audit/verifications", AuditVerification)


def _instant(as_of: str | datetime | None) -> str | None:
    return as_of.isoformat() if isinstance(as_of, datetime) else as_of
