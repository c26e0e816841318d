"""How the client asks: the key, what is tried again, what is remembered, what becomes an exception.

A request is tried again only where that cannot do anything twice: reading, what carries an
`Idempotency-Key` (made here, and the same in every try), ending things, and whatever was turned away
with 429. An answer to GET is kept with its ETag, and 304 answers from there.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from pydantic import BaseModel, ValidationError

from freehold.client.problems import ProblemError, TooMany, Unavailable, made_here, of_problem
from freehold.wire.problems import KINDS, MEDIA_TYPE, Problem

TRIES, FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5, 0.5, 30.0
KEPT = 256
"""Answers that are kept with their ETags, the newest ones."""
Model = TypeVar("Model", bound=BaseModel)
Query = Mapping[str, str | int | list[str] | None]


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the API is, and with which key it is asked. `seconds` is how long an answer may take."""

    url: str
    key: str = field(repr=False)
    seconds: float = 30.0
    tries: int = TRIES
    session: requests.Session = field(default_factory=requests.Session, repr=False, compare=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False, compare=False)
    kept: dict[str, tuple[str, Any]] = field(default_factory=dict, repr=False, compare=False)

    def get(self, path: str, model: type[Model], query: Query | None = None, **named: str) -> Model:
        """One document. `named` fills the places in the path."""
        return _read(model, self._ask("GET", path, named, query=query))

    def post(
        self,
        path: str,
        model: type[Model],
        body: BaseModel | None = None,
        query: Query | None = None,
        **named: str,
    ) -> Model:
        """Ask for something that acts without a key of its own; it is not tried again."""
        return _read(model, self._ask("POST", path, named, body, query))

    def act(
        self,
        path: str,
        model: type[Model],
        body: BaseModel | None = None,
        key: str | None = None,
        query: Query | None = None,
        **named: str,
    ) -> Model:
        """Act once: under `key`, or under one made here, which every try carries."""
        headers = {"Idempotency-Key": key or new_key()}
        return _read(model, self._ask("POST", path, named, body, query, headers))

    def put(self, path: str, model: type[Model], body: BaseModel, **named: str) -> Model:
        """Put something in the place of what there was."""
        return _read(model, self._ask("PUT", path, named, body))

    def delete(self, path: str, query: Query | None = None, **named: str) -> None:
        """End something."""
        self._ask("DELETE", path, named, query=query)

    def content(self, path: str, query: Query | None = None, **named: str) -> bytes:
        """A file as it is. Raises ProblemError."""
        with self._send("GET", path, named, None, query, {}) as answer:
            if answer.status_code != 200:
                raise _problem(answer)
            return bytes(answer.content)

    def items(
        self, path: str, model: type[BaseModel], query: Query | None = None, **named: str
    ) -> Iterator[Any]:
        """Everything in a list, page after page, asked for as it is read."""
        asked = dict(query or {})
        while True:
            page: Any = self.get(path, model, asked, **named)
            yield from page.items
            if not getattr(page, "next", None):
                return
            asked["cursor"] = page.next

    def open(self, path: str, headers: Mapping[str, str], query: Query) -> requests.Response:
        """An answer that is read as it comes; whoever asks closes it. Raises ProblemError."""
        answer = self._send("GET", path, {}, None, query, headers, stream=True)
        if answer.status_code != 200:
            raise _problem(answer)
        return answer

    def _ask(
        self,
        method: str,
        path: str,
        named: Mapping[str, str],
        body: BaseModel | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        given = dict(headers or {})
        safe = method in ("GET", "PUT", "DELETE") or "Idempotency-Key" in given
        for tried in range(1, self.tries + 1):
            try:
                return self._once(method, path, named, body, query, given)
            except ProblemError as fault:
                again = isinstance(fault, TooMany) or (safe and isinstance(fault, Unavailable))
                if not again or tried == self.tries:
                    raise
                usual = FIRST_WAIT_SECONDS * 2 ** (tried - 1)
                self.sleep(min(fault.retry_after or usual, LONGEST_WAIT_SECONDS))
        raise AssertionError("the last try returns or raises")

    def _once(
        self,
        method: str,
        path: str,
        named: Mapping[str, str],
        body: BaseModel | None,
        query: Query | None,
        headers: dict[str, str],
    ) -> Any:
        place = f"{_filled(path, named)} {sorted((query or {}).items(), key=str)}"
        tag, before = self.kept.get(place, ("", None)) if method == "GET" else ("", None)
        if tag:
            headers = {**headers, "If-None-Match": tag}
        answer = self._send(method, path, named, body, query, headers)
        if answer.status_code == 304:
            return before
        if answer.status_code >= 300:
            raise _problem(answer)
        if answer.status_code == 204:
            return None
        found = _document(answer)
        if method == "GET" and (new := answer.headers.get("ETag")):
            self.kept.pop(place, None)
            self.kept[place] = (new, found)
            if len(self.kept) > KEPT:
                del self.kept[next(iter(self.kept))]
        return found

    def _send(
        self,
        method: str,
        path: str,
        named: Mapping[str, str],
        body: BaseModel | None,
        query: Query | None,
        headers: Mapping[str, str],
        *,
        stream: bool = False,
    ) -> requests.Response:
        try:
            return self.session.request(
                method,
                f"{self.url}/api{_filled(path, named)}",
                params={name: value for name, value in (query or {}).items() if value is not None},
                json=None if body is None else body.model_dump(mode="json", exclude_unset=True),
                headers={"Authorization": f"Bearer {self.key}", **headers},
                timeout=self.seconds,
                allow_redirects=False,
                stream=stream,
            )
        except requests.RequestException as fault:
            said = f"{self.url} did not answer: {type(fault).__name__}"
            raise made_here("unavailable", 503, KINDS["unavailable"].title, said) from fault


def new_key() -> str:
    """An idempotency key that nobody has used."""
    return secrets.token_urlsafe(24)


def _filled(path: str, named: Mapping[str, str]) -> str:
    """The path with its places filled; nothing in a value can leave its place."""
    return path.format(**{name: quote(value, safe="") for name, value in named.items()})


def _read(model: type[Model], found: Any) -> Model:
    try:
        return model.model_validate(found)
    except ValidationError as fault:
        said = f"the answer is no {model.__name__}: {fault.error_count()} parts of it do not fit"
        raise made_here("fault", 500, KINDS["fault"].title, said) from fault


def _document(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        said = f"status {answer.status_code} came with something that is no JSON"
        raise made_here("fault", 500, KINDS["fault"].title, said) from None


def _problem(answer: requests.Response) -> ProblemError:
    wait = answer.headers.get("Retry-After", "")
    seconds = float(wait) if wait.isdigit() else None
    if answer.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
        try:
            return of_problem(Problem.model_validate(answer.json()), seconds)
        except ValueError:
            pass  # something in between wrote it: said below
    status = answer.status_code
    kind = "unavailable" if status in (502, 503, 504) else "fault"
    said = f"status {status} came without a problem document: is {answer.url} a platform's API?"
    return made_here(kind, status, KINDS[kind].title, said)
