"""Webhooks: each change is told once to whoever may see it, tried again, given up, replayed."""

import json
import socket
from datetime import timedelta

import pytest

from freehold.book import identities
from freehold.book import webhooks as book
from freehold.book.changes import INSTRUCTION, POSITION
from freehold.book.schema_live import Delivered
from freehold.core import webhooks as protocol
from freehold.core.clock import to_seconds
from freehold.core.errors import Invalid, NotFound
from freehold.core.roles import EVERYWHERE, Power, Role, holder_scope
from freehold.desks import permits
from freehold.desks.access import signin
from freehold.desks.outbox.following import bring_up
from freehold.desks.platform import changes, delivering, webhooks
from freehold.feeds import hooks
from tests.company import sell
from tests.listening import Listener

ISSUER = "northwind-optics"


@pytest.fixture
def listener():
    one = Listener()
    yield one
    one.close()


def somebody(office, role, scope=EVERYWHERE):
    made, _ = signin.invite(
        office, permits.operator(), f"{role}-{scope}@x.example", [(role, scope)]
    )
    with office.book.reading() as tx:
        return permits.actor_of(tx, identities.find(tx, made.id))


def work(office):
    bring_up(office)
    changes.tell_registers(office)
    while delivering.plan_due(office) + delivering.deliver_due(office):
        pass


def told(listener):
    return [json.loads(body) for _, body in listener.came]


def test_a_sale_is_told_once_signed_and_in_order(shared_company, listener):
    office = shared_company
    work(office)
    agent = somebody(office, Role.TRANSFER_AGENT)
    made, secret = webhooks.subscribe(office, agent, listener.url, [INSTRUCTION, POSITION])
    sell(office, "tobias-brandt", "wei-ling-tan", 10, "told once")
    work(office)
    work(office)
    states = [one["content"]["state"] for one in told(listener) if one["kind"] == INSTRUCTION]
    assert states == ["accepted", "sending", "seen", "confirmed", "final"]
    whose = {one["content"]["holder"] for one in told(listener) if one["kind"] == POSITION}
    assert whose == {"tobias-brandt", "wei-ling-tan"}
    numbers = [one["number"] for one in told(listener)]
    assert numbers == sorted(set(numbers))
    for headers, body in listener.came:
        now = to_seconds(office.clock.now())
        assert protocol.verify(secret, headers[protocol.SIGNATURE], body, now)
    with office.book.reading() as tx:
        sealed = tx.exec_driver_sql("SELECT count(*) FROM webhook WHERE url LIKE '%whsec%'")
        assert sealed.scalar() == 0
    again = webhooks.replay(office, agent, made.id, numbers[0], numbers[0])
    work(office)
    assert again == 1
    assert told(listener)[-1] == told(listener)[0]
    log = webhooks.log(office, agent, made.id, None, 50)
    assert {one.delivery.state for one in log} == {Delivered.DONE}
    webhooks.end(office, agent, made.id)
    with pytest.raises(NotFound):
        webhooks.log(office, agent, made.id, None, 50)


def test_an_investor_is_told_of_his_own_alone(shared_company, listener):
    office = shared_company
    work(office)
    mine = somebody(office, Role.INVESTOR, holder_scope(ISSUER, "wei-ling-tan"))
    webhooks.subscribe(office, mine, listener.url, list(changes.KINDS))
    sell(office, "tobias-brandt", "wei-ling-tan", 5, "own alone")
    work(office)
    assert {(one["kind"], one["scope"]) for one in told(listener)} == {
        (POSITION, holder_scope(ISSUER, "wei-ling-tan"))
    }


def test_a_key_makes_webhooks_that_see_no_more_than_it(shared_company, listener):
    office = shared_company
    agent = somebody(office, Role.TRANSFER_AGENT, ISSUER)
    with office.book.reading() as tx:
        narrow = permits.actor_of(tx, identities.find(tx, agent.id), [Power.OWN_KEYS])
    work(office)
    webhooks.subscribe(office, narrow, listener.url, list(changes.KINDS))
    sell(office, "tobias-brandt", "wei-ling-tan", 4, "narrow")
    work(office)
    assert listener.came == []


