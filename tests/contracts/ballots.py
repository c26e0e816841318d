"""A meeting on the small world: two classes with a record instant, agenda, keys that sign."""

from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from eth_abi import encode
from eth_account import Account
from eth_hash.auto import keccak

from freehold.core.actions.ballot import Basis, Mark, Method, Resolution, Threshold
from freehold.core.actions.ballot_words import Terms, pack_resolution, pack_terms, pack_vote
from freehold.core.clock import from_seconds
from freehold.core.facts import Flags
from tests.contracts.engine import Contract, Refused
from tests.contracts.signing import digest, sign
from tests.contracts.world import AGENT, DOC, ISSUER, REGISTRAR, World, row

CLASSES = ("common", "preferred")
ACTION_POWER = 1 << 9
VOTE = keccak(b"Vote(uint256 meeting,address holder,uint256 choices,uint256[] marks,uint256 at)")
APPOINT = keccak(
    b"Appoint(uint256 meeting,address holder,address proxy,bool maySubstitute,uint256 at)"
)
ONE = Fraction(1)
ACCOUNTS = Resolution("accounts", {"common": ONE}, quorum=Threshold(Fraction(1, 3)))
ARTICLES = Resolution(
    "articles",
    {"common": ONE, "preferred": Fraction(5, 4)},
    quorum=Threshold(Fraction(1, 2)),
    majority=Threshold(Fraction(2, 3)),
    basis=Basis.PRESENT,
    separate=("preferred",),
)
BOARD = Resolution(
    "board",
    {"common": ONE, "preferred": ONE},
    Method.CUMULATIVE,
    candidates=("ash", "birch", "cedar"),
    seats=2,
)
CHAIR = Resolution(
    "chair",
    {"common": ONE, "preferred": ONE},
    Method.RANKED,
    candidates=("ash", "birch", "cedar"),
)
AGENDA = (ACCOUNTS, ARTICLES, BOARD, CHAIR)
FOR, AGAINST = Mark(("for",)), Mark(("against",))
YES = {("accounts", None): [FOR]}
NO = {("accounts", None): [AGAINST]}
NOBODY = "0x" + "0" * 40
HOLDERS = {"ann": (3000, 0), "bob": (1500, 0), "cat": (0, 900), "nominee": (250, 350)}


def key_of(name: str) -> Any:
    return Account.from_key(keccak(f"key of {name}".encode()))


