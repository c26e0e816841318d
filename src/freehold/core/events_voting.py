"""What `Ballot.vy` says happened: meetings, votes, proxies (the rules are those of `core/events.py`)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeetingAnnounced:
    meeting: int
    register: str
    notice: str
    terms: int


@dataclass(frozen=True, slots=True)
class ClassCalled:
    meeting: int
    place: int
    token: str
    record: int


@dataclass(frozen=True, slots=True)
class ResolutionPut:
    meeting: int
    place: int
    rule: int
    votes_per_unit: int


@dataclass(frozen=True, slots=True)
class Appointed:
    meeting: int
    account: int
    giver: str
    proxy: str
    may_substitute: bool


@dataclass(frozen=True, slots=True)
class Voted:
    meeting: int
    account: int
    choices: int


@dataclass(frozen=True, slots=True)
class VotedByProxy:
    meeting: int
    account: int
    proxy: str
    choices: int


@dataclass(frozen=True, slots=True)
class Marked:
    meeting: int
    account: int
    mark: int


@dataclass(frozen=True, slots=True)
class VoteSealed:
    meeting: int
    account: int
    voter: str
    seal: str


@dataclass(frozen=True, slots=True)
class VoteWithdrawn:
    meeting: int
    account: int


@dataclass(frozen=True, slots=True)
class VoteSkipped:
    meeting: int
    holder: str
    reason: int


@dataclass(frozen=True, slots=True)
class TreasurySetAside:
    meeting: int
    account: int


@dataclass(frozen=True, slots=True)
class MeetingEnded:
    meeting: int
    cancelled: bool
    document: str
