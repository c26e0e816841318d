"""`freehold policy check`, `expand`, `compile`: what a policy file says, and what goes on chain."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import click

from freehold.core.policy.compile import Compiled
from freehold.core.policy.identity import policy_document, policy_id
from freehold.core.policy.model import NOTICE, Policy, Source
from freehold.core.policy.parse import Parsed
from freehold.desks.rules import policies
from freehold.doors.cli.output import Column, Table, json_option, show


class Sourced(Protocol):
    """Anything in a policy that has a source."""

    @property
    def source(self) -> Source: ...


POLICY = click.Path(exists=True, dir_okay=False, path_type=Path)


def read(file: Path) -> Parsed:
    """The policy in the file, checked as of today."""
    return policies.read_policy(file, datetime.now(UTC).date())


@click.command()
@click.argument("file", type=POLICY)
@json_option
def check(file: Path, as_json: bool) -> None:
    """Read a policy and say everything that is wrong with it, with line and key."""
    parsed = read(file)
    policy = parsed.policy
    document = {
        "policy": policy.name,
        "id": policy_id(policy),
        "as_of": policy.as_of,
        "notice": NOTICE,
        "profiles": [{"id": use.id, "as_of": use.as_of} for use in policy.uses],
        "classes": {one.name: one.id for one in policy.classes},
        "unverified": _unverified(policy),
        "warnings": [
            {"lint": one.id, "place": one.place, "text": one.text} for one in parsed.warnings
        ],
    }
    facts = [
        ("policy", policy.name),
        ("id", str(document["id"])),
        ("profiles", ", ".join(use.id for use in policy.uses)),
        ("classes", ", ".join(f"{one.id} {one.name}" for one in policy.classes)),
        ("rests on unverified texts", ", ".join(_unverified(policy)) or "none"),
        ("note", NOTICE),
    ]
    warned = [(one.id, one.place, one.text) for one in parsed.warnings]
    columns = [Column("lint"), Column("place"), Column("what")]
    tables = [Table("Warnings", columns, warned)] if warned else []
    show(document, as_json, Table("", [Column("what"), Column("is")], facts), *tables)


def _unverified(policy: Policy) -> list[str]:
    parts: tuple[Sourced, ...] = (
        *policy.prohibitions, *policy.paths, *policy.caps, *policy.tests,
        *policy.attributes, *policy.families, *policy.obligations,
    )  # fmt: skip
    return sorted({part.source.rule for part in parts if part.source.is_unverified})


@click.command()
@click.argument("file", type=POLICY)
@json_option
def expand(file: Path, as_json: bool) -> None:
    """Show the policy with its profiles written out: every rule, with its citation."""
    policy = read(file).policy
    rows = [
        ("prohibition", one.id, str(int(one.code)), one.when.text, one.source.cite)
        for one in policy.prohibitions
    ]
    rows += [
        ("path", one.id, str(int(one.code)), one.needs.text, one.source.cite)
        for one in policy.paths
    ]
    rows += [
        ("cap", one.id, str(int(one.code)), f"{one.group.text}: {one.limit}", one.source.cite)
        for one in policy.caps
    ]
    rows += [
        ("test", one.id, str(int(one.code)), one.needs.text, one.source.cite)
        for one in policy.tests
    ]
    columns = [
        Column("rule"),
        Column("id"),
        Column("code", number=True),
        Column("says"),
        Column("citation"),
    ]
    document = {"id": policy_id(policy), "notice": NOTICE, "policy": policy_document(policy)}
    show(document, as_json, Table(policy.name, columns, rows))


@click.command("compile")
@click.argument("file", type=POLICY)
@json_option
def compile_file(file: Path, as_json: bool) -> None:
    """Show what a token would store: who may sell to whom, the ways out of clocks, the limits."""
    compiled, rows = policies.compiled(read(file).policy)
    document = {
        "policy": compiled.policy.name,
        "id": compiled.id,
        "classes": {one.name: one.id for one in compiled.policy.classes},
        "rows": [{"what": what, "key": hex(key), "word": hex(word)} for what, key, word in rows],
    }
    show(document, as_json, _matrix(compiled), _size(compiled, len(rows)))


def _matrix(compiled: Compiled) -> Table:
    """Who may sell free units to whom."""
    classes, rules = compiled.policy.classes, compiled.rules
    rows = []
    for seller in classes:
        codes = [rules.why.get((0, seller.id, buyer.id), 0) for buyer in classes]
        rows.append(
            (f"{seller.id} {seller.name}", *(str(code) if code else "yes" for code in codes))
        )
    columns = [Column("seller"), *(Column(f"{one.id} {one.name}") for one in classes)]
    return Table("Sale of free units, by class", columns, rows)


def _size(compiled: Compiled, rows: int) -> Table:
    facts = [("policy id", compiled.id), ("rows on chain", str(rows))]
    facts += [("most holders", str(compiled.rules.most_holders or "no limit"))]
    facts += [("counted groups", str(len(compiled.rules.groups)))]
    return Table("", [Column("what"), Column("is")], facts)
