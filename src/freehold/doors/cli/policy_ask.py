"""`freehold policy ask`: what a policy's gates say to stated facts, before anything is done."""

import tomllib
from decimal import Decimal
from pathlib import Path

import click

from freehold.core.errors import Invalid
from freehold.core.policy.case import Failure
from freehold.core.policy.expression import Fact
from freehold.core.policy.library import fact
from freehold.core.policy.model import NOTICE, Stage
from freehold.desks.rules import policies
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.policy_file import POLICY, read


@click.command()
@click.argument("file", type=POLICY)
@click.argument("stage", type=click.Choice([stage.value for stage in Stage]))
@click.argument("facts", type=POLICY)
@json_option
def ask(file: Path, stage: str, facts: Path, as_json: bool) -> Outcome:
    """Ask the gate of a STAGE about FACTS (TOML: name = value): what refuses, what is missing."""
    judged = policies.judged(read(file).policy, Stage(stage), read_facts(facts))
    document = {
        "allowed": judged.allowed,
        "code": judged.code,
        "failures": [as_document(one) for one in judged.failures],
        "missing": sorted(judged.missing),
        "notice": NOTICE,
    }
    rows = [(str(int(one.code)), one.rule, one.text, one.cite) for one in judged.failures]
    rows += [("", "", f"not known: {name}", "") for name in sorted(judged.missing)]
    columns = [Column("code", number=True), Column("rule"), Column("why"), Column("citation")]
    title = "Allowed" if judged.allowed else "Not allowed as it stands"
    show(document, as_json, Table(title, columns, rows))
    return Outcome.DONE if judged.allowed else Outcome.REFUSED


def read_facts(file: Path) -> dict[str, Fact]:
    """Facts by name. Raises Invalid where a value is no fact."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise Invalid(f"{file} is not TOML: {problem}", file=str(file)) from None
    return {name: fact(name, value) for name, value in content.items()}


def as_document(failure: Failure) -> dict[str, object]:
    """A failure as JSON shows it."""
    return {
        "code": int(failure.code),
        "rule": failure.rule,
        "text": failure.text,
        "citation": failure.cite,
        "as_of": failure.as_of,
        "unverified": failure.unverified,
        "facts": dict(failure.facts),
        "way_out": failure.way_out,
    }
