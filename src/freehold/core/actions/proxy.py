"""Who may vote for a holder: appointments, substitution, revocation, and no way round in a circle.

A holder appoints one proxy at a time; a later appointment replaces an earlier one, a revocation
ends it. A proxy who was given the power to may appoint a substitute for that holder, and then the
substitute votes. The holder can always vote in person.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from freehold.core.clock import stamp
from freehold.core.errors import Mistake


@dataclass(frozen=True, slots=True)
class Appointment:
    """`giver` lets `proxy` vote the units of `holder` from `at` on; the giver is the holder itself,
    or its proxy who may substitute."""

    holder: str
    giver: str
    proxy: str
    at: datetime
    revoked_at: datetime | None = None
    may_substitute: bool = False


def voter_for(holder: str, appointments: Sequence[Appointment], instant: datetime) -> str:
    """Who may vote for a holder at an instant beside itself: the end of the chain of proxies."""
    return chain(holder, appointments, instant)[-1]


def chain(holder: str, appointments: Sequence[Appointment], instant: datetime) -> list[str]:
    """The holder, its proxy, that one's substitute, and so on. Stops where it would close."""
    found = [holder]
    while (given := _given(holder, found[-1], appointments, instant)) is not None:
        if given.proxy in found or not _may(holder, found, appointments, instant):
            break
        found.append(given.proxy)
    return found


def by_holder(appointments: Sequence[Appointment]) -> dict[str, list[Appointment]]:
    """Appointments apart for each holder whose units they are about."""
    found: dict[str, list[Appointment]] = {}
    for one in appointments:
        found.setdefault(one.holder, []).append(one)
    return found


def appointment_mistakes(appointments: Sequence[Appointment]) -> list[Mistake]:
    """What is wrong with appointments, each judged when it was made; the place is its number."""
    given = by_holder(appointments)
    return [
        Mistake(f"proxy {number}: {field}", message)
        for number, one in enumerate(appointments, 1)
        for field, message in _wrong(one, [a for a in given[one.holder] if a is not one])
    ]


def _wrong(one: Appointment, others: Sequence[Appointment]) -> Iterator[tuple[str, str]]:
    if one.revoked_at is not None and one.revoked_at < one.at:
        yield "until", f"{stamp(one.revoked_at)} is before it is given"
    way = chain(one.holder, others, one.at)
    if one.giver not in way or not _may(
        one.holder, way[: 1 + way.index(one.giver)], others, one.at
    ):
        holder = f"{one.holder} at {stamp(one.at)}"
        yield "giver", f"{one.giver} has no power to substitute for {holder}"
        return
    way = way[: 1 + way.index(one.giver)]
    if one.proxy == one.giver:
        yield "proxy", f"{one.giver} cannot be its own proxy"
    elif one.proxy in way:
        yield "proxy", f"proxies run in a circle: {' > '.join([*way, one.proxy])}"


def _given(
    holder: str, giver: str, appointments: Sequence[Appointment], instant: datetime
) -> Appointment | None:
    """The last appointment by a giver for a holder that is in force at an instant."""
    made = [
        one
        for one in appointments
        if (one.holder, one.giver) == (holder, giver) and one.at <= instant
    ]
    if not made:
        return None
    last = max(made, key=lambda one: one.at)
    return last if last.revoked_at is None or last.revoked_at > instant else None


def _may(
    holder: str, way: Sequence[str], appointments: Sequence[Appointment], instant: datetime
) -> bool:
    """Whether the end of a chain was given the power to pass the vote on; a holder always has it."""
    if len(way) == 1:
        return True
    given = _given(holder, way[-2], appointments, instant)
    return given is not None and given.may_substitute
