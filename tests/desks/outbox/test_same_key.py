"""The same idempotency key at once in two processes over one book: one act, one answer, never a fault.

Two offices with a book each are what two processes of the server are: nothing but the database holds
them apart.
"""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import func, select

from freehold.book import identities, issuers, requests, schema, schema_access
from freehold.book.session import open_book
from freehold.chain import contracts, node
from freehold.core.errors import Conflict
from freehold.core.holder import Holder, HolderKind
from freehold.core.ids import HolderId
from freehold.core.policy.starter import HolderClass
from freehold.core.roles import EVERYWHERE, Role
from freehold.core.signed_acts import SignedTransfer, transfer_message
from freehold.core.units import Units
from freehold.desks import parties, permits
from freehold.desks.access import signin
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import Office, create_local_ledger
from freehold.desks.onboarding import admitting
from freehold.desks.onboarding.holders import AdmitRequest
from freehold.desks.outbox import relay
from freehold.desks.register import captables
from freehold.desks.securities import transfers
from freehold.desks.securities.transfers import TransferRequest
from freehold.doors.bench import postgresql as postgresql_server
from tests.company import NORTHWIND, files_of, office_of

ISSUER, GIVER, TAKER = "northwind-optics", "tobias-brandt", "wei-ling-tan"
AT_ONCE, ROUNDS = 6, 4
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Pair:
    """Two offices over one book, and a transfer agent who asks both."""

    one: Office
    other: Office
    who: permits.Actor

    def rows(self, table: Any, *where: Any) -> int:
        with self.one.book.reading() as tx:
            return int(tx.execute(select(func.count()).select_from(table).where(*where)).scalar())


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))],
)
def pair(request, tmp_path_factory):
    if request.param == "sqlite":
        yield from paired(request.getfixturevalue("shared_company"))
        return
    home = tmp_path_factory.mktemp("keys") / "home"
    create_local_ledger(home, simulated_clock=True, seconds=1)
    with postgresql_server.running() as url, office_of(home, book_url=url) as office:
        captables.import_company(office, files_of(NORTHWIND))
        yield from paired(office)
    node.stop(home)


def paired(office):
    engine = office.book.engine
    url = engine.url.set(drivername=engine.dialect.name).render_as_string(hide_password=False)
    book = open_book(url, office.people.vault)
    other = replace(office, book=book, posting=replace(office.posting, book=book))
    name = "agent@same-key.example"
    made, _ = signin.invite(office, permits.operator(), name, [(Role.TRANSFER_AGENT, EVERYWHERE)])
    with office.book.reading() as tx:
        who = permits.actor_of(tx, identities.find(tx, made.id))
    yield Pair(office, other, who)
    book.close()


# ---- the acts: each gives the id of what it made -------------------------------------------------


def transfer(pair: Pair) -> Callable[[Office, str], str]:
    _, instrument = parties.instrument(pair.one, ISSUER, "common")

    def ask(office: Office, key: str) -> str:
        asked = TransferRequest(instrument.token, GIVER, TAKER, Units(3), key)
        done = transfers.request_as(office, pair.who, asked)
        assert done.instruction, done.reason
        return str(done.instruction.id)

    return ask


def relayed(pair: Pair) -> Callable[[Office, str], str]:
    office = pair.one
    owner, instrument = parties.instrument(office, ISSUER, "common")
    giver, taker = parties.each(office, owner, (GIVER, TAKER))
    nonce = f"0x{next(_numbers):064x}"
    one = SignedTransfer(
        instrument.token, giver.wallet, taker.wallet, Units(1), 0, 4_000_000_000, nonce
    )
    name = contracts.read(office.w3, "SecurityToken", instrument.token, "name")
    message = transfer_message(one, name, office.chain)
    signature = "0x" + office.keys.custody(giver.holder.custody).sign_typed_data(message).hex()

    def ask(office: Office, key: str) -> str:
        done = relay.relay(office, pair.who, one, signature, key)
        assert done.instruction, done.reason
        return str(done.instruction.id)

    return ask


def proposal(pair: Pair) -> Callable[[Office, str], str]:
    given = {"instrument": "common", "holder": TAKER, "units": "5"}

    def ask(office: Office, key: str) -> str:
        made = approvals.propose(office, pair.who, ProposeRequest("issue", given, key, ISSUER))
        assert made.proposal, made.tried.reason
        return made.proposal.id

    return ask


