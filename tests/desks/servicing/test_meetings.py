"""Meetings on the real ledger: called, voted on by several ways, revealed, closed, refused."""

import hashlib
import json
from dataclasses import replace

import pytest

from freehold.book import audit, issuers, notices, registrations
from freehold.book import meetings as kept
from freehold.chain import contracts
from freehold.core.actions.ballot import Mark
from freehold.core.clock import parse
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.letters import Kind, State
from freehold.core.reasons import Reason, sentence
from freehold.desks import ledgers, parties, posting
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import Ended
from freehold.desks.register import registers
from freehold.desks.servicing import assembly, meeting_changes, meetings, sealed, voting
from freehold.desks.servicing.meeting_changes import AmendRequest
from freehold.desks.servicing.meetings import MeetingRequest
from freehold.desks.servicing.voting import Given, ProxyRequest, VoteRequest

NOTICE = """
name = "Extraordinary meeting"
record = 2024-06-01T00:00:00Z
opens = 2024-06-01T08:00:00Z
closes = 2024-06-08T08:00:00Z
{more}
[[resolution]]
id = "articles"
quorum = "1/3"
separate = ["series-a"]

[[resolution]]
id = "board"
method = "cumulative"
quorum = 0
candidates = ["ash", "birch", "cedar"]
seats = 2
"""
YES = {("articles", None): (Mark(("for",)),)}
NO = {("articles", None): (Mark(("against",)),)}


def at(office, instant):
    ledgers.set_clock(office, parse(instant))


@pytest.fixture
def called(company):
    """A meeting whose votes may change, open."""
    at(company, "2024-05-07T09:00:00Z")
    done = announce(company, NOTICE.format(more="changeable = true"))
    assert done.act.ended is Ended.DONE
    at(company, "2024-06-01T09:00:00Z")
    return company, done.number


def announce(office, notice, key="meeting-1"):
    return meetings.announce(office, orders.agent(office), MeetingRequest(notice, key))


def vote(office, number, holder, said, key, **more):
    return voting.vote(office, "operator", VoteRequest(number, holder, key, said, **more))


def close(office, number):
    return meetings.close(office, orders.agent(office), None, number, "close")


def test_a_meeting_from_notice_to_minutes(called):
    office, number = called
    assert announce(office, NOTICE.format(more="changeable = true")).number == number
    for holder in ("mara-lindqvist", "tobias-brandt", "straits-growth"):
        assert vote(office, number, holder, YES, f"{holder} 1").given is Given.COUNTED
    at(office, "2024-06-01T09:05:00Z")
    assert vote(office, number, "mara-lindqvist", NO, "changed").said == ("articles: against",)
    assert vote(office, number, "mara-lindqvist", NO, "changed").given is Given.COUNTED
    one, standing = meetings.show(office, None, number)
    assert standing is not None and standing.compared > 20
    assert standing.tallies[0].count.votes["against"] == 1_200_000
    assert standing.tallies[0].carried
    assert one.stage is assembly.Stage.OPEN
    assert "open until" in close(office, number).act.reason
    at(office, "2024-06-08T08:00:00Z")
    done = close(office, number)
    assert done.act.ended is Ended.DONE
    ended = assembly.find(office, None, number)
    assert ended.stage is assembly.Stage.CONCLUDED
    assert ended.chain.minutes == "0x" + hashlib.sha256(done.minutes.encode()).hexdigest()
    assert json.loads(done.minutes)["resolutions"][0]["carried"] is True
    assert close(office, number).minutes == done.minutes
    assert registers.verify(office).ok


