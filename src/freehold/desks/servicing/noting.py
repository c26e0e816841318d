"""The audit log's part in acts of servicing: every act, every refusal and every failure is recorded.

`noted` wraps a desk's function, so that no way out of it is missed. A trial changes nothing and is not
recorded. Entries name the action or the meeting; terms and amounts stand in the book.
"""

import functools
import tomllib
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

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


def noted(
    act: str, subject: Callable[[Asked], str]
) -> Callable[
    [Callable[Concatenate[Office, Actor, Asked, Given], Result]],
    Callable[Concatenate[Office, Actor, Asked, Given], Result],
]:
    """Record what becomes of `act`; `subject` makes the id of what it is about from what is asked."""

    def wrap(
        carry_out: Callable[Concatenate[Office, Actor, Asked, Given], Result],
    ) -> Callable[Concatenate[Office, Actor, Asked, Given], Result]:
        @functools.wraps(carry_out)
        def recorded(
            office: Office, actor: Actor, asked: Asked, /, *args: Given.args, **named: Given.kwargs
        ) -> Result:
            about = subject(asked)[:_LONGEST]
            try:
                done = carry_out(office, actor, asked, *args, **named)
            except NotPermitted as denied:
                _record(office, actor, act, about, Outcome.DENIED, 0, denied.message)
                raise
            except (Conflict, Invalid, NotFound) as refused:
                _record(office, actor, act, about, Outcome.REFUSED, 0, refused.message)
                raise
            except PlatformError as failed:
                _record(office, actor, act, about, Outcome.FAILED, 0, failed.message)
                raise
            _record_outcome(office, actor, act, about, done)
            return done

        return recorded

    return wrap


def id_in(text: str) -> str:
    """The id that a file of terms gives itself; nothing where it cannot be read."""
    try:
        return str(tomllib.loads(text).get("id", ""))
    except (tomllib.TOMLDecodeError, AttributeError):
        return ""


def itself(id: str) -> str:
    return id


def _record_outcome(office: Office, actor: Actor, act: str, about: str, done: object) -> None:
    outcome = done if isinstance(done, ActOutcome) else getattr(done, "act", None)
    if not isinstance(outcome, ActOutcome):
        return _record(office, actor, act, about, Outcome.DONE, 0, "")
    if outcome.ended is not Ended.TRIED:
        ended = Outcome.REFUSED if outcome.refused else Outcome.DONE
        _record(office, actor, act, about, ended, outcome.code, outcome.reason)
    return None


def _record(
    office: Office, actor: Actor, act: str, about: str, outcome: Outcome, code: int, why: str
) -> None:
    content: dict[str, Plain] = {"why": why[:_LONGEST]} if why else {}
    with office.book.transaction() as tx:
        entry = Entry(actor.name, act, about, outcome, code or None, content)
        audit.record(tx, entry, office.clock.now())