@dataclass
class Hall:
    """A deployed Ballot and holders with keys, whose units are fixed by a record instant."""

    world: World
    ballot: Contract = field(init=False)
    keys: dict[str, Any] = field(default_factory=dict)
    held: dict[str, dict[str, int]] = field(default_factory=dict)
    agenda: tuple[Resolution, ...] = AGENDA

    def __post_init__(self) -> None:
        world = self.world
        self.ballot = world.deploy("Ballot")
        world.holders.grant(AGENT, ACTION_POWER | 1 << 11 | 1 << 1, by=ISSUER)
        world.engine.forward(172_800)

    def settle(self, holders: dict[str, tuple[int, int]], treasury: int = 0) -> None:
        """Admit and fund holders, then fix the record; the issuer keeps `treasury` common units."""
        for name, units in holders.items():
            self.keys[name] = key_of(name)
            wallet = self.wallet(name)
            self.world.holders.admit([row(wallet)], by=REGISTRAR)
            self.held[name] = dict(zip(CLASSES, units, strict=True))
            for token, count in zip((self.world.token, self.world.sister), units, strict=True):
                if count:
                    self.world.issue(wallet, count, token=token)
        if treasury:
            own = row(ISSUER, flags=Flags.TREASURY)
            self.world.holders.admit([own], by=REGISTRAR)
            self.world.issue(ISSUER, treasury)
        now = self.world.engine.seconds
        for token in (self.world.token, self.world.sister):
            token.announce_record(now + 100, by=ISSUER)
        self.world.engine.forward(200)

    def wallet(self, name: str) -> str:
        return self.keys[name].address

    def announce(self, **changed: Any) -> int:
        """A meeting that opens in a minute and closes after a day."""
        now = from_seconds(self.world.engine.seconds)
        opens, closes = now + timedelta(minutes=1), now + timedelta(days=1)
        words = {
            "terms": pack_terms(Terms(opens, closes, **changed)),
            "classes": [
                int(token.address, 16) | 1 << 160 for token in (self.world.token, self.world.sister)
            ],
            "put": [pack_resolution(one, CLASSES) for one in self.agenda],
        }
        return self.call(**words)

    def call(self, terms: int, classes: list[int], put: list[Any], by: str = AGENT) -> int:
        self.ballot.announce(self.world.holders.address, DOC, terms, classes, put, by=by)
        return self.ballot.ask("last_meeting")

    def open(self, **changed: Any) -> int:
        meeting = self.announce(**changed)
        self.world.engine.forward(60)
        return meeting

    def words(self, name: str, said: Any) -> tuple[int, list[int]]:
        return pack_vote(said, self.agenda, CLASSES, self.held[name])

    def vote(self, meeting: int, name: str, said: Any, by: str | None = None) -> Any:
        choices, marks = self.words(name, said)
        sender = self.wallet(by or name)
        return self.ballot.vote(meeting, self.wallet(name), choices, marks, by=sender)

    def signed(
        self, meeting: int, name: str, said: Any, at: int, by: str | None = None
    ) -> tuple[Any, list[int]]:
        """A ballot for a batch, and its marks."""
        choices, marks = self.words(name, said)
        return self.sign(meeting, name, choices, marks, at, by), marks

    def sign(
        self, meeting: int, name: str, choices: int, marks: list[int], at: int, by: str | None
    ) -> Any:
        inner = keccak(b"".join(one.to_bytes(32, "big") for one in marks))
        types = ["bytes32", "uint256", "address", "uint256", "bytes32", "uint256"]
        content = keccak(encode(types, [VOTE, meeting, self.wallet(name), choices, inner, at]))
        made = sign(self.keys[by or name], self.digest(content))
        voter = self.wallet(by) if by else "0x" + "0" * 40
        r, s = int.from_bytes(made[:32], "big"), int.from_bytes(made[32:64], "big")
        return (self.wallet(name), voter, choices, at, len(marks), made[64], r, s)

    def digest(self, content: bytes) -> bytes:
        chain = self.world.engine.chain_id
        return digest("Freehold Ballot", chain, self.ballot.address, content)

    def send(self, meeting: int, ballots: list[Any], by: str = REGISTRAR) -> Any:
        """Bring a batch; whoever brings it has no part in it."""
        marks = [mark for _, own in ballots for mark in own]
        return self.ballot.vote_signed(meeting, [one for one, _ in ballots], marks, by=by)

    def skipped(self, outcome: Any) -> list[int]:
        return [one["reason"] for one in self.ballot.log(outcome, "VoteSkipped")]

    def total(self, meeting: int, resolution: int, choice: int, of: int = 0) -> int:
        return self.ballot.ask("total", meeting, resolution, of, choice)

    def close(self) -> None:
        self.world.engine.forward(days=1)


def refusal(call: Any, *args: Any, **named: Any) -> str:
    """What a call that must be refused says."""
    with pytest.raises(Refused) as refused:
        call(*args, **named)
    return refused.value.text


def appoint(
    hall: Hall,
    meeting: int,
    holder: str,
    proxy: str | None,
    by: str | None = None,
    substitute: bool = False,
) -> Any:
    giver = hall.wallet(by or holder)
    to = hall.wallet(proxy) if proxy else NOBODY
    hall.world.engine.forward(1)
    return hall.ballot.appoint(meeting, hall.wallet(holder), to, substitute, by=giver)
