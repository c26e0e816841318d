"""A browser without scripts: it sends the forms that a page shows, as they stand there, with its token."""

import secrets
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import requests

from freehold.book import identities
from freehold.core.roles import EVERYWHERE, GRANTED, Role
from freehold.desks import permits
from freehold.desks.access import sessions, signin
from freehold.desks.access.sessions import Client
from freehold.desks.platform import auditing
from tests.doors.running import AGENT, Platform, office_of


@dataclass
class Form:
    """A form of a page as it is sent: where to, what is in it, and its buttons by their words."""

    method: str
    address: str
    files: bool
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, dict[str, str]]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.form = Form("", "", files=False)
        self.words: list[str] | None = None
        self.given: dict[str, str] = {}
        self.listed = self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        match tag:
            case "form":
                kind = given.get("enctype", "")
                address = given.get("action", "")
                self.form = Form(given.get("method", "get"), address, kind.startswith("multipart"))
                self.found.append(self.form)
            case "button":
                self.words, self.given = [], given
            case "select":
                self.listed = name
            case "option" if self.listed:
                if "selected" in given or self.listed not in self.form.fields:
                    self.form.fields[self.listed] = [given.get("value", "")]
            case "textarea":
                self.area = name
                self.form.fields[name] = [""]
            case "input" if name and given.get("type") != "file":
                if given.get("type") not in ("radio", "checkbox") or "checked" in given:
                    self.form.fields.setdefault(name, []).append(given.get("value", "on"))

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "button" if self.words is not None:
                said = " ".join("".join(self.words).split())
                self.form.buttons.append((said, self.given))
                self.words = None
            case "select":
                self.listed = ""
            case "textarea":
                self.area = ""
            case "form":
                self.form = Form("", "", files=False)

    def handle_data(self, data: str) -> None:
        if self.words is not None:
            self.words.append(data)
        if self.area:
            self.form.fields[self.area][0] += data


def forms(page: str) -> list[Form]:
    """The forms of a page, in its order."""
    reader = _Forms()
    reader.feed(page)
    return reader.found


class Window:
    """A browser without scripts in which somebody has signed in."""

    def __init__(self, platform: Platform, browser: requests.Session) -> None:
        self.url, self.browser = platform.url, browser

    def see(self, path: str) -> str:
        answer = self.browser.get(self.url + path, timeout=60)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def press(
        self,
        path: str,
        words: str,
        page: str = "",
        sent_to: str = "",
        file: tuple[str, bytes] | None = None,
        **more: Any,
    ) -> requests.Response:
        """Press the button that begins with these words on a page, with fields filled in; not followed.

        `page` is the page's text where it did not come from its address alone; `sent_to` tells forms with
        the same words apart. A field that the form does not have cannot be filled in.
        """
        shown = page or self.see(path)
        found = [
            (form, given)
            for form in forms(shown)
            for said, given in form.buttons
            if (said == words or said.startswith(f"{words} ")) and sent_to in ("", form.address)
        ]
        assert found, f"no button {words!r} on {path}: {shown[-4000:]}"
        known = [one for one in found if set(more) <= set(one[0].fields)]
        form, given = (known or found)[0]
        wrong = set(more) - set(form.fields) - _optional(shown)
        assert not wrong, f"the form of {words!r} has no {wrong}"
        sent = {**form.fields, **more}
        if "name" in given:
            sent[given["name"]] = given.get("value", "")
        to = self.url + (given.get("formaction") or form.address or path).partition("#")[0]
        if form.method == "get":
            return self.browser.get(to, params=sent, timeout=60)
        files = {"file": (*file, "application/octet-stream")} if file and form.files else None
        return self.browser.post(to, sent, files=files, timeout=60, allow_redirects=False)


def _optional(page: str) -> set[str]:
    """Fields of a page that send nothing unless they are chosen."""
    reader = _Choices()
    reader.feed(page)
    return reader.found


class _Choices(HTMLParser):
    """Names of the fields that are ticked or not."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") in ("radio", "checkbox") and given.get("name"):
            self.found.add(str(given["name"]))


def somebody(platform: Platform, name: str, role: Role) -> str:
    """A person of one's own with a role everywhere; the id."""
    return invited(platform, name, role)[0]


def invited(platform: Platform, name: str, role: Role) -> tuple[str, str]:
    """A person's id, and the path of his one-time link; whoever else has this name has another one."""
    given, own = [(role, EVERYWHERE)], f"{secrets.token_hex(3)}.{name}"
    with office_of(platform.home) as office:
        who, link = signin.invite(office, permits.operator(), own, given)
    return who.id, f"/welcome/{link}"


def session_of(platform: Platform, id: str, agent: str = AGENT) -> requests.Session:
    """A browser in which a person has signed in a moment ago."""
    with office_of(platform.home) as office, office.book.transaction() as tx:
        known = identities.find(tx, id)
        client = Client("127.0.0.1", agent)
        cookie = sessions.start_session(tx, known, client, "a test", office.clock.now())
    browser = requests.Session()
    browser.headers["User-Agent"] = agent
    browser.cookies.set("freehold", cookie, domain="localhost.local")
    return browser


def key_of(platform: Platform, id: str, role: Role) -> str:
    """An API key of a person with the powers of a role."""
    with office_of(platform.home) as office:
        with office.book.reading() as tx:
            actor = permits.actor_of(tx, identities.find(tx, id))
        return sessions.make_key(office, actor, "tests", GRANTED[role], 30)[1]


def acts_of(platform: Platform, subject: str) -> list[tuple[str, str]]:
    """The acts about a subject in the audit log, the latest first, each with its outcome."""
    with office_of(platform.home) as office:
        page = auditing.page(office, permits.operator(), None, 200)
    return [
        (each.entry.act, str(each.entry.outcome)) for each in page if each.entry.subject == subject
    ]