def test_a_proxy_votes_until_the_holder_ends_it(called):
    office, number = called
    agent = orders.agent(office)
    early = vote(office, number, "jonas-keller", YES, "a", proxy="tobias-brandt")
    assert early.given is Given.REFUSED and "neither the holder nor the proxy" in early.reason
    asked = ProxyRequest(number, "jonas-keller", "tobias-brandt", "p1")
    assert voting.appoint(office, agent, asked).ended is Ended.DONE
    at(office, "2024-06-01T09:01:00Z")
    done = vote(office, number, "jonas-keller", YES, "b", proxy="tobias-brandt")
    assert done.given is Given.COUNTED
    at(office, "2024-06-01T09:02:00Z")
    loop = ProxyRequest(number, "jonas-keller", "jonas-keller", "p2")
    assert "runs in a circle" in voting.appoint(office, agent, loop).reason
    ended = ProxyRequest(number, "jonas-keller", None, "p3")
    assert voting.appoint(office, agent, ended).ended is Ended.DONE
    _, standing = meetings.show(office, None, number)
    assert standing is not None and standing.tallies[0].count.votes["for"] == 0


def test_a_batch_takes_many_votes_at_once_and_one_of_each_holder(called):
    office, number = called
    with office.book.transaction() as tx:
        one = assembly.find(office, None, number)
        for place, holder in enumerate(("mara-lindqvist", "tobias-brandt", "mara-lindqvist")):
            said = NO if place == 2 else YES
            asked = VoteRequest(number, holder, f"w{place}", said)
            voting.meetings.give(tx, voting._given(office, one, asked), office.clock.now())
    assert voting.bring(office) == 2
    assert voting.outcome(office, None, number, "mara-lindqvist").given is Given.WAITING
    posting.send_approved(office.posting)
    at(office, "2024-06-01T09:05:00Z")
    assert voting.bring(office, wait=True) == 1
    _, standing = meetings.show(office, None, number)
    votes = standing.tallies[0].count.votes
    assert (votes["for"], votes["against"]) == (1_400_000, 1_200_000)


def test_a_secret_vote_is_sealed_and_revealed_after_the_close(company):
    at(company, "2024-05-07T09:00:00Z")
    number = announce(company, NOTICE.format(more="revealed_until = 2024-06-09T08:00:00Z")).number
    at(company, "2024-06-01T09:00:00Z")
    assert vote(company, number, "mara-lindqvist", YES, "a").given is Given.SEALED
    again = vote(company, number, "mara-lindqvist", NO, "b")
    assert again.given is Given.REFUSED and "cannot be changed" in again.reason
    _, standing = meetings.show(company, None, number)
    assert standing.tallies[0].count.present == 0
    at(company, "2024-06-08T09:00:00Z")
    assert "revealed until" in close(company, number).act.reason
    agent = orders.agent(company)
    assert sealed.reveal(company, agent, None, number).ended is Ended.DONE
    _, standing = meetings.show(company, None, number)
    assert standing.tallies[0].count.votes["for"] == 1_200_000
    at(company, "2024-06-09T09:00:00Z")
    assert close(company, number).act.ended is Ended.DONE


def test_a_wallet_signs_the_seal_of_a_secret_vote_and_no_other_passes_under_it(company):
    at(company, "2024-05-07T09:00:00Z")
    number = announce(company, NOTICE.format(more="revealed_until = 2024-06-09T08:00:00Z")).number
    at(company, "2024-06-01T09:00:00Z")
    asked = VoteRequest(number, "mara-lindqvist", "own", YES)
    typed = voting.message(company, asked)
    one = assembly.find(company, None, number)
    signer = voting._signer(company, parties.party(company, one.issuer, asked.holder))
    signed = {"signature": "0x" + signer.sign_typed_data(typed).hex(), "at": typed["message"]["at"]}
    seal = typed["message"]["choices"]
    for other in (replace(asked, **signed), replace(asked, **signed, sealed=seal, said=NO)):
        with pytest.raises(Invalid, match="not this vote"):
            voting.vote(company, "operator", other)
    done = voting.vote(company, "operator", replace(asked, **signed, sealed=seal))
    assert done.given is Given.SEALED
    at(company, "2024-06-08T09:00:00Z")
    assert sealed.reveal(company, orders.agent(company), None, number).ended is Ended.DONE
    _, standing = meetings.show(company, None, number)
    assert standing.tallies[0].count.votes["for"] == 1_200_000


