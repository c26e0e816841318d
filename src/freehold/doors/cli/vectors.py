"""`try`: run files of test vectors; `freehold policy` and `freehold howey` both have it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from freehold.core.errors import Invalid, Mistake
from freehold.core.policy.vectors import Result, Vector, read_vectors, run_vectors, summary
from freehold.desks.rules.policies import vector_kinds
from freehold.doors.cli.output import Column, Outcome, Table, json_option, plain, show

_COLUMNS = [Column("vector"), Column("what"), Column("law"), Column("outcome")]


@click.command("try")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@json_option
def try_vectors(files: tuple[Path, ...], as_json: bool) -> Outcome:
    """Run files of test vectors of any kind: facts in, expected outcomes compared.

    Exit code 1 if a vector fails. A file with any mistake is refused with all of them (exit code 2),
    and then no vector of any file is run.
    """
    done = list(zip(files, _run(files), strict=True))
    results = [result for _, found in done for result in found]
    counts = summary(results)
    document = {
        "summary": counts,
        "files": [{"file": file, "results": found} for file, found in done],
    }
    verdict = "all passed" if not counts.failed else f"{counts.failed} failed"
    said = f"{counts.vectors} vectors: {verdict}; the law of {counts.unverified} is unverified."
    tables = [Table(str(file), _COLUMNS, list(map(_row, found))) for file, found in done]
    show(document, as_json, *tables)
    if not as_json:
        click.echo(said)
    return Outcome.FAILED if counts.failed else Outcome.DONE


def _run(files: Sequence[Path]) -> list[tuple[Result, ...]]:
    """The results of each file. Raises Invalid with the mistakes of all files together."""
    mistakes: list[Mistake] = []
    read: list[tuple[Vector, ...]] = []
    results: list[tuple[Result, ...]] = []
    for file in files:
        try:
            read.append(read_vectors(_text(file), vector_kinds()))
        except Invalid as wrong:
            mistakes += _placed(file, wrong)
    for file, vectors in zip(files, read, strict=False) if not mistakes else ():
        try:
            results.append(run_vectors(vectors, vector_kinds()))
        except Invalid as wrong:
            mistakes += _placed(file, wrong)
    if mistakes:
        raise Invalid("the vectors cannot be run; none was", mistakes)
    return results


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")  # editors may begin it with a mark
    except OSError as error:
        raise Invalid(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Invalid("is not text in UTF-8") from None


def _placed(file: Path, wrong: Invalid) -> list[Mistake]:
    listed = [Mistake(f"{file}: {one.place}", one.message) for one in wrong.mistakes]
    return listed or [Mistake(str(file), wrong.message)]


def _row(result: Result) -> tuple[str, str, str, str]:
    law = "; ".join(result.cites) + (" (unverified)" if result.mark == "G" else "")
    return result.id, result.about, law.strip(), _outcome(result)


def _outcome(result: Result) -> str:
    if result.passed:
        return f"passed: {_listed(result.expected)}"
    return "\n".join(
        f"FAILED: {one.key} is {_said(one.got)}, expected {_said(one.expected)}"
        for one in result.differences
    )


def _listed(outcomes: Any) -> str:
    return ", ".join(f"{key} {_said(value)}" for key, value in outcomes.items())


def _said(value: Any) -> str:
    """A value on one line; nothing where the judge has no such outcome."""
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value)) or "none"
    return "nothing" if value is None else str(plain(value))
