"""`freehold agent control`: the control report, now, as of a block, and those of the past."""

import click

from freehold.desks import permits
from freehold.desks.agent import controls
from freehold.desks.office import open_office
from freehold.doors.cli.acting import issuer_option
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings

_FIGURES = (
    "authorised",
    "issued",
    "redeemed",
    "outstanding",
    "treasury",
    "free",
    "locked",
    "frozen",
)


@click.command()
@click.option("--block", type=click.IntRange(min=0), help="As of this block; left out: now, kept.")
@click.option("--history", "past", is_flag=True, help="List the reports kept instead.")
@issuer_option
@json_option
def control(block: int | None, past: bool, issuer: str | None, as_json: bool) -> Outcome:
    """Compare chain, projection and book: authorised, issued, outstanding, held by state.

    Exit code 1 if anything differs.
    """
    who = permits.keyholder()
    with open_office(settings()) as office:
        if past:
            kept = controls.history(office, who, issuer)
        else:
            made = controls.report_as(office, who, issuer, block)
    if past:
        rows = [(one.day, str(one.block), "yes" if one.ok else "no") for one in kept]
        columns = [Column("day"), Column("block", number=True), Column("agrees")]
        listed = [{"day": one.day, "block": one.block, "ok": one.ok} for one in kept]
        show({"reports": listed}, as_json, Table("", columns, rows))
        return Outcome.DONE
    document = controls.to_json(made)
    rows = [
        (one["class_id"], *(one[name] for name in _FIGURES), str(len(one["differences"])))
        for one in document["instruments"]
    ]
    names = (*_FIGURES, "differences")
    head = [Column("class"), *(Column(name, number=True) for name in names)]
    said = [
        (one["class_id"], words) for one in document["instruments"] for words in one["differences"]
    ]
    tables = [Table(f"{made.issuer_name}, after block {made.block}", head, rows)]
    tables += [Table("", [Column("class"), Column("difference")], said)] if said else []
    breaks = [
        (one.currency, one.day.isoformat(), one.what)
        for one in (made.cash.breaks if made.cash else ())
    ]
    of_cash = [Column("cash"), Column("day"), Column("break that is open")]
    tables += [Table("", of_cash, breaks)] if breaks else []
    show(document, as_json, *tables)
    return Outcome.DONE if made.ok else Outcome.FAILED


COMMANDS = (control,)
