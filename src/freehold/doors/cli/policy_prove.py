"""`freehold policy prove`: the policy as written and as compiled give the same code on every input."""

from pathlib import Path

import click

from freehold.core.policy.compile import compile_policy
from freehold.core.policy.model import NOTICE
from freehold.core.policy.prove import Mismatch, Proven, prove
from freehold.core.reasons import Reason
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.policy_file import POLICY, read


@click.command("prove")
@click.argument("file", type=POLICY)
@json_option
def prove_file(file: Path, as_json: bool) -> Outcome:
    """Compare the policy with its compiled form on every input that it can tell apart.

    Exit code 1 if a single case differs.
    """
    compiled = compile_policy(read(file).policy)
    proven = prove(compiled)
    document = {
        "policy": compiled.policy.name,
        "id": compiled.id,
        "cases": dict(proven.cases) | {"all": sum(proven.cases.values())},
        "mismatches": [_as_document(one) for one in proven.mismatches],
        "codes": {str(code): times for code, times in sorted(proven.codes.items())},
        "read_of_persons": sorted(proven.read),
        "proofs_read": [str(proof.name).lower() for proof in proven.proofs],
        "holds": proven.holds,
        "notice": NOTICE,
    }
    show(document, as_json, _counts(proven), _codes(proven), *_differences(proven))
    return Outcome.DONE if proven.holds else Outcome.FAILED


def _counts(proven: Proven) -> Table:
    rows = [(part, f"{count:,}") for part, count in proven.cases.items()]
    rows.append(("all", f"{sum(proven.cases.values()):,}"))
    title = "Proved: no case differs" if proven.holds else "Not proved"
    return Table(title, [Column("part"), Column("cases", number=True)], rows)


def _codes(proven: Proven) -> Table:
    rows = [(str(code), Reason(code).name, f"{n:,}") for code, n in sorted(proven.codes.items())]
    columns = [Column("code", number=True), Column("name"), Column("times", number=True)]
    return Table("Codes reached", columns, rows)


def _differences(proven: Proven) -> list[Table]:
    if proven.holds:
        return []
    rows = [
        (one.part, str(one.written), str(one.compiled), repr(one.case)) for one in proven.mismatches
    ]
    columns = [Column("part"), Column("written"), Column("compiled"), Column("case")]
    return [Table("Cases that differ", columns, rows)]


def _as_document(one: Mismatch) -> dict[str, object]:
    found = {"part": one.part, "written": one.written, "compiled": one.compiled}
    return found | {"case": repr(one.case)}
