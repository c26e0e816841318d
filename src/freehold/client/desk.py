"""The transfer agent's desk: items to turn around, lost holders, letters, holders' files."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from freehold.client.connection import Connection
from freehold.wire.agent import (
    AgentLetters,
    ItemIn,
    ItemOut,
    LetterDecision,
    LetterFile,
    LetterOut,
    LossIn,
    LostHolders,
    LostOut,
    OpenItems,
    PictureOut,
    SearchIn,
    TurnedIn,
    TurnedOut,
)


@dataclass(frozen=True, slots=True)
class Desk:
    """The records of an issuer's holders, as their transfer agent keeps them."""

    connection: Connection

    def items(self, issuer: str | None = None) -> Iterator[ItemOut]:
        """What came in by hand and is not turned around, the oldest first."""
        return self.connection.items("/v1/agent/items", OpenItems, {"issuer": issuer})

    def receive(
        self, holder: str, asked: ItemIn, issuer: str | None = None, key: str | None = None
    ) -> ItemOut:
        """Write that an item of a holder came in by hand or by mail."""
        path, of = "/v1/agent/holders/{holder}/items", {"issuer": issuer}
        return self.connection.act(path, ItemOut, asked, key, of, holder=holder)

    def turn_around(self, number: int, outcome: str, issuer: str | None = None) -> TurnedOut:
        """Write that an item is `done`, `rejected` or `returned`."""
        path, asked = "/v1/agent/items/{number}/turnaround", TurnedIn.model_validate
        return self.connection.post(
            path, TurnedOut, asked({"outcome": outcome}), {"issuer": issuer}, number=str(number)
        )

    def lost(self, issuer: str | None = None) -> Iterator[LostOut]:
        """Holders who are lost, with the search that comes next."""
        return self.connection.items("/v1/agent/lost", LostHolders, {"issuer": issuer})

    def lose(self, holder: str, day: date, issuer: str | None = None) -> LostOut:
        """Write that mail to a holder came back and no new address is known."""
        path, of = "/v1/agent/holders/{holder}/loss", {"issuer": issuer}
        return self.connection.post(path, LostOut, LossIn(day=day), of, holder=holder)

    def search(self, number: int, day: date, source: str) -> LostOut:
        """Write that a database was searched for a lost holder."""
        path, asked = "/v1/agent/lost/{number}/searches", SearchIn(day=day, source=source)
        return self.connection.post(path, LostOut, asked, number=str(number))

    def found(self, number: int) -> LostOut:
        """Write that a lost holder was found."""
        path = "/v1/agent/lost/{number}/discovery"
        return self.connection.post(path, LostOut, number=str(number))

    def letters(self, *, waiting: bool = False) -> Iterator[LetterOut]:
        """The last letters by e-mail; with `waiting` those that a person has to decide about."""
        asked = {"waiting": str(waiting).lower()}
        return self.connection.items("/v1/agent/letters", AgentLetters, asked)

    def letter(self, id: str) -> LetterFile:
        """One letter with its facts."""
        return self.connection.get("/v1/agent/letters/{id}", LetterFile, id=id)

    def decide(self, id: str, decision: str, note: str = "it came back") -> LetterFile:
        """`send` a letter again, `drop` it, or note that it `bounced`."""
        path = "/v1/agent/letters/{id}/decision"
        asked = LetterDecision.model_validate({"decision": decision, "note": note})
        return self.connection.post(path, LetterFile, asked, id=id)

    def picture(self, holder: str, issuer: str | None = None) -> PictureOut:
        """Lots with the days on which they become free, wallets, decisions, and all that happened."""
        path, of = "/v1/agent/holders/{holder}/picture", {"issuer": issuer}
        return self.connection.get(path, PictureOut, of, holder=holder)
