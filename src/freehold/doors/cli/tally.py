"""`freehold tally`: count a meeting's ballots again, from a file or a node that anybody can have."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import click

from freehold.core.actions.ballot import Count, Method, Resolution, Tally
from freehold.core.actions.ballot import tally as count_votes
from freehold.core.actions.meeting_file import read_meeting
from freehold.core.errors import Invalid
from freehold.doors.cli.coupons import TERMS, read_text
from freehold.doors.cli.daycount import decimal
from freehold.doors.cli.output import Column, Table, json_option, show


@click.command()
@click.argument("meeting", type=TERMS, required=False)
@click.option("--node", "url", metavar="URL", help="Count from a chain: any node's URL.")
@click.option("--ballot", metavar="ADDRESS", help="The contract on it that keeps the votes.")
@click.option("--meeting", "number", type=int, help="Its number there; the newest if left out.")
@click.option("--notice", type=TERMS, help="The notice whose hash is on chain: it has the names.")
@click.option("--from-block", default=0, show_default=True, help="Nothing of it is older.")
@json_option
def tally(
    meeting: Path | None,
    url: str | None,
    ballot: str | None,
    number: int | None,
    notice: Path | None,
    from_block: int,
    as_json: bool,
) -> None:
    """Count the ballots of a meeting: votes, quorum, result, and why any ballot did not count."""
    if meeting is not None and (url or ballot):
        raise Invalid("give a file, or --node and --ballot, not both", field="meeting")
    if url is not None and ballot is not None:
        from freehold.doors.cli import tally_chain  # a count from a file needs no web3

        text = read_text(notice) if notice else ""
        tally_chain.count(url, ballot, number, text, from_block, as_json)
        return
    if meeting is None:
        raise Invalid("give a file, or a chain by --node URL and --ballot ADDRESS", field="meeting")
    read = read_meeting(read_text(meeting))
    found = [(one, count_votes(read.meeting, one, read.ballots)) for one in read.agenda]
    document = {"name": read.name, "resolutions": [document_of(*one) for one in found]}
    tables = [table_of(*one) for one in found]
    refused = [(one.resolution, *which) for _, one in found for which in one.not_counted]
    if refused:
        columns = [Column("resolution"), Column("ballot"), Column("does not count: it")]
        tables.append(Table("Ballots that do not count", columns, refused))
    show(document, as_json, *tables)


def document_of(resolution: Resolution, found: Tally) -> dict[str, object]:
    """A tally for a program."""
    return {
        "id": resolution.id,
        "method": str(resolution.method),
        "quorum_met": found.quorum_met,
        "carried": found.carried,
        "elected": found.elected,
        "tied": found.tied,
        "all": found.count,
        "by_class": found.by_class,
        "rounds": found.rounds,
        "not_counted": [{"ballot": one, "why": why} for one, why in found.not_counted],
    }


def table_of(resolution: Resolution, found: Tally, title: str = "") -> Table:
    """A tally for a person."""
    columns = [Column("votes of")]
    columns += [Column(name, number=True) for name in found.count.votes]
    columns += [Column("present", number=True), Column("entitled", number=True)]
    counts: Mapping[str, Count] = {"all": found.count, **found.by_class}
    rows = [_row(name, one) for name, one in counts.items()]
    rows += [
        (f"round {number}", *(_votes(votes.get(name)) for name in found.count.votes), "", "")
        for number, votes in enumerate(found.rounds, 1)
    ]
    return Table(f"{title or resolution.id}: {_result(resolution, found)}", columns, rows)


def _row(name: str, count: Count) -> tuple[str, ...]:
    figures = [*count.votes.values(), count.present, count.entitled]
    return (name, *map(_votes, figures))


def _votes(votes: Fraction | None) -> str:
    return "" if votes is None else decimal(votes)


def _result(resolution: Resolution, found: Tally) -> str:
    if not found.quorum_met:
        return "no quorum"
    if resolution.method is Method.ORDINARY:
        return "carried" if found.carried else "not carried"
    said = f"elected {', '.join(found.elected) or 'nobody'}"
    return said + (f"; tied between {', '.join(found.tied)}" if found.tied else "")
