"""What every desk works with: the ledger, the book, the projection, the keys, the clock.

`open_office` builds it from the settings, the one place that does. The keys are two persons': the
one who acts and the one who confirms what needs two. Holders without a wallet of their own have an
account that is opened by a key of the agent, numbered and derived from his mnemonic.

A process that signs nothing opens the office without keys: it knows the addresses alone, which every
process with keys leaves in the book. What it asks for is signed by the worker.
"""

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Lock

from freehold.book import issuers, people
from freehold.book import settings as kept
from freehold.book.session import Book, fill, open_book
from freehold.book.vault import Vault, new_key_text, open_vault
from freehold.chain import node, signer
from freehold.chain.anvil import node as fast
from freehold.chain.keyring import open_signer
from freehold.chain.node import Ledger
from freehold.chain.send import FeeLimits
from freehold.chain.signer import Signer
from freehold.chain.watching import Watched, extended_public, watched
from freehold.config import (
    LOCAL_KEYS,
    PEOPLE_KEY,
    RELAY_HOLDER_GAS,
    RELAY_ISSUER_GAS,
    Config,
)
from freehold.core.clock import Clock, from_seconds
from freehold.core.errors import Invalid, NotPermitted, Unavailable
from freehold.core.ids import checksummed
from freehold.desks.posting import Posting
from freehold.indexer.memory import Memory
from freehold.indexer.tables import Projection, open_projection, plain_faults

CUSTODY_FROM = 1_000
"""The mnemonic's first index for accounts kept by the agent's key; below it stand people."""
GAS_MARGIN_BPS = 15_000
"""Acts are tried before those in front of them are mined; an account's first units take three new
slots more than the next ones. What is not used is not paid."""
LOCAL_CHAIN = 31_337
KEYS_TOLD = "addresses of the keys"
"""The book's setting with the addresses of the keys that the worker signs with."""
TOLD_WITHIN_SECONDS = 60.0
LEASE = timedelta(seconds=5)
"""So long the next command waits for one that was killed while it was sending."""


class WallClock:
    """The clock on the wall."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Keys:
    """Who signs: the agent, the second person, and the agent's keys for holders without a wallet.

    In a process that holds no keys these are addresses, which refuse to sign (`chain/watching.py`).
    """

    agent: Signer
    second: Signer | None
    custody: Callable[[int], Signer] | None

    def confirmer(self) -> Signer:
        """The second person's key. Raises NotPermitted where nobody is set."""
        if self.second is None:
            raise NotPermitted("this act needs a second person: set second_signer")
        return self.second


@dataclass(frozen=True, slots=True)
class PeopleKey:
    """The office's keys for personal data: read when they are first needed, the one in use first.

    `file` is where they stand, None where they come from elsewhere and cannot be changed here.
    """

    read: Callable[[], str]
    file: Path | None

    def vault(self) -> Vault:
        """The opened keys. Raises Invalid, Unavailable where they cannot be had."""
        return open_vault(self.read().split())


@dataclass(frozen=True, slots=True)
class Follower:
    """What bringing the projection up remembers between two times, which spares reading it again; one at
    a time has its turn."""

    turn: Lock = field(default_factory=Lock)
    memory: Memory = field(default_factory=Memory)


@dataclass(frozen=True, slots=True)
class Office:
    """An open office. `simulated` says whether the ledger's clock is a declared simulated one.

    `followed` says that another process (the worker) keeps the projection up to the chain.
    `relay_gas` is what may be spent in a day on relayed acts of an issuer, and of one holder.
    """

    home: Path
    w3: Ledger
    chain: int
    book: Book
    index: Projection
    keys: Keys
    clock: Clock
    posting: Posting
    people: PeopleKey
    simulated: bool = False
    followed: bool = False
    relay_gas: tuple[int, int] = (RELAY_ISSUER_GAS, RELAY_HOLDER_GAS)
    follower: Follower = field(default_factory=Follower, compare=False)


