"""Two-person approvals on the embedded ledger: who may agree, to what, and what the worker makes of it."""

import pytest

from freehold.book import approvals as book
from freehold.book import identities
from freehold.chain import contracts
from freehold.core.approvals import State
from freehold.core.grounds import Ground, Grounds
from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import approvals, auditing, parties, permits, signin
from freehold.desks.approvals import ProposeRequest
from freehold.desks.following import Kept
from freehold.desks.office import Office
from freehold.doors.platform import worker

ORDER = Grounds(Ground.COURT_ORDER, bytes.fromhex("9c" * 32))
ISSUER = "northwind-optics"


@pytest.fixture(scope="module")
def office(shared_company) -> Office:
    return shared_company


def somebody(office: Office, name: str, role: Role, human: str | None = None) -> permits.Actor:
    """Somebody who signs in with a role for everything."""
    address = f"{name}@northwind.example"
    with office.book.reading() as tx:
        found = identities.named(tx, address)
    if found is None:
        found, _ = signin.invite(office, permits.operator(), address, [(role, EVERYWHERE)])
        if human:
            belong(office, found.id, human)
    with office.book.reading() as tx:
        return permits.actor_of(tx, identities.find(tx, found.id))


def belong(office: Office, identity: str, human: str) -> None:
    from freehold.book.schema_access import identity as table

    with office.book.transaction() as tx:
        tx.execute(table.update().where(table.c.id == identity).values(person=human))


@pytest.fixture
def registrar(office):
    return somebody(office, "rita", Role.REGISTRAR)


@pytest.fixture
def agent(office):
    return somebody(office, "tom", Role.TRANSFER_AGENT)


def force(key: str, units: str = "100", **more: str) -> ProposeRequest:
    texts = {"instrument": "common", "sender": "priya-raman", "receiver": "jonas-keller"}
    return ProposeRequest("force-transfer", texts | {"units": units} | more, key, None, ORDER)


def work(office: Office) -> None:
    """Let the worker do rounds until nothing is left to do."""
    kept = Kept()
    while worker.round_of_work(office, kept).busy:
        pass


def units(office: Office, holder: str) -> int:
    owner, instrument = parties.instrument(office, None, "common")
    wallet = parties.party(office, owner, holder).wallet
    return int(contracts.read(office.w3, "SecurityToken", instrument.token, "balanceOf", wallet))


def state(office: Office, which: str) -> State:
    with office.book.reading() as tx:
        return book.find(tx, which).state


def test_a_second_person_approves_and_the_worker_carries_it_out_once(office, registrar, agent):
    before = units(office, "priya-raman"), units(office, "jonas-keller")
    made = approvals.propose(office, registrar, force("one")).proposal
    assert made and made.state is State.PROPOSED and made.persons == 2
    work(office)
    assert units(office, "priya-raman") == before[0], "nothing happens before somebody agreed"
    decided = approvals.approve(office, agent, made.id, made.difference.digest, "seen the order")
    assert decided.state is State.APPROVED
    work(office)
    assert state(office, made.id) is State.CARRIED_OUT
    assert units(office, "priya-raman") == before[0] - 100
    assert units(office, "jonas-keller") == before[1] + 100
    work(office)
    assert units(office, "jonas-keller") == before[1] + 100
    with office.book.reading() as tx:
        assert len(book.instructions_of(tx, made.id)) == 1
    acts = [one.entry.act for one in approvals.proposal(office, agent, made.id).log]
    assert acts == [
        "propose force-transfer",
        "approve force-transfer",
        "carry out force-transfer",
        "end force-transfer",
    ]
    assert auditing.verify(office).ok