@pytest.mark.parametrize(
    ("notice", "words"),
    [
        (NOTICE.replace('quorum = "1/3"\n', ""), "quorum: is missing"),
        (NOTICE.replace("2024-06-01T00", "2024-05-01T00"), "record instant 2024-05-01T00:00:00Z"),
        (NOTICE.replace("2024-06-08T08", "2024-05-31T08"), "closes: is not after"),
        (NOTICE.replace("2024-06-01T08:00", "2024-05-30T08:00"), "is before the record instant"),
    ],
)
def test_a_notice_that_makes_no_meeting_is_refused_and_nothing_is_begun(company, notice, words):
    at(company, "2024-05-07T09:00:00Z")
    with pytest.raises(Invalid) as refused:
        announce(company, notice.format(more=""))
    assert words in "\n".join([str(refused.value), *map(str, refused.value.mistakes)])
    assert assembly.every(company, None) == []


def test_a_vote_that_cannot_count_is_refused_with_one_sentence(called):
    office, number = called
    treasury = vote(office, number, "treasury", YES, "a")
    assert treasury.reason == "Treasury units belong to the issuer itself and have no vote."
    nothing = vote(office, number, "helen-okafor", YES, "b")
    assert "held no units" in nothing.reason
    with pytest.raises(Invalid, match="not on the agenda"):
        vote(office, number, "mara-lindqvist", {("dividend", None): (Mark(("for",)),)}, "c")
    with pytest.raises(NotFound):
        vote(office, 9, "mara-lindqvist", YES, "d")
    at(office, "2024-06-08T08:00:00Z")
    late = vote(office, number, "mara-lindqvist", YES, "e")
    assert late.reason == "the vote closed at 2024-06-08T08:00:00Z"


def test_a_meeting_is_called_off_until_its_result_stands(called):
    office, number = called
    agent = orders.agent(office)
    done = meetings.cancel(office, agent, None, number, b"\1" * 32, "off")
    assert done.act.ended is Ended.DONE
    assert assembly.find(office, None, number).stage is assembly.Stage.CANCELLED
    assert vote(office, number, "mara-lindqvist", YES, "a").reason == "this meeting was cancelled"
    totals = [
        contracts.read(
            office.w3, "Ballot", assembly.find(office, None, number).ballot, "total", *key
        )
        for key in ((number, 0, 0, 1), (number, 0, 1, 1))
    ]
    assert totals == [0, 0]


def signed(office, asked, holder="mara-lindqvist", chain=None, **changed):
    """The request with a signature over its own message, of a holder's key; `changed` fields of the
    message, or its chain, make it another one."""
    typed = voting.message(office, asked)
    typed["message"] |= changed
    typed["domain"] |= {"chainId": chain} if chain else {}
    number = parties.party(office, parties.owner(office, None), holder).holder.custody
    made = office.keys.custody(number).sign_typed_data(typed).hex()
    return replace(asked, signature="0x" + made, at=typed["message"]["at"])


def test_a_signed_vote_that_is_another_ones_of_another_time_or_chain_changes_no_tally(called):
    office, number = called
    asked = VoteRequest(number, "mara-lindqvist", "good", YES)
    good = signed(office, asked)
    wrong = {
        "another's": signed(office, asked, "tobias-brandt"),
        "another chain": signed(office, asked, chain=1),
        "another choice": signed(office, asked, choices=2),
        "another meeting": signed(office, asked, meeting=number + 1),
        "another second": replace(good, at=good.at - 1),
    }
    for what, one in wrong.items():
        done = voting.vote(office, "operator", replace(one, key=what))
        assert (done.given, done.code) == (Given.REFUSED, Reason.SIGNATURE_WRONG), what
        assert done.reason == sentence(Reason.SIGNATURE_WRONG)
    early = signed(office, asked, at=good.at + 3_600)
    done = voting.vote(office, "operator", replace(early, key="early"))
    assert (done.given, done.code) == (Given.REFUSED, Reason.SIGNATURE_EARLY)
    for text in ("zz", "0x12", "0x" + "00" * 65, "0x" + "ff" * 65, "0x" + "ab" * 5_000):
        with pytest.raises(Invalid, match="no signature"):
            voting.vote(office, "operator", replace(good, signature=text, key=text[:64]))
    with office.book.reading() as tx:
        assert kept.waiting(tx, 50) == [], "nothing of it waits for the worker"
        last = [one.entry for one in audit.every(tx) if one.entry.act == "vote"][-1]
    assert (last.outcome, last.code) == ("REFUSED", int(Reason.SIGNATURE_EARLY))
    _, standing = meetings.show(office, None, number)
    assert not any(standing.tallies[0].count.votes.values())
    assert voting.vote(office, "operator", good).given is Given.COUNTED


