"""The worker killed in the middle of an approved act: nothing is lost, nothing is done twice."""

import signal
import subprocess
import sys

import pytest

from freehold.book import approvals as book
from freehold.core.approvals import State
from freehold.core.events import Forced
from freehold.core.grounds import Ground, Grounds
from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import parties, permits
from freehold.desks.access import signin
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.register import registers
from freehold.indexer import journal
from tests.company import office_of
from tests.desks.approvals_child import POINTS
from tests.parts import ROOT
from tests.size import TIMES

USUAL = ("before commit", "after commit, before signing", "after sending, before marking")
ORDER = Grounds(Ground.COURT_ORDER, bytes.fromhex("9c" * 32))


def approved(office) -> str:
    """A force transfer that two persons agreed to; its proposal's id."""
    people = []
    for name, role in (("rita", Role.REGISTRAR), ("tom", Role.TRANSFER_AGENT)):
        made, _ = signin.invite(office, permits.operator(), name, [(role, EVERYWHERE)])
        with office.book.reading() as tx:
            people.append(permits.actor_of(tx, made))
    texts = {"instrument": "common", "sender": "priya-raman", "receiver": "jonas-keller"}
    asked = ProposeRequest("force-transfer", texts | {"units": "250"}, "one", None, ORDER)
    found = approvals.propose(office, people[0], asked).proposal
    assert found
    approvals.approve(office, people[1], found.id, found.difference.digest)
    return found.id


def work(home, point: str) -> int:
    child = [sys.executable, "-m", "tests.desks.approvals_child", str(home), point]
    return subprocess.run(child, cwd=ROOT, timeout=120, capture_output=True).returncode


@pytest.mark.parametrize("point", POINTS if TIMES > 1 else USUAL)
def test_an_act_is_carried_out_once_wherever_the_worker_is_killed(company_home, point):
    with office_of(company_home) as office:
        which = approved(office)
    assert work(company_home, point) == -signal.SIGKILL
    assert work(company_home, "never") == 0
    with office_of(company_home) as office:
        with office.book.reading() as tx:
            ended = book.find(tx, which)
            assert len(book.instructions_of(tx, which)) == 1
        assert (ended.state, ended.steps) == (State.CARRIED_OUT, 1)
        _, instrument = parties.instrument(office, None, "common")
        with office.index.connect() as view:
            forced = journal.events_of(view, [instrument.token], [Forced])
        assert [one.event.units for one in forced] == [250]
        assert registers.verify(office).ok
