"""Tax on payments: forms on file, rates, previews, the record and the files of a year."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from freehold.client.connection import Connection
from freehold.wire.approvals import Approval
from freehold.wire.tax import (
    FormsOnFile,
    OnFileOut,
    PaymentIn,
    PreviewOut,
    Rates,
    RecordedOut,
    RecordIn,
    WalletIn,
    WalletOut,
    Withheld,
    WithheldOut,
    YearFilesOut,
    Years,
)


@dataclass(frozen=True, slots=True)
class Tax:
    """Tax of one issuer's payments; where a key serves several issuers, each call says whose."""

    connection: Connection

    def forms(self, issuer: str | None = None, stands: str | None = None) -> Iterator[OnFileOut]:
        """Persons and their newest forms; `stands` is expired, none, expiring or valid."""
        asked = {"issuer": issuer, "stands": stands}
        return self.connection.items("/v1/tax/forms", FormsOnFile, asked)

    def rates(self, on: date | None = None, country: str | None = None) -> Rates:
        """The rates of a day with their sources."""
        asked = {"on": on.isoformat() if on else None, "country": country}
        return self.connection.get("/v1/tax/rates", Rates, asked)

    def preview(self, asked: PaymentIn, issuer: str | None = None) -> PreviewOut:
        """What each account would get at a record, and what would be withheld."""
        return self.connection.post("/v1/tax/previews", PreviewOut, asked, {"issuer": issuer})

    def record(self, asked: RecordIn, issuer: str | None = None) -> RecordedOut:
        """Write down that it was paid so, each account once."""
        return self.connection.post("/v1/tax/records", RecordedOut, asked, {"issuer": issuer})

    def withheld(self, issuer: str | None = None, year: int | None = None) -> Iterator[WithheldOut]:
        """What was paid and withheld."""
        asked = {"issuer": issuer, "year": year}
        return self.connection.items("/v1/tax/withheld", Withheld, asked)

    def years(self, issuer: str | None = None) -> Years:
        """Years in which something was paid."""
        return self.connection.get("/v1/tax/years", Years, {"issuer": issuer})

    def files(self, year: int, issuer: str | None = None) -> YearFilesOut:
        """The files of a year."""
        path, asked = "/v1/tax/years/{number}", {"issuer": issuer}
        return self.connection.get(path, YearFilesOut, asked, number=str(year))

    def file(self, year: int, name: str, issuer: str | None = None) -> bytes:
        """One file of a year, as it is."""
        path, asked = "/v1/tax/years/{number}/files/{name}", {"issuer": issuer}
        return self.connection.content(path, asked, number=str(year), name=name)

    def wallet(self, issuer: str | None = None) -> WalletOut:
        """Where withheld tax goes."""
        return self.connection.get("/v1/tax/wallet", WalletOut, {"issuer": issuer})

    def set_wallet(
        self, wallet: str, issuer: str | None = None, key: str | None = None
    ) -> Approval:
        """Propose another wallet for withheld tax, or none; another person approves it."""
        asked = WalletIn(wallet=wallet, issuer=issuer)
        return self.connection.act("/v1/tax/wallet", Approval, asked, key)
