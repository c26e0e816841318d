"""What the API answers instead of the thing itself, as exceptions: one for each kind of problem.

ProblemError
├── Unreadable      400, 405, 413, 415: the request is not what this route takes
├── NotSignedIn     401
├── NotPermitted    403: the power is named in the detail
├── Missing         404
├── Conflicting     409: it contradicts what there is
├── Refused         422: the rules refuse it; `code` is the reason, `passes_on` the day
├── Mistaken        422: it can be read, and what it says cannot be done
├── TooMany         429: `retry_after` says for how long to wait, in seconds
├── Unavailable     503, or nobody answered: trying again is safe
├── NoRoom          507: the server's disk is full; trying again is safe once somebody made room
└── Faulty          500, or an answer that is none of ours
"""

from collections.abc import Mapping
from datetime import date

from freehold.wire.problems import PLACE, Problem, WrongPlace


class ProblemError(Exception):
    """A request was not done. `problem` is the whole document (RFC 9457)."""

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.retry_after = retry_after

    @property
    def kind(self) -> str:
        """The kind's name, as in docs/reference/platform.md."""
        return self.problem.type.removeprefix(PLACE)

    @property
    def code(self) -> int | None:
        """The reason's number, where rules refused (docs/reference/reasons.md)."""
        return self.problem.code

    @property
    def passes_on(self) -> date | None:
        """The first day on which it would pass, where time alone helps."""
        return self.problem.passes_on

    @property
    def mistakes(self) -> list[WrongPlace]:
        """Everything that is wrong with the input, each with its place."""
        return self.problem.mistakes


class Unreadable(ProblemError):
    """The request is not what this route takes."""


class NotSignedIn(ProblemError):
    """There is no valid API key."""


class NotPermitted(ProblemError):
    """A power is missing."""


class Missing(ProblemError):
    """There is no such thing."""


class Conflicting(ProblemError):
    """It contradicts what there is."""


class Refused(ProblemError):
    """The rules refuse it."""


class Mistaken(ProblemError):
    """It can be read, and what it says cannot be done."""


class TooMany(ProblemError):
    """Too many requests."""


class Unavailable(ProblemError):
    """It cannot be answered now; trying again is safe."""


class NoRoom(ProblemError):
    """The server's disk is full and nothing was written; trying again is safe with room again."""


class Faulty(ProblemError):
    """The mistake is the server's."""


_KINDS: Mapping[str, type[ProblemError]] = {
    "invalid": Unreadable,
    "method-not-allowed": Unreadable,
    "too-large": Unreadable,
    "media-type": Unreadable,
    "not-signed-in": NotSignedIn,
    "not-permitted": NotPermitted,
    "not-found": Missing,
    "conflict": Conflicting,
    "refused": Refused,
    "mistaken": Mistaken,
    "too-many": TooMany,
    "unavailable": Unavailable,
    "no-room": NoRoom,
    "fault": Faulty,
}


def of_problem(problem: Problem, retry_after: float | None = None) -> ProblemError:
    """The exception of a problem document; one of a kind that is not known yet is a ProblemError."""
    kind = _KINDS.get(problem.type.removeprefix(PLACE), ProblemError)
    return kind(problem, retry_after)


def made_here(kind: str, status: int, title: str, detail: str) -> ProblemError:
    """A problem that no server wrote: nobody answered, or with something else."""
    return of_problem(Problem(type=PLACE + kind, title=title, status=status, detail=detail))
