"""Copies of a home: whole, checked, never over anything, and made while transfers are being posted."""

import json
import threading
import time
from datetime import timedelta

import pytest

from freehold import config
from freehold.book import instructions
from freehold.book.identities import Given
from freehold.chain import node
from freehold.core.clock import from_seconds
from freehold.core.errors import Broken, Conflict, NotFound, Unavailable
from freehold.core.instruction import State
from freehold.core.roles import EVERYWHERE, Role
from freehold.core.units import Units
from freehold.desks import permits, posting
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import ENDED
from freehold.desks.platform import backups
from freehold.desks.register import registers
from freehold.desks.securities import transfers
from freehold.desks.securities.transfers import TransferRequest
from tests.company import office_of

AGENT = permits.Actor(
    "id_backup", "tests", (Given(Role.TRANSFER_AGENT, EVERYWHERE, from_seconds(0)),)
)


def settings(home):
    return config.load(environment={"FREEHOLD_HOME": str(home)})


@pytest.fixture
def copied(company, company_home, tmp_path):
    """A copy of the company's home."""
    backups.backup(company, settings(company_home), tmp_path / "copy")
    return tmp_path / "copy"


def test_a_copy_is_restored_elsewhere_and_proves_there(company, copied, tmp_path):
    manifest = backups.restore(settings(tmp_path / "new"), copied)
    with office_of(tmp_path / "new") as office:
        assert registers.verify(office).ok
        assert registers.registers(office, None) == registers.registers(company, None)
    node.stop(tmp_path / "new")
    assert manifest.block == company.w3.eth.block_number


def test_a_copy_goes_over_nothing(company, company_home, copied, tmp_path):
    with pytest.raises(Conflict, match="not empty"):
        backups.backup(company, settings(company_home), copied)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "something").write_text("kept")
    with pytest.raises(Conflict, match="not empty"):
        backups.restore(settings(tmp_path / "used"), copied)
    assert [one.name for one in (tmp_path / "used").iterdir()] == ["something"]


@pytest.mark.parametrize("name", ["book.db", "chain/genesis.json", "home/people-key"])
def test_an_altered_or_missing_file_of_a_copy_is_found_and_nothing_is_restored(
    copied, tmp_path, name
):
    content = (copied / name).read_bytes()
    (copied / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(Broken, match=name):
        backups.restore(settings(tmp_path / "new"), copied)
    (copied / name).unlink()
    with pytest.raises(Broken, match=name):
        backups.read(copied)
    assert not (tmp_path / "new").exists()


def test_what_is_no_copy_is_told_from_one(tmp_path, copied):
    with pytest.raises(NotFound, match="is no copy"):
        backups.read(tmp_path)
    claimed = json.loads((copied / backups.MANIFEST).read_text())
    claimed["entries"] += 1
    (copied / backups.MANIFEST).write_text(json.dumps(claimed))
    with pytest.raises(Broken, match="claims"):
        backups.restore(settings(tmp_path / "new"), copied)


def test_a_copy_that_takes_longer_than_its_lease_holds_it_to_the_end(
    company, company_home, tmp_path, monkeypatch
):
    """Copying takes three times the lease; somebody who tries to sign all the while never may."""
    taken, real = [], node.copy_ledger
    monkeypatch.setattr(backups, "LEASE", timedelta(seconds=2))

    def slowly(home, target):
        end = time.monotonic() + 6
        while time.monotonic() < end:
            now = company.clock.now()
            with company.book.transaction() as tx:
                for one in backups._senders(company):
                    until = now + timedelta(seconds=1)
                    taken.append(instructions.lease(tx, company.chain, one, "other", now, until))
            time.sleep(0.2)
        return real(home, target)

    monkeypatch.setattr(node, "copy_ledger", slowly)
    backups.backup(company, settings(company_home), tmp_path / "copy")
    assert len(taken) > 20 and not any(taken)
    backups.read(tmp_path / "copy")
    posting.send_approved(company.posting)  # the leases were given back


def test_a_copy_whose_lease_ran_out_is_thrown_away(company, company_home, tmp_path, monkeypatch):
    monkeypatch.setattr(backups, "LEASE", timedelta(seconds=1))
    monkeypatch.setattr(backups, "_hold", _once(backups._hold))
    monkeypatch.setattr(node, "copy_ledger", lambda home, target: time.sleep(3))
    with pytest.raises(Unavailable, match="somebody else signed"):
        backups.backup(company, settings(company_home), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def _once(hold):
    """The first time as it is, later as if the book could not be reached."""
    asked = []

    def held(*given):
        asked.append(given)
        if len(asked) > 1:
            raise Unavailable("the book is locked")
        return hold(*given)

    return held


def test_a_copy_made_under_load_loses_nothing_that_it_claims(company, company_home, tmp_path):
    """Requests come in and are posted all the while; the copy goes on where it was made."""
    token = _token(company)
    stop, made = threading.Event(), []

    def ask():
        with office_of(company_home) as office:
            while not stop.is_set():
                key = f"load {len(made)}"
                request = TransferRequest(token, "tobias-brandt", "jonas-keller", Units(1), key)
                made.append(transfers.request_as(office, AGENT, request))

    def post():
        with office_of(company_home) as office:
            while not stop.is_set():
                posting.send_approved(office.posting)
                posting.follow_chain(office.posting)

    workers = [threading.Thread(target=one) for one in (ask, post)]
    for one in workers:
        one.start()
    try:
        _until(lambda: len(made) > 20)
        manifest = backups.backup(company, settings(company_home), tmp_path / "copy")
        before = len(made)
        _until(lambda: len(made) > before + 10)
    finally:
        stop.set()
        for one in workers:
            one.join()
    backups.restore(settings(tmp_path / "new"), tmp_path / "copy")
    with office_of(tmp_path / "new") as office:
        _finish(office)
        with office.book.reading() as tx:
            ended = instructions.by_state(tx)
        assert sum(ended.values()) == sum(manifest.accepted.values())
        assert set(ended) == {str(State.SETTLED)}
        assert registers.verify(office).ok
        assert orders.agent(office).signer.address == company.keys.agent.address
    node.stop(tmp_path / "new")


def _finish(office):
    """Let a worker do what is left to do."""
    for _ in range(200):
        posting.send_approved(office.posting)
        posting.follow_chain(office.posting)
        with office.book.reading() as tx:
            if not set(instructions.by_state(tx)) - {str(one) for one in ENDED}:
                return


def _token(office):
    from freehold.desks import parties

    return str(parties.instrument(office, None, "common")[1].token)


def _until(holds):
    import time

    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
