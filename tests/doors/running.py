"""A platform that runs: `freehold serve` on a copy of the example company, with people of every role.

Started once for all tests that ask it over HTTP, as its users do; what they change, they change for
all, so tests look for what they made themselves.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp
import requests

from freehold import config
from freehold.book import identities, tokens
from freehold.core.roles import EVERYWHERE, GRANTED, Role, holder_scope
from freehold.desks import permits
from freehold.desks.access import sessions, signin
from freehold.desks.access.sessions import Client
from freehold.desks.office import Office, open_office
from tests.parts import ROOT

PASSWORD = "a horse in four words"
AGENT = "tests of the platform"
ISSUER = "northwind-optics"
HOLDER = "priya-raman"
START_SECONDS = 90
FRESH_SECONDS = 300


@dataclass
class Platform:
    """A running platform; `keys` and `cookies` by role, `others` what a second issuer would see."""

    url: str
    home: Path
    process: subprocess.Popen[str]
    first_link: str
    processes: dict[str, int]
    keys: dict[Role, str] = field(default_factory=dict, repr=False)
    cookies: dict[Role, str] = field(default_factory=dict, repr=False)
    proved: dict[Role, float] = field(default_factory=dict, repr=False)
    began: float = field(default_factory=time.monotonic)

    def ask(
        self,
        role: Role | None,
        method: str,
        path: str,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Ask the API with the key of somebody in a role."""
        given = dict(headers or {})
        if role is not None:
            given["Authorization"] = f"Bearer {self.keys[role]}"
        return requests.request(
            method, f"{self.url}/api{path}", json=json, headers=given, timeout=60
        )

    def browse(self, role: Role | None) -> requests.Session:
        """A browser in which somebody in a role has signed in."""
        browser = requests.Session()
        browser.headers["User-Agent"] = AGENT
        if role is not None:
            self._prove(role)
            browser.cookies.set("freehold", self.cookies[role], domain="localhost.local")
        return browser

    def come_in(self, role: Role) -> None:
        """A new session for somebody in a role, where a test ended the one before."""
        with office_of(self.home) as office, office.book.transaction() as tx:
            known = identities.named(tx, f"{role}@northwind.example")
            assert known
            now, client = office.clock.now(), Client("127.0.0.1", AGENT)
            self.cookies[role] = sessions.start_session(tx, known, client, "a test", now)
            self.proved[role] = time.monotonic()

    def _prove(self, role: Role) -> None:
        """However long the tests run, a session is of somebody who has proved himself a moment ago."""
        if time.monotonic() - self.proved.get(role, self.began) > FRESH_SECONDS:
            with office_of(self.home) as office, office.book.transaction() as tx:
                mine = tokens.fingerprint(self.cookies[role])
                tokens.prove(tx, mine, office.clock.now())
            self.proved[role] = time.monotonic()


@contextmanager
def office_of(home: Path) -> Iterator[Office]:
    """The office behind a running platform."""
    with open_office(config.load(environment={"FREEHOLD_HOME": str(home)}), followed=True) as one:
        yield one


@contextmanager
def serve(
    home: Path, environment: Mapping[str, str] | None = None, arguments: Sequence[str] = ()
) -> Iterator[Platform]:
    """Run `freehold serve` on a home until the test is over."""
    port = free_port()
    url = f"http://localhost:{port}"
    log = (home.parent / "serve.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "freehold", "serve", "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "FREEHOLD_HOME": str(home),
            "FREEHOLD_LISTEN": f"127.0.0.1:{port}",
            "FREEHOLD_PUBLIC_URL": url,
            **(environment or {}),
        },
    )
    try:
        said = _document(process)
        yield Platform(url, home, process, said["first_link"], said["processes"])
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        finally:
            process.kill()
            log.close()
            assert process.stdout
            process.stdout.close()


def _document(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The JSON document that the command prints once everything is up."""
    assert process.stdout
    text = ""
    for line in process.stdout:
        text += line
        if line == "}\n":
            break
    assert text, f"the platform ended with {process.wait(5)} before it was ready"
    found: dict[str, Any] = json.loads(text)
    return found


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def people(platform: Platform) -> None:
    """Somebody of every role, with an API key of all his powers and an open session."""
    with office_of(platform.home) as office:
        for role in Role:
            scope = holder_scope(ISSUER, HOLDER) if role is Role.INVESTOR else EVERYWHERE
            name = f"{role}@northwind.example"
            made, _ = signin.invite(office, permits.operator(), name, [(role, scope)])
            with office.book.transaction() as tx:
                actor = permits.actor_of(tx, identities.find(tx, made.id))
                client = Client("127.0.0.1", AGENT)
                platform.cookies[role] = sessions.start_session(
                    tx, made, client, "a test", office.clock.now()
                )
            _, platform.keys[role] = sessions.make_key(office, actor, "tests", GRANTED[role], 30)


def enrol(browser: requests.Session, link: str, password: str = PASSWORD) -> str:
    """Use a one-time link as a person does; the secret of the code generator."""
    shown = browser.get(link, timeout=30)
    secret = between(shown.text, 'id="secret">', "<")
    form = {
        "token": form_token(shown.text),
        "password": password,
        "code": pyotp.TOTP(secret).now(),
    }
    answer = browser.post(link, form, timeout=30, allow_redirects=False)
    assert answer.status_code == 303, answer.text
    return secret


def form_token(page: str) -> str:
    return between(page, 'name="token" value="', '"')


def between(text: str, before: str, after: str) -> str:
    assert before in text, f"{before} is not in {text[:2000]}"
    return text.split(before, 1)[1].split(after, 1)[0]


def until(holds: Any, seconds: float = 30) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{seconds} s were not enough"
        time.sleep(0.1)
