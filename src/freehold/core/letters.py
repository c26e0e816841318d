"""Letters that the platform sends by e-mail: their kinds, what each says, how they may end.

A recipient is one plain mailbox (RFC 5321 4.1.2, quoted names left out): whatever could begin another
header or name a second recipient is refused where it is written, not where it is sent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from freehold.core.errors import Invalid, Mistake

MAILBOX = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+"
)
LONGEST_MAILBOX, LONGEST_LOCAL, LONGEST_FACT = 254, 64, 2_000
LONGEST_LINE = 400


class Kind(StrEnum):
    """What a letter is about."""

    INVITATION = "invitation"
    ADMISSION = "admission"
    APPROVAL = "approval"
    DECIDED = "decided"
    HOLDING = "holding"
    STATEMENT = "statement"
    SECURITY = "security"
    ADDRESS = "address"
    CLAIM = "claim"
    NEWS = "news"
    BREAK = "break"
    ACTION = "action"
    REMINDER = "reminder"


OPTIONAL = frozenset({Kind.APPROVAL, Kind.DECIDED, Kind.STATEMENT, Kind.NEWS, Kind.REMINDER})
"""What somebody may do without. What touches his access or his units he is always told."""


class State(StrEnum):
    """How far a letter has come. UNSURE: it may have been sent; a person has to say."""

    WAITING = "WAITING"
    SENDING = "SENDING"
    SENT = "SENT"
    BOUNCED = "BOUNCED"
    UNSURE = "UNSURE"
    DROPPED = "DROPPED"


FACTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.INVITATION: ("issuer", "link", "until"),
    Kind.ADMISSION: ("issuer", "how", "link"),
    Kind.APPROVAL: ("issuer", "act", "link", "until"),
    Kind.DECIDED: ("issuer", "act", "how", "link"),
    Kind.HOLDING: ("issuer", "what", "link"),
    Kind.STATEMENT: ("issuer", "closed", "link"),
    Kind.SECURITY: ("what", "at", "link"),
    Kind.ADDRESS: ("issuer", "until", "link"),
    Kind.CLAIM: ("issuer", "days", "until"),
    Kind.NEWS: ("issuer", "title", "said", "link"),
    Kind.BREAK: ("issuer", "what", "link"),
    Kind.ACTION: ("issuer", "title", "said", "link"),
    Kind.REMINDER: ("issuer", "title", "said", "link"),
}
"""What each kind has to be told; `link` is a path of the platform, such as /approvals."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of the outbox. `id` becomes its Message-ID."""

    id: str
    kind: Kind
    to: str
    facts: Mapping[str, str]
    state: State
    attempts: int
    created_at: datetime
    next_at: datetime
    sent_at: datetime | None
    note: str


def mailbox(text: str, field: str = "to") -> str:
    """One mailbox. Raises Invalid for anything else; the text itself is not repeated."""
    local = text.partition("@")[0]
    if len(text) > LONGEST_MAILBOX or len(local) > LONGEST_LOCAL or not MAILBOX.fullmatch(text):
        raise Invalid(f"{field} is no address of one mailbox, such as ann@example.com", field=field)
    return text


def is_mailbox(text: str) -> bool:
    """Whether a sign-in name can be written to."""
    try:
        mailbox(text)
    except Invalid:
        return False
    return True


def plain(text: str, longest: int = 200) -> str:
    """A text of somebody's, fit to stand in a letter: one line, no control characters, not too long."""
    shown = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(shown.split())[:longest]


def checked(kind: Kind, facts: Mapping[str, str]) -> dict[str, str]:
    """The facts of a letter: all of its kind, none besides, on one line each (`said` may have more).

    Raises Invalid with every mistake at once.
    """
    mistakes = [
        Mistake(name, "is missing") for name in FACTS[kind] if not str(facts.get(name, "")).strip()
    ]
    mistakes += [Mistake(name, "has no place here") for name in facts if name not in FACTS[kind]]
    for name, value in facts.items():
        plain = str(value).replace("\n", " ") if name == "said" else str(value)
        if len(plain) > LONGEST_FACT or not plain.isprintable():
            mistakes.append(Mistake(name, "is too long, or not one line of letters"))
        if name == "link" and not re.fullmatch(r"/([\w.?=&%:-][\w./?=&%:-]*)?", str(value)):
            mistakes.append(Mistake(name, "is no path of the platform, such as /approvals"))
    if mistakes:
        raise Invalid(f"a letter of the kind {kind} cannot be written", mistakes)
    return {name: str(value) for name, value in facts.items()}
