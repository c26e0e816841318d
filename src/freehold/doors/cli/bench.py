"""`freehold bench TOPIC`: run one topic's measurements and hold them to their goals."""

import click

from freehold.doors.bench.report import TOPICS, Options, Report, measure
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show


@click.command()
@click.argument("topic", metavar="TOPIC", type=click.Choice(sorted(TOPICS)))
@click.option("--peers", is_flag=True, help="Measure other projects' published work as well.")
@json_option
def bench(topic: str, peers: bool, as_json: bool) -> Outcome:
    """Measure, and hold the figures to goals.

    Exit code 1 if a figure misses its goal. Topics: gas, ledger and the like; an unknown one is
    answered with the list.
    """
    report = measure(topic, Options(peers=peers))
    show(report.document(), as_json, _table(report))
    return Outcome.DONE if report.met else Outcome.FAILED


def _table(report: Report) -> Table:
    columns = [Column("figure"), Column("value", number=True), Column("unit")]
    columns += [Column("goal", number=True), Column("met"), Column("stretch", number=True)]
    columns += [Column("peers")]
    rows = [
        (
            row.name,
            _number(row.value),
            row.unit,
            "" if row.goal is None else f"{row.sign} {_number(row.goal)}",
            "" if row.goal is None else ("yes" if row.met else "NO"),
            "" if row.stretch is None else _number(row.stretch),
            ", ".join(f"{name} {_number(value)}" for name, value in row.peers.items()),
        )
        for row in report.rows
    ]
    return Table(f"{report.topic} on {report.machine['processor']}", columns, rows)


def _number(value: int | float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"
