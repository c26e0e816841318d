"""Proposals in the book, on both databases: decided once, their steps linked once."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from freehold.book import approvals, instructions, issuers
from freehold.book.approvals import Announcement, Correction
from freehold.book.issuers import KnownIssuer
from freehold.core.approvals import (
    Act,
    Change,
    Difference,
    Person,
    Proposal,
    Rule,
    Rules,
    State,
    write_rules,
)
from freehold.core.errors import Conflict
from freehold.core.grounds import Ground, Grounds
from freehold.core.ids import Address, InstructionId
from freehold.core.instruction import Instruction
from tests.book.conftest import NOON

ISSUER = KnownIssuer("acme", 1, "Acme", "US", Address("0x" + "1" * 40), Address("0x" + "2" * 40))
GROUNDS = Grounds(Ground.COURT_ORDER, b"\x9c" * 32)
ACT = Act("freeze", "acme", {"holder": "ana"}, None, None, GROUNDS, "26-CV-1187")
FOUND = Difference((Change("units", "10", "7.5", "ana"), Change("in issue", "10", "10")), 12)
UNTIL = NOON + timedelta(hours=72)
MADE = Proposal("ap_1", ACT, 2, Person("id_1", "p-1"), NOON, UNTIL, FOUND)


@pytest.fixture
def kept(book):
    """A proposal that waits."""
    with book.transaction() as tx:
        issuers.add(tx, ISSUER, NOON)
        return approvals.add(tx, MADE)


def test_a_proposal_reads_back_as_it_was(book, kept):
    assert kept == replace(MADE, number=1)
    assert [one.by for one in kept.difference.changes] == ["-2.5", "none"]
    with book.reading() as tx:
        assert approvals.waiting(tx, ["acme"]) == [kept]
        assert approvals.waiting(tx, ["other"]) == []
        assert approvals.newest(tx, [], [], None, 9, "id_1") == [kept]
        assert approvals.overdue(tx, UNTIL - timedelta(seconds=1)) == []
        assert approvals.overdue(tx, UNTIL) == [kept]


def test_of_two_who_decide_at_once_one_is_told(book, kept):
    ended = []

    def decide(to: State, who: str) -> None:
        try:
            with book.transaction() as tx:
                approvals.decide(tx, kept, to, Person(who, None), NOON)
            ended.append(to)
        except Conflict:
            ended.append("told")

    deciding = [(State.APPROVED, "id_2"), (State.DECLINED, "id_3"), (State.WITHDRAWN, "id_1")]
    threads = [threading.Thread(target=decide, args=one) for one in deciding]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert ended.count("told") == 2


def test_a_step_is_linked_once_with_its_instructions(book, kept):
    id = InstructionId("0x" + "a" * 64)
    with book.transaction() as tx:
        decided = approvals.decide(tx, kept, State.APPROVED, Person("id_2", None), NOON, "seen")
        asked = Instruction(id, 1, ISSUER.register, ISSUER.register, b"", "freeze")
        instructions.add(tx, asked, NOON)
        assert approvals.step(tx, decided, [id])
        assert approvals.step(tx, decided, [id]) is None, "another worker was first"
    with book.transaction() as tx:
        assert approvals.instructions_of(tx, kept.id) == [id]
        assert approvals.of_instruction(tx, id) == kept.id
        (waiting,) = approvals.approved(tx)
        assert (waiting.steps, waiting.note) == (1, "seen")
        assert approvals.end(tx, waiting, State.CARRIED_OUT, NOON, None, "")
        assert not approvals.end(tx, waiting, State.CARRIED_OUT, NOON, None, "")


def test_a_newer_dry_run_takes_the_place_of_an_older_until_somebody_decided(book, kept):
    newer = Difference((Change("units", "9", "6.5", "ana"),), 13)
    with book.transaction() as tx:
        again = approvals.dry_run_again(tx, kept, newer)
        assert again.difference == newer
        with pytest.raises(Conflict, match="look at it again"):
            approvals.decide(tx, kept, State.APPROVED, Person("id_2", None), NOON)
        approvals.decide(tx, again, State.DECLINED, Person("id_2", None), NOON, "no")
        with pytest.raises(Conflict):
            approvals.dry_run_again(tx, again, FOUND)


def test_rules_announcements_and_corrections_are_kept(book, kept):
    rules = Rules((Rule("freeze", 1),), 24)
    told = Announcement(0, "break-glass", "acme", kept.id, "Somebody.", NOON, UNTIL)
    link = Correction("0x1", "0x2", "0x3", kept.id)
    with book.transaction() as tx:
        assert approvals.rules(tx, "acme").persons(ACT) == 2
        approvals.set_rules(tx, "acme", write_rules(rules), kept.id, NOON)
        assert approvals.rules(tx, "acme") == rules
        approvals.announce(tx, told)
        assert approvals.announcements(tx, NOON) == [replace(told, number=1)]
        assert approvals.announcements(tx, UNTIL) == []
        assert approvals.announcements_after(tx, 0) == [replace(told, number=1)]
        approvals.correct(tx, link, NOON)
        for id in ("0x1", "0x2", "0x3"):
            assert approvals.corrections(tx, id) == [link]