@contextmanager
def open_office(
    settings: Config,
    prompt: Callable[[str], str] = lambda words: "",
    *,
    followed: bool = False,
    signing: bool = True,
) -> Iterator[Office]:
    """Open ledger, book, projection and keys; close them afterwards. `followed`: see `Office`.

    A home without a ledger gets an embedded one with its own keys. Without `signing` no key is read
    and no ledger made: the addresses are those that the worker left in the book, which is waited
    for. Raises as its parts do.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        w3 = None if settings.ledger == "embedded" else _running(settings)
        own = _keys(settings, prompt) if signing else None
        w3 = w3 or _embedded(settings, own)
        held.callback(node.close, w3)
        keys_of_people = people_key(settings, prompt)
        book = open_book(settings.book_url, keys_of_people.vault)
        held.callback(book.close)
        _seal_plain(book)
        keys = _told(book) if own is None else own
        if own is not None:
            _tell(book, settings, own)
        held.enter_context(plain_faults(settings.index_url))
        index = open_projection(settings.index_url)
        held.callback(index.dispose)
        posting = _posting(settings, book, w3, own)
        simulated = settings.ledger == "embedded" and node.declares_simulated_clock(w3)
        yield Office(
            settings.home,
            w3,
            posting.chain,
            book,
            index,
            keys,
            posting.clock,
            posting,
            keys_of_people,
            simulated,
            followed,
            (settings.relay_issuer_gas, settings.relay_holder_gas),
        )


def open_connections(office: Office, count: int) -> None:
    """Open so many connections to book and projection now, before the first requests come."""
    for engine in (office.book.engine, office.index):
        fill(engine, count)


def _seal_plain(book: Book) -> None:
    """Seal names and files that an older program left readable."""
    with book.reading() as tx:
        found = issuers.has_plain(tx)
    if found:
        with book.transaction() as tx:
            issuers.seal_plain(tx)
        people.forget(book)


def now_on_chain(office: Office) -> datetime:
    """The instant of the newest block."""
    return from_seconds(node.last_seconds(office.w3))


def next_instant(office: Office) -> datetime:
    """The instant at which an act that is sent now takes effect.

    A ledger on wall time may have built no block for long; a simulated clock stands still.
    """
    on_chain = now_on_chain(office)
    return on_chain if office.simulated else max(on_chain, office.clock.now())


def today(office: Office) -> date:
    """The UTC day on which an act that is sent now takes effect."""
    return next_instant(office).date()


def set_clock(office: Office, seconds: int) -> None:
    """Set the declared simulated clock of a local ledger. Raises NotPermitted on any other."""
    if not office.simulated:
        raise NotPermitted("only a ledger that declares a simulated clock has a past to choose")
    node.set_clock(office.w3, seconds)


def create_local_ledger(
    home: Path,
    *,
    simulated_clock: bool = False,
    seconds: int = 0,
    chain_id: int = LOCAL_CHAIN,
) -> None:
    """Create the embedded ledger of a home, its two persons' keys funded. Raises Conflict."""
    home.mkdir(parents=True, exist_ok=True)
    words = local_words(home)
    people = [signer.from_mnemonic(words, index).address for index in (0, 1)]
    node.create_ledger(
        home,
        people,
        chain_id=chain_id,
        seconds=seconds or None,
        simulated_clock=simulated_clock,
    )


def local_words(home: Path) -> str:
    """The mnemonic of a home's local ledger, made on first use, readable by its owner alone."""
    return _kept_secret(home / "local-keys", signer.new_mnemonic)


def people_key(settings: Config, prompt: Callable[[str], str]) -> PeopleKey:
    """The key for personal data that the settings name; the home's own one is made on first use."""
    reference = settings.people_key
    usual = settings.home / PEOPLE_KEY
    if reference == f"file:{usual}":
        return PeopleKey(partial(_kept_secret, usual, new_key_text), usual)
    file = Path(reference.removeprefix("file:")) if reference.startswith("file:") else None
    return PeopleKey(partial(signer.read_secret, reference, settings.secrets, prompt), file)


def secret_of(settings: Config, reference: str) -> str:
    """What a reference of the settings stands for, where nobody can be asked. Raises Unavailable."""
    if reference == "prompt":
        raise Unavailable("this secret cannot be asked for here: set it as env:NAME or file:PATH")
    return signer.read_secret(reference, settings.secrets, lambda words: "")


def open_keys(settings: Config, prompt: Callable[[str], str] = lambda words: "") -> Keys:
    """The keys alone, for what is signed away from any ledger. Raises as `open_office`."""
    return _keys(settings, prompt)


