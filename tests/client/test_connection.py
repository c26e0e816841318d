"""How the client asks, against a server that answers what a test tells it to."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from freehold import client
from freehold.client import connection, freehold, streams
from freehold.wire.documents import TransferAsked

ME = {"id": "p_1", "name": "somebody", "roles": [], "powers": []}
ACCEPTED = {
    "decision": {"allowed": True, "code": 0, "reason": "", "passes_on": None},
    "instruction": "0x" + "1" * 64,
    "approval": None,
    "state": "accepted",
}
ASKED = TransferAsked(sender="a", receiver="b", units="1")


@dataclass
class Told:
    """What a server was asked, and what it is to answer next: status, body, headers."""

    url: str = ""
    answers: list[tuple[int, Any, dict[str, str]]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def ask(self) -> freehold.Freehold:
        return freehold.of(connection.Connection(self.url, "fh_secret", sleep=self.waited.append))


@pytest.fixture
def told() -> Iterator[Told]:
    script = Told()

    class Answers(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            script.asked.append((self.command, self.path, dict(self.headers), body))
            status, said, headers = script.answers.pop(0)
            content = said.encode() if isinstance(said, str) else json.dumps(said).encode()
            if status == 0:  # cut off
                self.connection.close()
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status not in (204, 304):
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if status not in (204, 304):
                self.wfile.write(content)

        def log_message(self, *given: Any) -> None:
            pass

    for method in ("GET", "POST", "PUT", "DELETE"):
        setattr(Answers, f"do_{method}", Answers.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    yield script
    server.shutdown()
    server.server_close()
    thread.join()


def problem(status: int, kind: str, **more: Any) -> tuple[int, Any, dict[str, str]]:
    said = {"type": f"/problems/{kind}", "title": kind, "status": status, "detail": "why", **more}
    return status, said, {"Content-Type": "application/problem+json"}


def test_the_key_is_sent_and_stands_in_no_repr(told):
    told.answers = [(200, ME, {})]
    asked = told.ask()
    assert asked.me().name == "somebody"
    assert told.asked[0][2]["Authorization"] == "Bearer fh_secret"
    assert "fh_secret" not in repr(asked)


def test_an_act_that_is_tried_again_carries_the_same_idempotency_key(told):
    busy = problem(503, "unavailable")
    told.answers = [(0, "", {}), (*busy[:2], busy[2] | {"Retry-After": "7"}), (202, ACCEPTED, {})]
    assert told.ask().transfers.request("0x1", ASKED).state == "accepted"
    keys = {headers["Idempotency-Key"] for _, _, headers, _ in told.asked}
    assert len(told.asked) == 3 and len(keys) == 1
    assert told.waited == [0.5, 7.0]
    told.answers = [(202, ACCEPTED, {})]
    told.ask().transfers.request("0x1", ASKED)
    assert told.asked[-1][2]["Idempotency-Key"] not in keys


def test_what_could_be_done_twice_is_not_tried_again(told):
    told.answers = [problem(503, "unavailable")]
    with pytest.raises(client.Unavailable):
        told.ask().registers.verify()
    assert len(told.asked) == 1
    told.answers = [(429, *problem(429, "too-many")[1:]), (201, {}, {})]
    with pytest.raises(client.Faulty, match="is no Verification"):  # again: it was turned away
        told.ask().registers.verify()


def test_who_never_answers_is_given_up(told):
    told.answers = [(0, "", {})] * 5
    with pytest.raises(client.Unavailable, match="did not answer"):
        told.ask().me()
    assert told.waited == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (400, "invalid", client.Unreadable),
        (401, "not-signed-in", client.NotSignedIn),
        (403, "not-permitted", client.NotPermitted),
        (404, "not-found", client.Missing),
        (409, "conflict", client.Conflicting),
        (422, "refused", client.Refused),
        (422, "mistaken", client.Mistaken),
        (500, "fault", client.Faulty),
        (507, "no-room", client.NoRoom),
        (418, "of-the-future", client.ProblemError),
    ],
)
def test_every_kind_of_problem_is_an_exception_of_its_own(told, status, kind, error):
    wrong = [{"place": "units", "message": "too many"}]
    told.answers = [problem(status, kind, code=140, passes_on="2027-01-02", mistakes=wrong)]
    with pytest.raises(client.ProblemError) as caught:
        told.ask().transfers.request("0x1", ASKED)
    assert type(caught.value) is error
    assert (caught.value.kind, caught.value.code) == (kind, 140)
    assert str(caught.value.passes_on) == "2027-01-02"
    assert caught.value.mistakes[0].message == "too many"


def test_something_between_that_answers_is_no_problem_document(told):
    told.answers = [(200, "<html>", {}), (404, "<html>", {}), (302, "", {"Location": "http://x/"})]
    for _ in range(3):
        with pytest.raises(client.Faulty):
            told.ask().me()


def test_a_reading_that_has_not_changed_is_answered_from_what_was_kept(told):
    told.answers = [(200, ME, {"ETag": '"1"'}), (304, "", {}), (200, ME | {"name": "new"}, {})]
    asked = told.ask()
    assert [asked.me().name for _ in range(3)] == ["somebody", "somebody", "new"]
    assert "If-None-Match" not in told.asked[0][2]
    assert told.asked[1][2]["If-None-Match"] == '"1"'


def test_a_list_is_read_page_after_page_and_only_as_far_as_it_is_read(told):
    entry = {"number": 3, "at": "2026-01-01T00:00:00Z", "actor": "a", "act": "b", "subject": ""}
    entry |= {"outcome": "DONE", "code": None, "content": {}, "hash": "0"}
    told.answers = [(200, {"items": [entry] * 2, "next": "7"}, {})]
    entries = told.ask().audit.entries()
    assert next(entries).number == next(entries).number == 3
    assert len(told.asked) == 1
    told.answers = [(200, {"items": [], "next": None}, {})]
    assert list(entries) == []
    assert told.asked[1][1] == "/api/v1/audit?cursor=7"


def test_a_name_cannot_leave_its_place_in_the_path(told):
    told.answers = [problem(404, "not-found")]
    with pytest.raises(client.Missing):
        told.ask().approvals.proposal("../me?x=1#")
    assert told.asked[0][1] == "/api/v1/approvals/..%2Fme%3Fx%3D1%23"


def change(number: int) -> str:
    said = {"number": number, "at": "2026-01-01T00:00:00Z", "kind": "audit.recorded"}
    said |= {"scope": "*", "subject": "", "content": {}}
    return f"id: {number}\nevent: audit.recorded\ndata: {json.dumps(said)}\n\n"


def test_a_stream_that_is_cut_off_goes_on_behind_the_last_change(told):
    half = change(9).split("data")[0]
    told.answers = [
        (200, "retry: 250\nid: 6\n\n", {}),
        (200, f": hello\n\n{change(7)}{change(8)}{half}", {}),
        problem(503, "unavailable"),
        (200, change(9) + change(10), {}),
    ]
    stream = told.ask().changes.stream(kinds=["audit.recorded"])
    assert [next(stream).number for _ in range(4)] == [7, 8, 9, 10]
    places = [headers.get("Last-Event-ID") for _, _, headers, _ in told.asked]
    assert places == [None, "6", "8", "8"]
    assert told.asked[0][1] == "/api/v1/changes/stream?kinds=audit.recorded"
    assert told.waited[0] == 0.25
    told.answers = [problem(401, "not-signed-in")]
    with pytest.raises(client.NotSignedIn):
        next(stream)


def test_a_stream_that_nobody_serves_any_more_ends_in_words(told):
    told.answers = [problem(503, "unavailable")] * 5
    with pytest.raises(client.Unavailable):
        next(streams.changes(told.ask().connection, None, 4))