def test_a_signed_vote_brought_again_never_goes_before_a_later_one(called):
    office, number = called
    first = signed(office, VoteRequest(number, "mara-lindqvist", "first", YES))
    assert voting.vote(office, "operator", first).given is Given.COUNTED
    at(office, "2024-06-01T09:05:00Z")
    changed = signed(office, VoteRequest(number, "mara-lindqvist", "changed", NO))
    assert voting.vote(office, "operator", changed).said == ("articles: against",)
    replayed = voting.vote(office, "operator", replace(first, key="replayed"))
    assert replayed.given is Given.REFUSED and "signed later stands already" in replayed.reason
    twice = voting.vote(office, "operator", replace(changed, key="twice"))
    assert twice.given is Given.REFUSED
    _, standing = meetings.show(office, None, number)
    assert standing.tallies[0].count.votes["against"] == 1_200_000
    assert standing.tallies[0].count.votes["for"] == 0
    at(office, "2024-06-08T08:00:00Z")
    late = voting.vote(office, "operator", replace(changed, key="late"))
    assert late.given is Given.REFUSED and "the vote closed at" in late.reason


# ---- a notice that changes ----


def amend(office, number, notice, key="amend"):
    asked = AmendRequest(number, notice, key)
    return meeting_changes.amend(office, orders.agent(office), asked)


def letters(office):
    with office.book.reading() as tx:
        every = notices.newest(tx, list(State), 1_000)
    return [one.facts["what"] for one in every if one.kind is Kind.HOLDING]


def mailboxes(office):
    """Every holder has a mailbox in his file."""
    with office.book.transaction() as tx:
        for one in ("tobias-brandt", "mara-lindqvist", "jonas-keller"):
            mailbox = f"{one}@example.com"
            registrations.write_mailbox(tx, issuers.find(tx, None).id, one, mailbox)


def test_a_meeting_is_called_anew_before_its_vote_opens_and_the_first_one_is_called_off(company):
    at(company, "2024-05-07T09:00:00Z")
    first = announce(company, NOTICE.format(more="")).number
    asked = ProxyRequest(first, "jonas-keller", "tobias-brandt", "p1")
    assert voting.appoint(company, orders.agent(company), asked).ended is Ended.DONE
    later = NOTICE.format(more="").replace("06-08T08", "06-09T08")
    found = meeting_changes.planned(company, None, first, later)
    assert [(one.what, one.after) for one in found.differences] == [
        ("Closes", "2024-06-09T08:00:00Z")
    ]
    done = amend(company, first, later)
    assert done.act.ended is Ended.DONE and done.number != first
    assert amend(company, first, later).number == done.number
    old, new = (assembly.find(company, None, one) for one in (first, done.number))
    assert (old.stage, old.replaced_by) == (assembly.Stage.CANCELLED, done.number)
    assert (new.stage, new.record) == (assembly.Stage.ANNOUNCED, old.record)
    assert [(one.version, one.number, one.replaces) for one in new.versions] == [
        (1, first, None), (2, done.number, first),
    ]  # fmt: skip
    assert (
        new.versions[-1].digest
        == new.chain.notice
        == "0x" + hashlib.sha256(later.encode()).hexdigest()
    )
    with company.book.reading() as tx:
        entry = [one.entry for one in audit.every(tx) if one.entry.act == "amend meeting"]
    assert [str(one.outcome) for one in entry] == ["DONE", "DONE"]
    at(company, "2024-06-01T09:00:00Z")
    assert vote(company, first, "mara-lindqvist", YES, "v1").given is Given.REFUSED
    assert vote(company, done.number, "mara-lindqvist", YES, "v2").given is Given.COUNTED
    at(company, "2024-06-09T08:00:00Z")
    minutes = json.loads(close(company, done.number).minutes)
    assert minutes["versions"] == [one.digest for one in new.versions]


