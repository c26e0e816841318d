"""Copies of everything that cannot be made again: the book, the keys, the embedded ledger.

A copy is made while everything runs. For its time nobody signs: the leases of all senders are held, and
renewed while it lasts, so what the book's copy does not know of cannot be on the ledger's. The book is
copied first. What was signed by then has its bytes in the copy, and whether the ledger's copy has it in a
block already or not, the worker finds it there or sends the same bytes again. The projection is read from
the chain anew.

Keys are copied as they are, encrypted key stores encrypted, files of the home with the same permissions:
a copy is to be kept as safe as the home itself.
"""

import hashlib
import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from freehold.book import copying, instructions
from freehold.book.session import open_book
from freehold.chain import node, send
from freehold.config import Config
from freehold.core.clock import stamp
from freehold.core.errors import Broken, Conflict, Invalid, NotFound, Unavailable
from freehold.core.ids import Address
from freehold.desks.office import Office

FORMAT = 1
MANIFEST = "backup.json"
LEDGER, HOME, STORES = "chain", "home", "keystores"
LEASE = timedelta(seconds=60)
PATIENCE_SECONDS = 60.0
LEFT_OUT = ("index.db", "ledger.", "chain", "anvil", "book.db", "keystores")
"""Of the home: what is read anew, what belongs to a running process, and what is copied in its own way."""
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a copy says of itself. `files` are SHA-256 by path; `entries` and `head` those of the audit
    log; `accepted` counts instructions by state; `block` is the ledger's last one, None without it."""

    format: int
    made_at: str
    chain: int
    book: str
    entries: int
    head: str
    accepted: Mapping[str, int]
    block: int | None
    files: Mapping[str, str]


