"""Everything that can go wrong, as one tree.

    PlatformError            message is a sentence a person can act on; .facts holds plain values
    |- Invalid               what you sent cannot be read or contradicts itself
    |- NotFound              no such instrument, holder, instruction
    |- NotPermitted          this actor lacks the power (the message names the power)
    |- Conflict              same id with different content; the state already moved on
    |- Unavailable           node, database or feed not reachable; safe to retry
    |  `- NoRoom             a disk is full; safe to retry once somebody has made room
    `- Broken                an invariant does not hold; work stops and says so

A refusal by the policy is not in this tree: it is a result, not an error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Plain = str | int | bool | None


class PlatformError(Exception):
    """A sentence for a person, and the facts behind it for a machine."""

    def __init__(self, message: str, **facts: Plain) -> None:
        super().__init__(message)
        self.message = message
        self.facts: Mapping[str, Plain] = facts


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in an input: where it stands (`file: path to the field`), and what is wrong."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class Invalid(PlatformError):
    """The input cannot be accepted; `mistakes` lists every one that was found, with its place."""

    def __init__(self, message: str, mistakes: Sequence[Mistake] = (), **facts: Plain) -> None:
        super().__init__(message, **facts)
        self.mistakes = tuple(mistakes)


class NotFound(PlatformError):
    """There is no such thing."""


class NotPermitted(PlatformError):
    """The actor lacks the power that the message names."""


class Conflict(PlatformError):
    """The same id with other content, or a state that has already moved on."""


class Unavailable(PlatformError):
    """Something outside cannot be reached now; trying again is safe."""


class NoRoom(Unavailable):
    """A disk is full: nothing was written, reading goes on, and trying again is safe with room again."""


class Broken(PlatformError):
    """An invariant does not hold. Nothing further may be done on top of it."""
