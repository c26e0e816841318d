"""Letters on their way: to a real mail server and into a folder, once each, whatever goes wrong."""

import email
import socket
import threading
from dataclasses import replace
from datetime import timedelta
from email import policy
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller

from freehold import config
from freehold.book import notices as rows
from freehold.core.errors import Conflict, Invalid, NotPermitted
from freehold.core.letters import FACTS, Kind, State
from freehold.desks import notices, permits
from freehold.desks.notices import Delivered, Ended, Post
from freehold.doors.platform import mail

TO = "ann@example.com"
FACT = {
    "issuer": "Nörthwind <Optics>",
    "link": "/welcome/abc",
    "until": "28 Nov 2026",
    "act": "Freeze units",
    "closed": "31 Oct 2026",
    "what": "A new passkey",
    "how": "was approved by tess@agent.example",
    "at": "14:02 UTC",
    "days": "30",
    "title": "A vote",
    "said": "Vote now.\nIt ends soon.",
}
AGENT = permits.keyholder()


def facts(kind):
    return {name: FACT[name] for name in FACTS[kind]}


class Server:
    """What the mail server got, and how it answers."""

    def __init__(self):
        self.got, self.answers, self.hang_up = [], [], False

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.got.append(envelope)
        if self.hang_up:
            server.transport.abort()
        return self.answers.pop(0) if self.answers else "250 taken"


@pytest.fixture
def server():
    handler = Server()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield SimpleNamespace(handler=handler, port=controller.port, controller=controller)
    controller.stop(no_assert=True)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def settings(tmp_path, **more):
    named = {f"FREEHOLD_{name.upper()}": value for name, value in more.items()}
    return config.load(environment={"FREEHOLD_HOME": str(tmp_path), **named})


@pytest.fixture
def by_smtp(server, tmp_path):
    return mail.post_of(settings(tmp_path, mail=f"smtp://127.0.0.1:{server.port}"))


def written(office, kind=Kind.INVITATION, **more):
    with office.book.transaction() as tx:
        return notices.notify(tx, kind, TO, facts(kind), office.clock.now(), **more)


def state(office, id):
    with office.book.reading() as tx:
        return rows.find(tx, id)


class Later:
    def __init__(self, clock, seconds):
        self.clock, self.seconds = clock, seconds

    def now(self):
        return self.clock.now() + timedelta(seconds=self.seconds)


def later(office, seconds):
    return replace(office, clock=Later(office.clock, seconds))


def test_a_letter_arrives_once_with_its_id_and_says_the_same_twice(empty, server, by_smtp):
    id = written(empty)
    assert notices.send_due(empty, by_smtp) == 1
    assert notices.send_due(empty, by_smtp) == 0
    (envelope,) = server.handler.got
    assert envelope.rcpt_tos == [TO] and envelope.mail_from == "register@freehold.invalid"
    got = email.message_from_bytes(envelope.content, policy=policy.SMTP)
    assert got["Message-ID"] == f"<{id}@localhost>"
    assert got["Subject"] == "You are invited to Nörthwind <Optics>"
    plain = got.get_body(("plain",)).get_content()
    assert "http://localhost:8440/welcome/abc" in plain and "28 Nov 2026" in plain
    html = got.get_body(("html",)).get_content()
    assert "Nörthwind &lt;Optics&gt;" in html and "<Optics>" not in html
    assert state(empty, id).state is State.SENT


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_template(empty, tmp_path, kind):
    id = written(empty, kind)
    made = mail.message(settings(tmp_path), state(empty, id))
    assert made["Subject"] and "{{" not in made.as_string()


def test_the_same_letter_under_the_same_word_is_written_once(empty, server, by_smtp):
    assert written(empty, once="one") == written(empty, once="one") != written(empty, once="two")
    assert notices.send_due(empty, by_smtp) == 2


def test_a_letter_whose_act_was_rolled_back_never_was(empty):
    with pytest.raises(ZeroDivisionError), empty.book.transaction() as tx:
        notices.notify(tx, Kind.SECURITY, TO, facts(Kind.SECURITY), empty.clock.now())
        raise ZeroDivisionError
    assert notices.outbox(empty, AGENT) == []