def test_a_supplement_changes_the_place_while_votes_are_cast_and_nothing_else_does(called):
    office, number = called
    assert vote(office, number, "mara-lindqvist", YES, "v1").given is Given.COUNTED
    text = NOTICE.format(more="changeable = true")
    moved = text.replace("[[res", 'place = "Room 4"\n[[res', 1)
    assert amend(office, number, moved).number == number
    assert amend(office, number, moved).act.ended is Ended.DONE  # asked again
    one, standing = meetings.show(office, None, number)
    assert (one.notice.place, one.stage, len(one.versions)) == ("Room 4", assembly.Stage.OPEN, 2)
    assert standing.tallies[0].count.votes["for"] == 1_200_000
    assert one.chain.notice == one.kept.digest != one.versions[-1].digest
    for wrong, said in (
        (moved.replace("06-08T08", "06-09T08"), "is open since 2024-06-01T08:00:00Z"),
        (moved, "says nothing else"),
    ):
        with pytest.raises(Conflict, match=said):
            meeting_changes.planned(office, None, number, wrong)
    with pytest.raises(Conflict, match="is open since"):
        amend(office, number, moved.replace("cedar", "cherry"), "more")
    at(office, "2024-06-08T08:00:00Z")
    with pytest.raises(Conflict, match="its notice stays as it is"):
        amend(office, number, moved.replace("Room 4", "Room 5"), "late")


def test_once_the_record_instant_has_passed_who_may_vote_is_fixed(company):
    at(company, "2024-05-07T09:00:00Z")
    number = announce(company, NOTICE.format(more="")).number
    at(company, "2024-06-01T01:00:00Z")
    later = NOTICE.format(more="").replace("06-01T08", "06-02T08")
    other = later.replace("2024-06-01T00:00", "2024-06-02T00:00")
    with pytest.raises(Invalid, match="who may vote is fixed"):
        amend(company, number, other)
    done = amend(company, number, later)
    assert assembly.find(company, None, done.number).record == parse("2024-06-01T00:00:00Z")


def test_killed_between_calling_and_calling_off_the_same_again_goes_on(company, monkeypatch):
    at(company, "2024-05-07T09:00:00Z")
    number = announce(company, NOTICE.format(more="")).number
    later = NOTICE.format(more="").replace("06-08T08", "06-09T08")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        carried = orders.carry

        def killed(office, actor, order, **more):
            if order.act == "amend-meeting":
                raise KeyboardInterrupt
            return carried(office, actor, order, **more)

        patched.setattr(orders, "carry", killed)
        amend(company, number, later)
    assert assembly.find(company, None, number).stage is assembly.Stage.ANNOUNCED
    done = amend(company, number, later)
    assert assembly.find(company, None, number).replaced_by == done.number
    assert len(assembly.every(company, None)) == 2


def test_everybody_who_may_vote_is_told_and_whoever_gave_a_proxy_that_it_ended(company):
    mailboxes(company)
    at(company, "2024-05-07T09:00:00Z")
    first = announce(company, NOTICE.format(more="")).number
    asked = ProxyRequest(first, "jonas-keller", "tobias-brandt", "p1")
    voting.appoint(company, orders.agent(company), asked)
    second = amend(company, first, NOTICE.format(more="").replace("06-08T08", "06-09T08")).number
    said = letters(company)
    gone = f"Your vote or proxy for it no longer counts: give it again at meeting {second}. meeting {first}"
    assert len(said) == 3 and sum(one.startswith(gone) for one in said) == 1
    assert all(f"is called anew as meeting {second} (closes)" in one for one in said)
    meetings.cancel(company, orders.agent(company), None, second, b"\7" * 32, "off")
    assert len(letters(company)) == 6
    with company.book.reading() as tx:
        assert all(one.ended_at for one in kept.every(tx, issuers.find(tx, None).id))