def test_what_fails_is_tried_later_given_up_and_can_be_replayed(
    shared_company, listener, monkeypatch
):
    office = shared_company
    work(office)
    agent = somebody(office, Role.REGISTRAR)
    listener.status = 500
    made, _ = webhooks.subscribe(office, agent, listener.url, [INSTRUCTION])
    sell(office, "tobias-brandt", "wei-ling-tan", 3, "given up")
    work(office)
    first = webhooks.log(office, agent, made.id, None, 50)[-1]
    assert (first.delivery.state, first.tries[0].status) == (Delivered.WAITING, 500)
    assert first.delivery.due_at > office.clock.now()
    start = office.clock.now()

    class Later:
        def now(self):
            return start + timedelta(days=10)

    monkeypatch.setattr(protocol, "TRIES", 2)
    object.__setattr__(office, "clock", Later())
    work(office)
    log = webhooks.log(office, agent, made.id, None, 50)
    assert {one.delivery.state for one in log} == {Delivered.DEAD}
    listener.status, before = 200, len(listener.came)
    last = log[0].delivery.change
    assert webhooks.replay(office, agent, made.id, last, last) == 1
    work(office)
    assert len(listener.came) == before + 1


def test_a_receiver_that_hangs_holds_up_neither_others_nor_their_order(
    shared_company, listener, monkeypatch
):
    """One receiver takes the connection and never answers; the deliveries of another all arrive."""
    office = shared_company
    work(office)
    agent = somebody(office, Role.AUDITOR, ISSUER)
    monkeypatch.setattr(hooks, "TIMEOUT_SECONDS", 3.0)
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        place = f"http://localhost:{hanging.getsockname()[1]}/"
        slow, _ = webhooks.subscribe(office, agent, place, [INSTRUCTION])
        quick, _ = webhooks.subscribe(office, agent, listener.url, [INSTRUCTION])
        sell(office, "tobias-brandt", "wei-ling-tan", 6, "hangs")
        bring_up(office)
        changes.tell_registers(office)
        while delivering.plan_due(office):
            pass
        with delivering.opened() as lanes:
            assert delivering.begin_due(office, lanes) >= 2
            while quick.id in lanes.open:
                lanes.wait(0.1)
            assert slow.id in lanes.open, "it still waits for its first answer"
            states = [one["content"]["state"] for one in told(listener)]
            assert states == ["accepted", "sending", "seen", "confirmed", "final"]
            assert delivering.begin_due(office, lanes) == 0, "one lane to each receiver"
            lanes.ended = True
        (first, *_) = reversed(webhooks.log(office, agent, slow.id, None, 50))
        assert (first.delivery.state, len(first.tries)) == (Delivered.WAITING, 1)
        assert first.tries[0].status is None
    for one in (slow, quick):
        webhooks.end(office, agent, one.id)


def test_another_worker_sends_nothing_to_whom_one_is_sending_and_takes_over_when_it_died(
    shared_company, listener
):
    office = shared_company
    work(office)
    agent = somebody(office, Role.ISSUER)
    made, _ = webhooks.subscribe(office, agent, listener.url, [INSTRUCTION])
    sell(office, "tobias-brandt", "wei-ling-tan", 7, "two workers")
    bring_up(office)
    while delivering.plan_due(office):
        pass
    now = office.clock.now()
    with office.book.transaction() as tx:
        first = book.take_next(tx, "one", made.id, now)
        assert first and book.take_next(tx, "two", made.id, now) is None
        assert made.id not in dict(book.due(tx, now))
    later = now + book.LEASE
    with office.book.transaction() as tx:
        assert made.id in dict(book.due(tx, later))
        again = book.take_next(tx, "two", made.id, later)
        assert again and again.number == first.number, "what the dead one was sending is sent again"
    webhooks.end(office, agent, made.id)


def test_a_target_inside_or_a_kind_that_is_none_is_refused_all_at_once(shared_company):
    agent = somebody(shared_company, Role.AUDITOR)
    with pytest.raises(Invalid) as found:
        webhooks.subscribe(shared_company, agent, "https://10.0.0.1/", ["units.moved"])
    assert [one.place for one in found.value.mistakes] == ["kinds", "url"]


def test_while_it_is_paused_nothing_is_sent_and_nothing_is_lost(shared_company, listener):
    office = shared_company
    work(office)
    agent = somebody(office, Role.COMPLIANCE_OFFICER)
    made, _ = webhooks.subscribe(office, agent, listener.url, [POSITION])
    assert webhooks.pause(office, agent, made.id, paused=True).paused_at
    sell(office, "tobias-brandt", "wei-ling-tan", 2, "paused")
    work(office)
    assert listener.came == []
    (one,) = webhooks.health(office, agent)
    assert one.counts[Delivered.WAITING] == 2
    assert webhooks.pause(office, agent, made.id, paused=False).paused_at is None
    work(office)
    whose = {json.loads(body)["content"]["holder"] for _, body in listener.came}
    assert whose == {"tobias-brandt", "wei-ling-tan"}
    (first, _) = webhooks.log(office, agent, made.id, None, 50)
    assert first.body == listener.came[-1][1].decode()
