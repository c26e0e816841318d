"""How an error reaches the person at the terminal, or the program reading `--json`.

A person gets one sentence on standard error, with every mistake and its place below it. A program
gets one JSON document on standard output:
`{"error": {"kind", "message", "facts": {...}, "mistakes": [{"place", "message"}, ...]}}`.
"""

import traceback

import click

from freehold.core.errors import Invalid, Mistake, PlatformError
from freehold.doors.cli.output import print_json

SHOWN_MISTAKES = 50  # a screenful or two; --json has them all


def explain(problem: PlatformError, as_json: bool) -> None:
    """Print an error of core/errors.py."""
    mistakes = problem.mistakes if isinstance(problem, Invalid) else ()
    if as_json:
        _as_document(type(problem).__name__, problem.message, dict(problem.facts), mistakes)
        return
    click.echo(f"freehold: {problem.message}", err=True)
    for mistake in mistakes[:SHOWN_MISTAKES]:
        click.echo(f"  {mistake}", err=True)
    if len(mistakes) > SHOWN_MISTAKES:
        more = len(mistakes) - SHOWN_MISTAKES
        click.echo(f"  and {more} more; --json lists all {len(mistakes)}.", err=True)


def explain_usage(mistake: click.ClickException, as_json: bool) -> None:
    """Print what is wrong with the words of the command line, and where its help is."""
    context = mistake.ctx if isinstance(mistake, click.UsageError) else None
    help_hint = f" See `{context.command_path} --help`." if context else ""
    message = mistake.format_message()
    if as_json:
        _as_document("Usage", message, {}, ())
    else:
        click.echo(f"freehold: {message}{help_hint}", err=True)


def explain_bug(bug: Exception, as_json: bool) -> None:
    """Print an error nobody foresaw, with the trace that a report of it needs."""
    message = f"this is a mistake in Freehold itself, please report it: {bug!r}"
    if as_json:
        _as_document("Bug", message, {}, ())
    click.echo("".join(traceback.format_exception(bug)), err=True, nl=False)
    click.echo(f"freehold: {message}", err=True)


def _as_document(
    kind: str,
    message: str,
    facts: dict[str, str | int | bool | None],
    mistakes: tuple[Mistake, ...],
) -> None:
    error = {"kind": kind, "message": message, "facts": facts, "mistakes": list(mistakes)}
    print_json({"error": error})
