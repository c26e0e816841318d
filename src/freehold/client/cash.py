"""Keeping the cash book: coins and places, statements tried, an account's entries, reversals."""

from collections.abc import Iterator
from dataclasses import dataclass

from freehold.client.connection import Connection
from freehold.wire.cash import (
    CoinIn,
    CoinOut,
    EntryOut,
    LedgerLineOut,
    LedgerOut,
    PlaceIn,
    PlaceKeptOut,
    ReversalIn,
    StatementIn,
    Statements,
    StatementsTried,
)


@dataclass(frozen=True, slots=True)
class Cash:
    """The cash book of one issuer, as far as the client has it."""

    connection: Connection

    def add_coin(self, asked: CoinIn, issuer: str | None = None) -> CoinOut:
        """Take a coin into the book, once it was tried."""
        return self.connection.post("/v1/cash/coins", CoinOut, asked, {"issuer": issuer})

    def add_place(self, asked: PlaceIn, issuer: str | None = None) -> PlaceKeptOut:
        """Say that a wallet, a pot or a bank account holds the issuer's money."""
        return self.connection.post("/v1/cash/places", PlaceKeptOut, asked, {"issuer": issuer})

    def try_statement(self, asked: StatementIn, issuer: str | None = None) -> StatementsTried:
        """What a statement would bring in, line by line; nothing is kept."""
        path, whose = "/v1/cash/statements/dry-runs", {"issuer": issuer}
        return self.connection.post(path, StatementsTried, asked, whose)

    def import_statement(self, asked: StatementIn, issuer: str | None = None) -> Statements:
        """Bring a bank's statement in, all of the file or nothing."""
        path, whose = "/v1/cash/statements", {"issuer": issuer}
        return self.connection.post(path, Statements, asked, whose)

    def reverse(self, entry: str, why: str, issuer: str | None = None) -> EntryOut:
        """Take an entry (its number or id) back by another one that names it."""
        path, asked = "/v1/cash/entries/{id}/reversal", ReversalIn(why=why)
        return self.connection.post(path, EntryOut, asked, {"issuer": issuer}, id=entry)

    def entry(self, entry: str, issuer: str | None = None) -> EntryOut:
        """One entry, by its number or id."""
        path, asked = "/v1/cash/entries/{id}", {"issuer": issuer}
        return self.connection.get(path, EntryOut, asked, id=entry)

    def account(
        self, account: str, currency: str, issuer: str | None = None
    ) -> Iterator[LedgerLineOut]:
        """One account, entry by entry, with what stands on it after each."""
        asked = {"account": account, "currency": currency, "issuer": issuer}
        return self.connection.items("/v1/cash/account", LedgerOut, asked)