def _kept_secret(file: Path, new: Callable[[], str]) -> str:
    """A secret in a file of its own, readable by its owner alone; made on first use."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    words = new()
    with os.fdopen(descriptor, "w") as writing:
        writing.write(words + "\n")
    return words


def _tell(book: Book, settings: Config, keys: Keys) -> None:
    """Leave the addresses of the keys in the book, for processes that hold none."""
    local = settings.signer == LOCAL_KEYS
    told = {
        "agent": keys.agent.address,
        "second": keys.second.address if keys.second else "",
        "custody": extended_public(local_words(settings.home)) if local else "",
    }
    with book.reading() as tx:
        known = kept.read(tx, KEYS_TOLD)
    if known is None or json.loads(known) != told:
        with book.transaction() as tx:
            kept.write(tx, KEYS_TOLD, json.dumps(told), datetime.now(UTC))


def _told(book: Book) -> Keys:
    """The addresses that a process with keys left. Raises Unavailable where none has been here."""
    end = time.monotonic() + TOLD_WITHIN_SECONDS
    while time.monotonic() < end:
        with book.reading() as tx:
            known = kept.read(tx, KEYS_TOLD)
        if known:
            return _watched(json.loads(known))
        time.sleep(0.1)
    raise Unavailable("nobody with signing keys has opened this home yet: start the worker")


def _watched(told: Mapping[str, str]) -> Keys:
    """Keys that are only addresses."""
    second = Watched(checksummed(told["second"])) if told["second"] else None

    def custody(number: int) -> Signer:
        return watched(told["custody"], CUSTODY_FROM + number)

    return Keys(Watched(checksummed(told["agent"])), second, custody if told["custody"] else None)


def _posting(settings: Config, book: Book, w3: Ledger, keys: Keys | None) -> Posting:
    """How this process sends; without keys it sends nothing."""
    people = [keys.agent, *([keys.second] if keys.second else [])] if keys else []
    worker = f"{os.getpid()}-{secrets.token_hex(4)}"
    fees = FeeLimits(gas_margin_bps=GAS_MARGIN_BPS)
    finality, chain = settings.finality_depth, w3.eth.chain_id
    return Posting(book, w3, chain, people, WallClock(), worker, fees, finality, lease=LEASE)


def _running(settings: Config) -> Ledger:
    """The node that somebody else runs; it is reached before any key is asked for."""
    if settings.ledger == "anvil":
        running = fast.status(settings.home)
        if running is None:
            raise Unavailable("the fast node is not running: start it with `freehold node start`")
        return node.open_ledger(settings.home, running.url, chain_id=settings.chain_id)
    return node.open_ledger(settings.home, settings.ledger, chain_id=settings.chain_id)


def _embedded(settings: Config, keys: Keys | None) -> Ledger:
    if not node.has_ledger(settings.home):
        if keys is None:
            raise Unavailable("there is no ledger in this home yet: start the worker first")
        people = [keys.agent, *([keys.second] if keys.second else [])]
        chain = settings.chain_id or LOCAL_CHAIN
        node.create_ledger(settings.home, [one.address for one in people], chain_id=chain)
    return node.open_ledger(settings.home, chain_id=settings.chain_id)


def _keys(settings: Config, prompt: Callable[[str], str]) -> Keys:
    custody = None
    if settings.signer == LOCAL_KEYS:
        words = local_words(settings.home)

        def custody(number: int) -> Signer:
            return signer.from_mnemonic(words, CUSTODY_FROM + number)

    agent = _signer(settings, settings.signer, settings.signer_secret, 0, prompt)
    second = None
    if settings.second_signer:
        second = _signer(settings, settings.second_signer, settings.second_signer_secret, 1, prompt)
    return Keys(agent, second, custody)


def _signer(
    settings: Config, place: str, reference: str, index: int, prompt: Callable[[str], str]
) -> Signer:
    if place == LOCAL_KEYS:
        if "://" in settings.ledger:
            raise Invalid("local keys are for local ledgers: set signer to keystore:PATH")
        return signer.from_mnemonic(local_words(settings.home), index)
    return open_signer(place, partial(signer.read_secret, reference, settings.secrets, prompt))
