"""Where deliveries may go: public addresses by https, checked before the connection is made."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from freehold.core.errors import Invalid
from freehold.feeds import hooks


def resolves(monkeypatch, *addresses):
    """Let every name have these addresses; each later question gives the next."""
    given = list(addresses)

    def answer(host, port, **_):
        address = given.pop(0) if len(given) > 1 else given[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1",
        "64:ff9b::a00:1", "2002:a00:1::", "::",
    ],
)  # fmt: skip
def test_a_private_address_is_refused_however_it_is_written(monkeypatch, address):
    resolves(monkeypatch, address)
    with pytest.raises(Invalid) as found:
        hooks.require_target("https://hook.example/", loopback=False)
    assert "private address" in found.value.mistakes[0].message
    assert hooks.send("https://hook.example/", b"{}", {}, loopback=True).status is None


@pytest.mark.parametrize(
    "url",
    [
        "http://hook.example/", "ftp://hook.example/", "https://user:word@hook.example/",
        "https://", "https://hook.example/#part", "https://hook.example:0/", "file:///etc/passwd",
        "https://hook.example/a b", "https://" + "a" * 600,
    ],
)  # fmt: skip
def test_what_is_no_public_https_url_is_refused(monkeypatch, url):
    resolves(monkeypatch, "93.184.216.34")
    with pytest.raises(Invalid):
        hooks.require_target(url, loopback=True)


def test_a_public_address_is_taken_and_loopback_only_on_test_networks(monkeypatch):
    resolves(monkeypatch, "93.184.216.34")
    hooks.require_target("https://hook.example/path?query=1", loopback=False)
    resolves(monkeypatch, "127.0.0.1")
    hooks.require_target("http://localhost:8000/", loopback=True)
    with pytest.raises(Invalid):
        hooks.require_target("http://localhost:8000/", loopback=False)


def test_a_name_that_changes_its_address_is_connected_to_where_it_was_checked(monkeypatch):
    resolves(monkeypatch, "93.184.216.34", "127.0.0.1")
    tried = []

    def connect(place, timeout):
        tried.append(place[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    sent = hooks.send("https://hook.example/", b"{}", {}, loopback=True)
    assert tried == ["93.184.216.34"]
    assert (sent.ok, sent.said) == (False, "no answer: ConnectionRefusedError")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_not_followed(status):
    """A server of the subscriber's that leads on to an address inside is asked once, the inside never."""
    asked = []

    class Leading(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/inside")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Leading)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/hook"
        sent = hooks.send(url, b"{}", {}, loopback=True)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == ["/hook"]
    assert (sent.ok, sent.status, sent.said) == (False, status, "a redirect, which is not followed")


def test_a_receiver_that_trickles_is_cut_off_at_the_time_for_all_of_it(monkeypatch):
    """A byte now and then would pass the timeout of every single read."""
    monkeypatch.setattr(hooks, "TIMEOUT_SECONDS", 1.0)
    over = threading.Event()

    def trickle(server):
        link, _ = server.accept()
        with link:
            for _ in range(100):
                if over.wait(0.1):
                    return
                try:
                    link.sendall(b"H")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=trickle, args=(server,))
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/hook"
        sent = hooks.send(url, b"{}", {}, loopback=True)
        over.set()
        thread.join()
    assert (sent.ok, sent.status, sent.said) == (False, None, "no answer: TimeoutError")
    assert sent.milliseconds < 5_000


def test_a_name_that_was_public_when_it_was_set_and_is_private_now_is_not_called(monkeypatch):
    resolves(monkeypatch, "93.184.216.34", "10.0.0.7")
    hooks.require_target("https://hook.example/", loopback=False)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it was called"))
    sent = hooks.send("https://hook.example/", b"{}", {}, loopback=False)
    assert sent.status is None
    assert "hook.example is 10.0.0.7, which is a private address" in sent.said
