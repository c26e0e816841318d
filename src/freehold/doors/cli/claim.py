"""`freehold claim`: what is claimed of a person, on what evidence, and whose claims count."""

import re
from pathlib import Path

import click

from freehold.core.claims import CLAIM_NAMES, Claim
from freehold.core.clock import parse_day
from freehold.core.errors import NotFound
from freehold.desks.office import open_office
from freehold.desks.onboarding import examining, onboarding, persons
from freehold.doors.cli.onboard import claim_table, policy_option, scheme, why_option
from freehold.doors.cli.output import Column, Table, json_option, plain, show
from freehold.doors.cli.settings import settings


@click.group()
def claim() -> None:
    """Claims about persons: add, end and revoke them, and say whose claims count."""


@claim.command()
@click.argument("person")
@click.argument("name")
@click.option("--expires", help="The last day on which it holds; a claim without one is refused.")
@click.option("--issued", required=True, help="The day on which it was made (2026-06-01).")
@click.option(
    "--evidence", required=True, help="The paper (a file, hashed here) or its sha256:DIGEST."
)
@click.option("--by", default="", help="Who claims it; the office itself if left out.")
@click.option("--country", default="", help="For residence, citizenship ...: ISO 3166-1 alpha-2.")
@policy_option()
@json_option
def add(
    person: str,
    name: str,
    expires: str | None,
    issued: str,
    evidence: str,
    by: str,
    country: str,
    policy_file: Path | None,
    as_json: bool,
) -> None:
    """Record a claim NAME about a PERSON. `freehold claim names` lists the names."""
    given = {
        "subject": person,
        "name": name,
        "expires": expires or "",
        "issued": issued,
        "evidence": _digest(evidence),
        "issuer": by,
        "country": country,
    }
    with open_office(settings()) as office:
        classes = scheme(policy_file)
        made = onboarding.add_claim(office, given, classes.own_names if classes else ())
    _show([made], {}, as_json)


@claim.command("list")
@click.argument("person")
@json_option
def list_(person: str, as_json: bool) -> None:
    """All claims about a PERSON, and how each stands today."""
    with open_office(settings()) as office:
        found = onboarding.person_file(office, person)
    states = {id: str(state) for id, state in found.states.items()}
    _show(list(found.claims), states, as_json)


@claim.command()
@click.argument("claim_id", metavar="CLAIM")
@click.option("--last-day", help="The last day on which the fact was so; today if left out.")
@why_option
@policy_option()
@json_option
def end(
    claim_id: str, last_day: str | None, why: str, policy_file: Path | None, as_json: bool
) -> None:
    """Record that the fact behind a CLAIM has ended (an affiliate left, say), and push it."""
    _end(claim_id, "ended", last_day, why, policy_file, as_json)


@claim.command()
@click.argument("claim_id", metavar="CLAIM")
@click.option("--from", "from_day", help="From which day it counts for nothing; today if left out.")
@why_option
@policy_option()
@json_option
def revoke(
    claim_id: str, from_day: str | None, why: str, policy_file: Path | None, as_json: bool
) -> None:
    """Take a CLAIM back, and push what follows to every register the person is in."""
    _end(claim_id, "revoked", from_day, why, policy_file, as_json)


@claim.command()
@click.argument("issuer")
@click.option("--name", default="", help="Only claims of this name; all if left out.")
@click.option("--no-longer", is_flag=True, help="Trust the issuer no longer.")
@json_option
def trust(issuer: str, name: str, no_longer: bool, as_json: bool) -> None:
    """Trust the claims of an ISSUER. What the office claims itself is always trusted."""
    with open_office(settings()) as office:
        listed = persons.set_trust(office, issuer, name, trusted=not no_longer)
    rows = [(name or "every claim", ", ".join(who)) for name, who in sorted(listed.items()) if who]
    document = {name or "*": who for name, who in listed.items() if who}
    columns = [Column("claim"), Column("trusted issuers")]
    show({"trusted": document}, as_json, Table("", columns, rows))


@claim.command()
@json_option
def names(as_json: bool) -> None:
    """The names that a claim may have, and the rule that each serves."""
    rows = [
        (name, about.sentence, about.rule, "stays" if about.stays else "")
        for name, about in CLAIM_NAMES.items()
    ]
    columns = [Column(one) for one in ("claim", "says that the person", "rule", "until ended")]
    show({"names": dict(CLAIM_NAMES)}, as_json, Table("", columns, rows))


def _digest(text: str) -> str:
    if re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        return text
    try:
        return examining.digest_of(Path(text).read_bytes())
    except OSError:
        raise NotFound(
            f"there is no paper {text}: give a file or sha256:DIGEST", file=text
        ) from None


def _end(
    id: str, fate: str, day: str | None, why: str, policy_file: Path | None, as_json: bool
) -> None:
    when = parse_day(day, "day") if day else None
    with open_office(settings()) as office:
        done, pushed = onboarding.end_claim_everywhere(
            office, id, fate, when, why, scheme(policy_file)
        )
    document = {"claim": plain(done), "pushed": [str(one.wallet) for one in pushed]}
    rows = [(done.id, done.name, str(done.ended or done.revoked), str(len(pushed)))]
    columns = [Column("claim"), Column("name"), Column(fate), Column("accounts changed", True)]
    show(document, as_json, Table("", columns, rows))


def _show(claims: list[Claim], states: dict[str, str], as_json: bool) -> None:
    document = [{**plain(one), "state": states.get(one.id, "")} for one in claims]
    show({"claims": document}, as_json, claim_table(tuple(claims), states))
