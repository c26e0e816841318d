"""Persons for tests: who they are, and claims about them, through the desks."""

from datetime import timedelta

from freehold.core import clock
from freehold.desks.office import Office, now_on_chain, set_clock
from freehold.desks.onboarding import onboarding

PAPER = "sha256:" + "ab" * 32
ANNA = {"name": "Anna Schmidt", "born": "1980-02-29", "residence": "DE", "citizenships": ["US"]}


def today(office: Office):
    return now_on_chain(office).date()


def travel(office: Office, day) -> None:
    """Go to a day of the simulated clock."""
    set_clock(office, clock.day_number(day) * clock.DAY_SECONDS + 3_600)
    office.w3.provider.make_request("evm_mine", [])


def say(office: Office, person: str, name: str, days: int = 365, **more):
    """A claim that begins today and holds for so many days after it."""
    now = today(office)
    given = {"evidence": PAPER, "issued": str(now), "expires": str(now + timedelta(days=days))}
    return onboarding.add_claim(office, {"subject": person, "name": name, **given, **more})


def berliner(office: Office, id: str = "p-anna", **more) -> str:
    """A person who was identified and lives in Germany; the id."""
    onboarding.add_person(office, {**ANNA, **more}, id)
    say(office, id, "kyc")
    say(office, id, "residence", country="DE")
    return id
