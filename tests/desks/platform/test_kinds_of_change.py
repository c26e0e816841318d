"""What the feed tells of actions, meetings, winding-ups and approvals: to a server, nameless, again."""

import json
from datetime import timedelta

import pytest

from freehold.book import actions as kept
from freehold.book import approvals as decided
from freehold.book import changes
from freehold.book.identities import Given
from freehold.core.actions.ballot import Mark
from freehold.core.actions.life import Step
from freehold.core.approvals import State
from freehold.core.clock import from_seconds, parse, stamp, to_seconds
from freehold.core.roles import Role, holder_scope
from freehold.desks import ledgers
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.outbox import orders
from freehold.desks.permits import Actor
from freehold.desks.platform import delivering, webhooks
from freehold.desks.platform.changes import (
    ACTION,
    APPROVAL,
    MEETING,
    POSITION,
    REGISTER,
    WINDUP,
    visible,
)
from freehold.desks.servicing import actions, meetings, paying, voting, winding_up, windups
from freehold.desks.servicing.meetings import MeetingRequest
from freehold.desks.servicing.voting import VoteRequest
from tests.desks.platform.test_webhooks import listener as listener
from tests.desks.platform.test_webhooks import somebody
from tests.desks.servicing.test_actions import tick
from tests.desks.servicing.test_windups import EXIT, coin_of
from tests.desks.servicing.test_windups import terms as windup_terms

ISSUER = "northwind-optics"
NOTICE = """
name = "Extraordinary meeting"
record = 2044-06-01T00:00:00Z
opens = 2044-06-01T08:00:00Z
closes = 2044-06-08T08:00:00Z

[[resolution]]
id = "articles"
quorum = 0
"""
YES = {("articles", None): (Mark(("for",)),)}


def work(office):
    while delivering.plan_due(office) + delivering.deliver_due(office):
        pass


def told(listener, kind):
    found = [json.loads(body) for _, body in listener.came]
    return [one for one in found if one["kind"] == kind]


def events(listener, kind, subject=None):
    return [
        one["content"]["event"] for one in told(listener, kind) if subject in (None, one["subject"])
    ]


def renamed(office, id):
    """Terms of an action that pays nothing."""
    record = now_on_chain(office) + timedelta(days=1)
    return (
        f'id = "{id}"\nkind = "name-change"\ninstrument = "series-a"\n'
        f"record = {stamp(record)}\npayment = {stamp(record + timedelta(days=2))}\n"
        'name = "Northwind Optics Renamed"\n'
    )


def test_an_action_is_told_from_its_announcement_to_its_end(shared_company, listener):
    office, agent = shared_company, orders.agent(shared_company)
    who = somebody(office, Role.AUDITOR)
    made, _ = webhooks.subscribe(office, who, listener.url, [ACTION], ISSUER)
    text = renamed(office, "renamed")
    actions.announce(office, agent, text)
    actions.amend(office, agent, text.replace("Renamed", "and Lenses"))
    set_clock(office, to_seconds(actions.show(office, "renamed").terms.payment) + 1)
    tick(office)
    paying.pay(office, agent, "renamed")
    paying.reconcile(office, agent, "renamed")
    paying.close(office, agent, "renamed")
    actions.announce(office, agent, renamed(office, "called-off"))
    paying.cancel(office, agent, "called-off")
    work(office)
    lived = ["announced", "amended", "paying", "paid", "reconciled", "closed"]
    assert events(listener, ACTION, "renamed") == lived
    assert events(listener, ACTION, "called-off") == ["announced", "cancelled"]
    first = told(listener, ACTION)[0]
    assert (first["scope"], first["content"]["kind"]) == (ISSUER, "name-change")
    numbers = [one["number"] for one in told(listener, ACTION)]
    assert webhooks.replay(office, who, made.id, numbers[0], numbers[-1]) == len(numbers)
    work(office)
    assert [one["number"] for one in told(listener, ACTION)] == numbers * 2