def admission(pair: Pair) -> Callable[[Office, str], str]:
    name = f"newcomer-{next(_numbers)}"
    person = Holder(HolderId(name), name.title(), HolderKind.PERSON, "US")
    wallet = pair.one.w3.to_checksum_address(f"0x{next(_numbers):040x}")
    request = AdmitRequest(person, ISSUER, wallet, HolderClass.ACCREDITED)

    def ask(office: Office, key: str) -> str:
        made = admitting.admit_as(office, pair.who, request, key)
        assert made.instruction, made.reason
        return str(made.instruction.id)

    return ask


def suspension(pair: Pair) -> Callable[[Office, str], str]:
    def ask(office: Office, key: str) -> str:
        made = admitting.suspend_as(office, pair.who, ISSUER, "mara-lindqvist", True, key)
        assert made.instruction, made.reason
        return str(made.instruction.id)

    return ask


ACTS = (transfer, relayed, proposal, admission, suspension)


def at_once(pair: Pair, ask: Callable[[Office, str], str], key: str) -> list[str | Exception]:
    """What so many threads hear who ask under one key at the same moment, half of them each office."""
    start, heard = threading.Barrier(AT_ONCE), []

    def one(number: int) -> None:
        start.wait()
        try:
            heard.append(ask((pair.one, pair.other)[number % 2], key))
        except Exception as fault:
            heard.append(fault)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(AT_ONCE)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return heard


@pytest.mark.parametrize("act", ACTS)
def test_the_same_key_at_once_in_two_processes_acts_once(pair, act):
    for _ in range(ROUNDS):
        ask, key = act(pair), f"{act.__name__} {next(_numbers)}"
        before = pair.rows(schema.instruction), pair.rows(schema_access.audit_entry)
        heard = at_once(pair, ask, key)
        faults = [one for one in heard if isinstance(one, Exception)]
        assert all(isinstance(one, Conflict) for one in faults), heard
        assert all("at this moment" in one.message for one in faults), heard
        ids = {one for one in heard if isinstance(one, str)}
        assert len(ids) == 1, heard
        assert {ask(pair.one, key), ask(pair.other, key)} == ids
        of = schema_access.request.c
        assert pair.rows(schema_access.request, of.key == key) == 1
        made = pair.rows(schema.instruction) - before[0]
        assert made == (act is not proposal)
        written = pair.rows(schema_access.audit_entry) - before[1]
        assert written == (1 if act is proposal else 2), "the act and its instruction, once"


def test_while_one_process_decides_the_other_waits_or_is_told_so(pair):
    """SQLite lets one of them write at a time, PostgreSQL both: there the key itself is held."""
    ask, key, heard = transfer(pair), f"one decides {next(_numbers)}", []
    waiting = threading.Thread(target=lambda: heard.append(ask(pair.other, key)))
    with pair.one.book.transaction() as tx:
        assert requests.claim(tx, pair.who.id, key, "a digest") is None
        if tx.dialect.name == "sqlite":
            waiting.start()
            waiting.join(0.5)
            assert not heard
        else:
            with pytest.raises(Conflict, match="at this moment: ask again with the same key"):
                ask(pair.other, key)
    if waiting.ident is not None:
        waiting.join()
    ids = {ask(pair.other, key), ask(pair.one, key), *heard}
    assert len(ids) == 1


def test_what_two_processes_write_under_one_unique_key_is_a_conflict_and_no_fault(pair):
    """Whatever is read first and written then by two at once, such as a holder under one id."""
    with pair.one.book.reading() as tx:
        known = issuers.holder_named(tx, ISSUER, TAKER)
    row = {name: getattr(known, name) for name in ("issuer", "id")}
    columns = schema.holder.c
    with (
        pytest.raises(Conflict, match="somebody else wrote the same at this moment"),
        pair.other.book.transaction() as tx,
    ):
        found = tx.execute(
            select(schema.holder).where(columns.issuer == row["issuer"], columns.id == row["id"])
        )
        tx.execute(schema.holder.insert().values(dict(found.mappings().one())))
    with pair.one.book.reading() as tx:
        assert issuers.holder_named(tx, ISSUER, TAKER) == known
