"""`freehold policy coverage`: where each rule of the catalogue is kept."""

from collections import Counter

from click import command

from freehold.core.policy.coverage import Home, Row
from freehold.core.policy.model import NOTICE
from freehold.desks.rules import policies
from freehold.doors.cli.output import Column, Table, json_option, show


@command("coverage")
@json_option
def show_coverage(as_json: bool) -> None:
    """Say for every rule of the catalogue where it is kept, by what, and which vectors pin it."""
    rows = policies.catalogue()
    homes = Counter(row.home for row in rows)
    document = {
        "rows": [_document(row) for row in rows],
        "homes": {home.value: homes[home] for home in Home},
        "notice": NOTICE,
    }
    columns = [Column("rule"), Column("what"), Column("home"), Column("kept by"), Column("vectors")]
    title = ", ".join(f"{homes[home]} {home}" for home in Home)
    table = Table(f"{len(rows)} rules: {title}; {NOTICE}", columns, list(map(_line, rows)))
    show(document, as_json, table)


def _document(row: Row) -> dict[str, object]:
    return {
        "rule": row.id,
        "title": row.title,
        "home": row.home.value,
        "note": row.note,
        "besides": row.besides,
        "unverified": row.is_unverified,
        "vectors": row.flips,
        "kept_by": [
            {
                "profile": one.profile,
                "table": one.where,
                "id": one.id,
                "stage": one.at,
                "mark": one.mark.value,
            }
            for one in row.keepers
        ],
    }


def _line(row: Row) -> tuple[str, ...]:
    kept = dict.fromkeys(f"{one.profile} {one.id}" for one in row.keepers)
    by = ", ".join([*kept, *filter(None, [row.besides])]) or row.note
    title = f"{row.title} (unverified)" if row.is_unverified else row.title
    return row.id, title, row.home.value, by, ", ".join(row.flips)