def test_what_is_refused_for_now_is_tried_again_with_growing_waits(empty, server, by_smtp):
    server.handler.answers = ["451 later", "451 later"]
    id = written(empty)
    assert notices.send_due(empty, by_smtp) == 1
    assert state(empty, id).state is State.WAITING and "451" in state(empty, id).note
    assert notices.send_due(empty, by_smtp) == 0
    assert notices.send_due(later(empty, 61), by_smtp) == 1
    assert notices.send_due(later(empty, 120), by_smtp) == 0
    assert notices.send_due(later(empty, 400), by_smtp) == 1
    assert state(empty, id).state is State.SENT and state(empty, id).attempts == 3
    ids = {email.message_from_bytes(one.content)["Message-ID"] for one in server.handler.got}
    assert len(ids) == 1


def test_a_server_that_is_away_is_waited_for_and_given_up_in_the_end(empty, tmp_path):
    post = mail.post_of(settings(tmp_path, mail=f"smtp://127.0.0.1:{free_port()}"))
    id = written(empty)
    waited = 0
    for _ in range(len(notices.WAITS) + 1):
        assert notices.send_due(later(empty, waited), post) == 1
        waited += 2 * notices.WAITS[-1]
    assert state(empty, id).state is State.BOUNCED
    assert "given up after 7 attempts" in state(empty, id).note
    assert [one.id for one in notices.queue(empty, AGENT)] == [id]


def test_what_is_refused_for_good_goes_into_the_queue_and_a_person_decides(empty, server, by_smtp):
    server.handler.answers = ["550 no such mailbox"]
    id = written(empty)
    notices.send_due(empty, by_smtp)
    assert state(empty, id).state is State.BOUNCED and "550" in state(empty, id).note
    notices.send_again(empty, AGENT, id)
    assert notices.send_due(empty, by_smtp) == 1
    assert state(empty, id).state is State.SENT
    with pytest.raises(Conflict, match="not in the queue"):
        notices.send_again(empty, AGENT, id)
    notices.bounced(empty, AGENT, id, "came back: mailbox full")
    notices.drop(empty, AGENT, id)
    assert state(empty, id).to == ""


def test_a_line_that_breaks_while_it_is_handed_over_is_not_tried_again_by_itself(
    empty, server, by_smtp
):
    server.handler.hang_up = True
    id = written(empty)
    notices.send_due(empty, by_smtp)
    assert state(empty, id).state is State.UNSURE
    server.handler.hang_up = False
    assert notices.send_due(later(empty, 10**6), by_smtp) == 0
    assert len(server.handler.got) == 1


def test_of_a_sender_that_died_nobody_knows_but_a_folder_shows_one(empty, tmp_path, by_smtp):
    class Killed(BaseException):
        """The process is gone."""

    def dies(letter):
        raise Killed

    first, second = written(empty), written(empty)
    for _ in range(2):
        with pytest.raises(Killed):
            notices.send_due(empty, Post(dies, repeatable=False))
    dead = later(empty, 301)
    folder = mail.post_of(settings(tmp_path))
    assert notices.send_due(dead, Post(lambda _: Delivered(Ended.SENT), repeatable=False)) == 0
    assert {state(empty, one).state for one in (first, second)} == {State.UNSURE}
    third = written(empty)
    with pytest.raises(Killed):
        notices.send_due(
            empty, Post(lambda letter: (folder.deliver(letter), dies(letter))[1], True)
        )
    assert notices.send_due(later(empty, 301), folder) == 1
    assert [one.name for one in sorted((tmp_path / "mail").iterdir())] == [f"{third}.eml"]
    assert state(empty, third).state is State.SENT


def test_two_workers_send_every_letter_once(empty, server, by_smtp):
    for _ in range(20):
        written(empty)
    workers = [threading.Thread(target=notices.send_due, args=(empty, by_smtp)) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    ids = [email.message_from_bytes(one.content)["Message-ID"] for one in server.handler.got]
    assert len(ids) == len(set(ids)) == 20


def test_a_password_never_goes_without_tls(empty, server, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("pw\n")
    post = mail.post_of(
        settings(
            tmp_path,
            mail=f"smtp://127.0.0.1:{server.port}",
            mail_user="ann",
            mail_secret=f"file:{secret}",
        )
    )
    id = written(empty)
    notices.send_due(empty, post)
    assert "no TLS" in state(empty, id).note and not server.handler.got


def test_only_who_keeps_the_files_sees_the_queue_and_a_wrong_recipient_writes_nothing(empty):
    with pytest.raises(NotPermitted):
        notices.queue(empty, permits.operator())
    with pytest.raises(Invalid), empty.book.transaction() as tx:
        notices.notify(tx, Kind.NEWS, f"{TO}\nBcc: b@example.com", FACT, empty.clock.now())
    assert notices.outbox(empty, AGENT) == []
