"""The audit log's part in acts of servicing: every act, every refusal and every failure is recorded.

`noted` wraps a desk's function, so that no way out of it is missed. A trial changes nothing and is not
recorded. Entries name the action or the meeting; terms and amounts stand in the book.
"""

import functools
import hashlib
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from freehold.book import audit
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import (
    Conflict,
    Invalid,
    NotFound,
    NotPermitted,
    Plain,
    PlatformError,
)
from freehold.desks.office import Office
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended

Asked = TypeVar("Asked")
Given = ParamSpec("Given")
Result = TypeVar("Result")
_LONGEST = 256


class Notice(Protocol):
    """Whatever calls a meeting."""

    @property
    def notice(self) -> str: ...


class Change(Protocol):
    """Whatever changes a meeting."""

    @property
    def issuer(self) -> str | None: ...
    @property
    def meeting(self) -> int: ...


class Appointment(Protocol):
    """Whatever names a proxy."""

    @property
    def issuer(self) -> str | None: ...
    @property
    def meeting(self) -> int: ...
    @property
    def holder(self) -> str: ...


def noted(
    act: str, subject: Callable[..., str]
) -> Callable[
    [Callable[Concatenate[Office, Actor, Asked, Given], Result]],
    Callable[Concatenate[Office, Actor, Asked, Given], Result],
]:
    """Record what becomes of `act`; `subject` makes the id of what it is about from all that is asked."""

    def wrap(
        carry_out: Callable[Concatenate[Office, Actor, Asked, Given], Result],
    ) -> Callable[Concatenate[Office, Actor, Asked, Given], Result]:
        @functools.wraps(carry_out)
        def recorded(
            office: Office, actor: Actor, asked: Asked, /, *args: Given.args, **named: Given.kwargs
        ) -> Result:
            about = subject(asked, *args, **named)[:_LONGEST]
            with refusals(office, actor.name, act, about):
                done = carry_out(office, actor, asked, *args, **named)
            _record_outcome(office, actor, act, about, done)
            return done

        return recorded

    return wrap


@contextmanager
def refusals(office: Office, by: str, act: str, about: str) -> Iterator[None]:
    """Record whatever ends `act` with an error, and let it through."""
    try:
        yield
    except NotPermitted as denied:
        _record(office, by, act, about, Outcome.DENIED, 0, denied.message)
        raise
    except (Conflict, Invalid, NotFound) as refused:
        _record(office, by, act, about, Outcome.REFUSED, 0, refused.message)
        raise
    except PlatformError as failed:
        _record(office, by, act, about, Outcome.FAILED, 0, failed.message)
        raise


def id_in(text: str, *_: object, **__: object) -> str:
    """The id that a file of terms gives itself; nothing where it cannot be read."""
    try:
        return str(tomllib.loads(text).get("id", ""))
    except (tomllib.TOMLDecodeError, AttributeError):
        return ""


def itself(id: str, *_: object, **__: object) -> str:
    return id


def meeting(issuer: str | None, number: int, *_: object, **__: object) -> str:
    """What an act about a meeting is about."""
    return f"meeting {number}" + (f" of {issuer}" if issuer else "")


def of_meeting(request: Change, **_: object) -> str:
    """The meeting that an act changes."""
    return meeting(request.issuer, request.meeting)


def notice(request: Notice, **_: object) -> str:
    """A meeting has no number before it is called: the SHA-256 of its notice, as on the chain."""
    return f"notice {digest_of(request.notice)}"


def digest_of(notice: str) -> str:
    """The SHA-256 of a notice, as it stands on the chain."""
    return "0x" + hashlib.sha256(notice.encode()).hexdigest()


def appointment(request: Appointment, **_: object) -> str:
    """Whose vote at which meeting."""
    return f"{meeting(request.issuer, request.meeting)}, {request.holder}"


def _record_outcome(office: Office, actor: Actor, act: str, about: str, done: object) -> None:
    outcome = done if isinstance(done, ActOutcome) else getattr(done, "act", None)
    if not isinstance(outcome, ActOutcome):
        return _record(office, actor.name, act, about, Outcome.DONE, 0, "")
    if outcome.ended is not Ended.TRIED:
        ended = Outcome.REFUSED if outcome.refused else Outcome.DONE
        _record(office, actor.name, act, about, ended, outcome.code, outcome.reason)
    return None


def _record(
    office: Office, by: str, act: str, about: str, outcome: Outcome, code: int, why: str
) -> None:
    content: dict[str, Plain] = {"why": why[:_LONGEST]} if why else {}
    with office.book.transaction() as tx:
        entry = Entry(by, act, about, outcome, code or None, content)
        audit.record(tx, entry, office.clock.now())
