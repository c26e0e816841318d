"""`freehold tally --node URL --ballot ADDRESS`: the same from a chain, by whoever has no book of ours."""

from freehold.core.clock import stamp
from freehold.desks.servicing import recounting
from freehold.doors.cli.output import Column, Table, show
from freehold.doors.cli.tally import document_of, table_of


def count(
    url: str, ballot: str, number: int | None, notice: str, start: int, as_json: bool
) -> None:
    """Count a meeting from a node, compare it with the contracts, and show both."""
    found = recounting.recount(url, ballot, number, notice, start)
    told = list(zip(found.agenda, found.tallies, strict=True))
    meeting, records = found.meeting, dict(zip(found.classes, found.records, strict=True))
    document = {
        "meeting": meeting.number,
        "notice": meeting.notice,
        "notice_given": bool(notice),
        "block": found.block.number,
        "block_hash": found.block.block_hash,
        "concluded": meeting.terms.concluded,
        "cancelled": meeting.terms.cancelled,
        "closes": meeting.terms.closes,
        "sealed": len(meeting.sealed.keys() - meeting.cast.keys()),
        "records": records,
        "compared": found.compared,
        "resolutions": [document_of(*one) for one in told],
    }
    rows = [
        ("as of block", f"{found.block.number} {found.block.block_hash}"),
        ("notice", meeting.notice),
        *((f"record of {name}", stamp(at)) for name, at in records.items()),
        ("figures compared with the contracts, all equal", str(found.compared)),
    ]
    tables = [table_of(*one, found.titles.get(one[0].id, "")) for one in told]
    about = Table(f"Meeting {meeting.number}", [Column("what"), Column("")], rows)
    show(document, as_json, about, *tables)