def test_a_meeting_is_told_and_that_a_vote_was_cast_but_not_whose(shared_company, listener):
    office, agent = shared_company, orders.agent(shared_company)
    webhooks.subscribe(office, somebody(office, Role.REGISTRAR), listener.url, [MEETING])
    made = meetings.announce(office, agent, MeetingRequest(NOTICE, "told"))
    ledgers.set_clock(office, parse("2044-06-01T09:00:00Z"))
    tick(office)
    voting.vote(office, "operator", VoteRequest(made.number, "mara-lindqvist", "told", YES))
    voting.vote(office, "operator", VoteRequest(made.number, "mara-lindqvist", "told", YES))
    ledgers.set_clock(office, parse("2044-06-08T08:00:00Z"))
    meetings.close(office, agent, None, made.number, "told")
    work(office)
    assert events(listener, MEETING) == ["called", "vote cast", "closed"]
    for one in told(listener, MEETING):
        assert one["subject"] == str(made.number)
        assert set(one["content"]) == {"event", "meeting"}
        assert "lindqvist" not in json.dumps(one)


def test_a_winding_up_and_an_approval_are_told_without_what_they_say(shared_company, listener):
    office, agent = shared_company, orders.agent(shared_company)
    who = somebody(office, Role.COMPLIANCE_OFFICER)
    webhooks.subscribe(office, who, listener.url, [WINDUP, APPROVAL])
    made = windups.propose(office, agent, windup_terms(office, coin_of(office), id="told"), EXIT)
    windups.confirm(office, orders.second(office), made.windup, made.plan)
    winding_up.cancel(office, agent, "told")
    given = {"instrument": "common", "holder": "mara-lindqvist", "units": "3"}
    asked = ProposeRequest("issue", given, "told", ISSUER)
    proposal = approvals.propose(office, who, asked).proposal
    other = somebody(office, Role.ISSUER)
    approvals.decline(office, other, proposal.id, "not this one, says Mara Lindqvist")
    work(office)
    assert events(listener, WINDUP) == ["proposed", "agreed", "cancelled"]
    assert events(listener, APPROVAL) == ["proposed", "declined"]
    body = json.dumps(told(listener, APPROVAL))
    assert "indqvist" not in body and '"issue"' in body and who.id not in body


def test_what_is_undone_is_not_told(shared_company):
    office = shared_company
    actions.announce(office, orders.agent(office), renamed(office, "undone"))
    with office.book.reading() as tx:
        before = changes.head(tx)
    with pytest.raises(RuntimeError), office.book.transaction() as tx:
        kept.add_step(tx, "undone", Step.SWEEP, {}, office.clock.now(), "x")
        assert changes.head(tx) == before + 1
        raise RuntimeError("the transaction is undone")
    with office.book.reading() as tx:
        assert changes.head(tx) == before


def test_a_developer_of_an_issuer_sees_what_stands_on_its_chain_and_no_other(shared_company):
    office = shared_company
    actions.announce(office, orders.agent(office), renamed(office, "seen"))
    mine = somebody(office, Role.DEVELOPER, ISSUER)
    other = elsewhere(Role.DEVELOPER, "somebody-else")
    holder = somebody(office, Role.INVESTOR, holder_scope(ISSUER, "wei-ling-tan"))
    stranger = elsewhere(Role.INVESTOR, holder_scope("somebody-else", "wei-ling-tan"))
    with office.book.reading() as tx:
        seen = {
            who.id: {one.kind for one in visible(tx, who, 0, 10_000).items}
            for who in (mine, other, holder, stranger)
        }
    assert seen[mine.id] == {REGISTER, ACTION, MEETING, WINDUP} & _told(office)
    assert seen[other.id] == set()
    assert seen[holder.id] - {POSITION} == {ACTION, MEETING} & _told(office)
    assert seen[stranger.id] == set()


def elsewhere(role, scope):
    return Actor(f"id_{role}", role, (Given(role, scope, from_seconds(0)),))


def _told(office):
    """The kinds of change that were told so far, whichever tests came before."""
    with office.book.reading() as tx:
        return {one.kind for one in changes.after(tx, 0, 10_000)}


def test_an_approval_that_lapses_is_told_by_the_worker(shared_company):
    office = shared_company
    who = somebody(office, Role.COMPLIANCE_OFFICER, ISSUER)
    given = {"instrument": "common", "holder": "tobias-brandt", "units": "2"}
    made = approvals.propose(office, who, ProposeRequest("issue", given, "lapses", ISSUER)).proposal
    with office.book.transaction() as tx:
        decided.decide(tx, made, State.LAPSED, None, made.lapses_at)
    with office.book.reading() as tx:
        found = [one for one in changes.after(tx, 0, 10_000) if one.subject == made.id]
    assert [one.content["event"] for one in found if one.kind == APPROVAL] == ["proposed", "lapsed"]
