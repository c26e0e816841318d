"""What the commands about persons share: the policy that classes come from, files, tables."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from freehold.core.claims import Claim
from freehold.core.clock import LAST_DAY, day_of
from freehold.core.errors import Invalid
from freehold.core.policy.model import Policy
from freehold.core.reasons import message_for
from freehold.desks.onboarding.persons import Scheme, Standing, scheme_of
from freehold.desks.rules import policies
from freehold.doors.cli.output import Column, Table

issuer_option = click.option("--issuer", help="The issuer's id, where there are several.")
reviewer_option = click.option("--reviewer", required=True, help="Who decides.")
why_option = click.option("--why", required=True, help="The reason; it is kept sealed.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def policy_option(required: bool = False) -> Callable[..., Any]:
    """`--policy FILE`, from which classes and findings come."""
    return click.option(
        "--policy",
        "policy_file",
        type=FILE,
        required=required,
        help="The policy whose attributes and classes count"
        + ("." if required else "; the one in force if left out."),
    )


def read_policy(file: Path) -> Policy:
    """The policy of a file. Raises Invalid with every mistake."""
    return policies.read_policy(file, datetime.now(UTC).date()).policy


def scheme(file: Path | None) -> Scheme | None:
    """The scheme of a policy file; None for that of the policy in force."""
    return None if file is None else scheme_of(read_policy(file))


def read_json(file: Path) -> Any:
    """A JSON document of a file. Raises Invalid."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as wrong:
        raise Invalid(f"{file} is no JSON that can be read: {wrong}", file=str(file)) from None


def standing_document(found: Standing) -> dict[str, object]:
    """A standing for a program."""
    return {
        "person": found.person,
        "day": found.day,
        "class": found.holder_class,
        "class_name": found.class_name,
        "country": found.country,
        "until": last_day(found.until) if found.admitted else "",
        "marks": [flag.name.lower() for flag in found.flags if flag.name],
        "code": found.code,
        "reason": message_for(found.code) if found.code else "",
        "attributes": {
            name: {"because": held.because, "claims": list(held.claims), "until": held.until}
            for name, held in found.attributes.items()
        },
    }


def standing_tables(found: Standing) -> list[Table]:
    """A standing for a person: class and last day, then each attribute with its reasons."""
    said = message_for(found.code) if found.code else ""
    until = last_day(found.until) if found.admitted else ""
    title = f"{found.person} on {found.day}: {found.class_name or 'no class'}"
    columns = [Column("class"), Column("until"), Column("marks"), Column("refused")]
    marks = ", ".join(flag.name.lower() for flag in found.flags if flag.name)
    number = str(found.holder_class or "")
    head = Table(title, columns, [(number, until, marks, said)])
    rows = [
        (name, held.because, ", ".join(held.claims), str(held.until or "further notice"))
        for name, held in found.attributes.items()
    ]
    names = [Column(one) for one in ("attribute", "because", "claims", "until")]
    return [head, Table("Attributes", names, rows)]


def claim_table(claims: tuple[Claim, ...], states: dict[str, str]) -> Table:
    """Claims with how they stand, as rows."""
    rows = [
        (
            one.id,
            one.name,
            one.country,
            one.issuer,
            str(one.issued),
            str(one.expires),
            states.get(one.id, ""),
        )
        for one in claims
    ]
    names = ("id", "claim", "country", "issuer", "issued", "expires", "state")
    return Table("Claims", [Column(name) for name in names], rows)


def last_day(number: int) -> str:
    """A day number of the register for people."""
    return "further notice" if number == LAST_DAY else str(day_of(number))