def backup(office: Office, config: Config, target: Path) -> Manifest:
    """Write a copy into a new folder. Raises Conflict where it holds anything, Unavailable."""
    _require_new(target)
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with _nobody_signs(office):
            made_at = office.clock.now()
            book = copying.copy(office.book, target)
            block = None
            if config.ledger == "embedded":
                block = send.head(office.w3)
                node.copy_ledger(office.home, target / LEDGER)
        _copy_home(office.home, target / HOME)
        _copy_stores(config, target / STORES)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)  # a half copy must not look like one
        raise
    manifest = Manifest(
        FORMAT, stamp(made_at), office.chain, book.file.name, book.entries, book.head, book.accepted,
        block, _hashes(target),
    )  # fmt: skip
    text = json.dumps(asdict(manifest), indent=2, sort_keys=True) + "\n"
    (target / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


def read(source: Path) -> Manifest:
    """The manifest of a copy, every file of it compared with its hash.

    Raises NotFound where there is no copy, Broken with the first file that is missing or differs.
    """
    try:
        text = (source / MANIFEST).read_text(encoding="utf-8")
    except OSError:
        raise NotFound(f"{source} is no copy: it has no {MANIFEST}") from None
    try:
        manifest = Manifest(**json.loads(text))
    except (ValueError, TypeError):
        raise Broken(f"{source / MANIFEST} cannot be read") from None
    if manifest.format != FORMAT:
        raise Invalid(f"the copy has format {manifest.format}, this program reads {FORMAT}")
    found = _hashes(source)
    wrong = sorted(
        name for name in {*manifest.files, *found} if manifest.files.get(name) != found.get(name)
    )
    if wrong:
        raise Broken(f"{source / wrong[0]} is not what was copied ({len(wrong)} such files)")
    return manifest


def restore(config: Config, source: Path) -> Manifest:
    """Put a copy into the home of the settings, which must be empty, and its book where they say.

    Raises as `read`, Conflict where anything is in the way, Broken if the book that was put there does
    not say what the copy claims.
    """
    manifest = read(source)
    _require_new(config.home)
    if manifest.block is not None and config.ledger != "embedded":
        raise Conflict("the copy has an embedded ledger, and the settings name another one")
    staged = config.home.with_name(f".{config.home.name}-{secrets.token_hex(4)}")
    try:
        shutil.copytree(source / HOME, staged)
        staged.chmod(0o700)
        if (source / LEDGER).is_dir():
            shutil.copytree(source / LEDGER, staged / "chain")
        if (source / STORES).is_dir():
            shutil.copytree(source / STORES, staged / STORES)
        if manifest.book == copying.SQLITE:
            shutil.copy2(source / manifest.book, staged / "book.db")
        if config.home.exists():
            config.home.rmdir()
        staged.rename(config.home)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    book = open_book(config.book_url)
    try:
        if manifest.book != copying.SQLITE:
            copying.restore_lines(book, source / manifest.book)
        with book.transaction() as tx:
            instructions.release_all(tx)  # the copy was made while they were held
            entries, head, _ = copying.claims(tx)
    finally:
        book.close()
    if (entries, head) != (manifest.entries, manifest.head):
        raise Broken(
            f"the book has {entries} audit entries and the copy claims {manifest.entries}: nothing "
            "that follows can be trusted"
        )
    return manifest


def _require_new(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is not empty: name a new folder")


@contextmanager
def _nobody_signs(office: Office) -> Iterator[None]:
    """Hold the leases of every sender, so that nothing new is signed meanwhile."""
    holder = f"backup-{os.getpid()}-{secrets.token_hex(4)}"
    senders = _senders(office)
    end = time.monotonic() + PATIENCE_SECONDS
    try:
        while True:
            if until := _hold(office, senders, holder):
                break
            if time.monotonic() > end:
                raise Unavailable("somebody is signing all the time: try again")
            time.sleep(0.01)
        with _renewed(office, senders, holder, until) as lost:
            yield
        if lost.is_set():
            raise Unavailable(
                "somebody else signed while the copy was made: nothing of it was kept, make it again"
            )
    finally:
        with office.book.transaction() as tx:
            for one in senders:
                instructions.release(tx, office.chain, one, holder)


def _hold(office: Office, senders: Sequence[Address], holder: str) -> datetime | None:
    """Take or renew the lease of every sender; until when all are held, None if one is somebody else's."""
    now = office.clock.now()
    until = now + LEASE
    with office.book.transaction() as tx:
        mine = [instructions.lease(tx, office.chain, one, holder, now, until) for one in senders]
    return until if all(mine) else None


@contextmanager
def _renewed(
    office: Office, senders: Sequence[Address], holder: str, until: datetime
) -> Iterator[threading.Event]:
    """Renew leases that are held until an instant, for as long as the copy takes; the event says that they
    ran out meanwhile, so that somebody may have signed."""
    over, lost = threading.Event(), threading.Event()

    def renew() -> None:
        held = until
        while not lost.is_set():
            last = over.wait(LEASE.total_seconds() / 3)
            again = None
            with suppress(Unavailable):  # a locked book may be there again before they run out
                again = _hold(office, senders, holder)
            if office.clock.now() >= held:
                lost.set()
            held = again or held
            if last:
                return

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        over.set()
        thread.join()


def _senders(office: Office) -> Sequence[Address]:
    keys = office.keys
    known = [keys.agent.address, *([keys.second.address] if keys.second else [])]
    with office.book.reading() as tx:
        return sorted({*known, *instructions.senders(tx, office.chain)})


def _copy_home(home: Path, into: Path) -> None:
    into.mkdir(mode=0o700)
    for file in home.iterdir():
        if file.name.startswith(LEFT_OUT) or file.is_socket():
            continue
        if file.is_dir():
            shutil.copytree(file, into / file.name)
        else:
            shutil.copy2(file, into / file.name)


def _copy_stores(config: Config, into: Path) -> None:
    """Encrypted key stores that lie outside the home."""
    for place in (config.signer, config.second_signer):
        file = Path(place.removeprefix("keystore:"))
        if place.startswith("keystore:") and config.home not in file.absolute().parents:
            into.mkdir(mode=0o700, exist_ok=True)
            shutil.copy2(file, into / file.name)


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(one for one in folder.rglob("*") if one.is_file() and one.name != "lock.mdb")
    return {str(one.relative_to(folder)): _digest(one) for one in files if one != folder / MANIFEST}


def _digest(file: Path) -> str:
    hashed = hashlib.sha256()
    with file.open("rb") as reading:
        while block := reading.read(BLOCK):
            hashed.update(block)
    return hashed.hexdigest()
