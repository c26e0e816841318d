"""Every act of the meeting desk stands in the audit log: done, refused, and impossible; the hashes hold."""

from dataclasses import replace

import pytest

from freehold.book import audit
from freehold.core.actions.ballot import Mark
from freehold.core.clock import parse
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.desks import ledgers, permits
from freehold.desks.outbox import orders
from freehold.desks.platform import auditing
from freehold.desks.servicing import ballots, meetings, noting, processing, sealed, voting
from freehold.desks.servicing.meetings import MeetingRequest
from freehold.desks.servicing.processing import Act
from freehold.desks.servicing.voting import ProxyRequest, VoteRequest

NOTICE = """
name = "Secret meeting"
record = 2024-06-01T00:00:00Z
opens = 2024-06-01T08:00:00Z
closes = 2024-06-08T08:00:00Z
revealed_until = 2024-06-09T08:00:00Z
[[resolution]]
id = "accounts"
quorum = 0
"""
YES = {("accounts", None): (Mark(("for",)),)}
PAPER = b"\7" * 32


def at(office, instant):
    ledgers.set_clock(office, parse(instant))


def told(office):
    """What the log has of meetings since the company was there: act, outcome, what it is about."""
    acts = (
        "call meeting",
        "cancel meeting",
        "appoint proxy",
        "vote",
        "reveal votes",
        "close meeting",
    )
    with office.book.reading() as tx:
        every = [link.entry for link in audit.every(tx)]
    return [(one.act, str(one.outcome), one.subject) for one in every if one.act in acts]


def test_every_act_and_every_refusal_of_the_meeting_desk_is_in_the_log(company):
    agent, who, log = orders.agent(company), permits.keyholder(), []

    def step(act, outcome, about):
        log.append((act, outcome, about))
        assert told(company) == log, told(company)[len(log) - 1 :]

    def calls(notice, key):
        return meetings.announce(company, agent, MeetingRequest(notice, key))

    at(company, "2024-05-07T09:00:00Z")
    late = NOTICE.replace("2024-06-01T00", "2024-05-01T00")
    with pytest.raises(Invalid):
        calls(late, "late")
    step("call meeting", "REFUSED", f"notice {digest(late)}")
    number = calls(NOTICE, "held").number
    step("call meeting", "DONE", f"notice {digest(NOTICE)}")
    called_off = calls(NOTICE.replace("Secret", "Other"), "off").number
    step("call meeting", "DONE", f"notice {digest(NOTICE.replace('Secret', 'Other'))}")
    meetings.cancel(company, agent, None, called_off, PAPER, "off")
    step("cancel meeting", "DONE", f"meeting {called_off}")
    assert meetings.cancel(company, agent, None, called_off, PAPER, "again").act.refused
    step("cancel meeting", "REFUSED", f"meeting {called_off}")
    given = VoteRequest(number, "mara-lindqvist", "early", YES)
    about = f"meeting {number} of northwind-optics"
    ballots.vote(company, who, given)
    step("vote", "REFUSED", f"{about}, mara-lindqvist")
    at(company, "2024-06-01T09:00:00Z")
    loop = ProxyRequest(number, "jonas-keller", "jonas-keller", "loop")
    with pytest.raises(Conflict, match="jonas-keller cannot be its own proxy"):
        ballots.appoint(company, who, loop)
    step("appoint proxy", "REFUSED", f"meeting {number}, jonas-keller")
    assert voting.appoint(company, agent, loop).refused
    step("appoint proxy", "REFUSED", f"meeting {number}, jonas-keller")
    asked = replace(loop, proxy="tobias-brandt", key="sound")
    assert not voting.appoint(company, agent, asked).refused
    step("appoint proxy", "DONE", f"meeting {number}, jonas-keller")
    with pytest.raises(Invalid, match="not on the agenda"):
        ballots.vote(company, who, replace(given, key="x", said={("x", None): (Mark(("for",)),)}))
    step("vote", "REFUSED", f"{about}, mara-lindqvist")
    ballots.vote(company, who, replace(given, key="one"))
    step("vote", "DONE", f"{about}, mara-lindqvist")
    with pytest.raises(NotFound):
        voting.vote(company, who.id, replace(given, meeting=99, key="none"))
    step("vote", "REFUSED", "meeting 99, mara-lindqvist")
    assert sealed.reveal(company, agent, None, number).refused
    step("reveal votes", "REFUSED", f"meeting {number}")
    with pytest.raises(Conflict):
        processing.ask_at(company, who, number, Act.CONCLUDE)
    step("close meeting", "REFUSED", about)
    at(company, "2024-06-08T09:00:00Z")
    assert meetings.close(company, agent, None, number, "early").act.refused
    step("close meeting", "REFUSED", f"meeting {number}")
    assert not sealed.reveal(company, agent, None, number).refused
    step("reveal votes", "DONE", f"meeting {number}")
    at(company, "2024-06-09T09:00:00Z")
    assert not meetings.close(company, agent, None, number, "close").act.refused
    step("close meeting", "DONE", f"meeting {number}")
    assert auditing.verify(company).fault is None


def digest(notice):
    return noting.digest_of(notice)
