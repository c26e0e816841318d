"""How an exit is shown: who is paid and what they chose, stages, breakpoints, a chart."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from string import ascii_lowercase

from freehold.core.actions.exit_file import ExitFile
from freehold.core.actions.waterfall import (
    Breakpoint,
    ExitTerms,
    Outcome,
    Stage,
    breakpoints,
    ids,
    outcome,
    settle,
)
from freehold.core.units import allocate
from freehold.doors.cli.output import Column, Table

CHART_ROWS, CHART_WIDTH = 12, 50


def exit_answer(
    file: ExitFile, amount: int, with_holders: bool
) -> tuple[dict[str, object], list[Table]]:
    """The document of an exit and the tables that say the same."""
    stages = settle(file.terms, amount, file.tranches)
    found = outcome(file.terms, Fraction(amount))
    bends = breakpoints(file.terms)
    document: dict[str, object] = {
        "kind": "exit",
        "name": file.name,
        "currency": file.currency,
        "exit": money(amount, file.digits, plain=True),
        "per_common_unit_minor": found.per_common,
        "stages": [
            {"id": one.id, "amount": money(one.amount, file.digits, plain=True)} for one in stages
        ],
        "paid": list(_paid(file, stages, found)),
        "breakpoints": [_bend(file, one) for one in bends],
    }
    tables = [_paid_table(file, stages, found, amount), _bends_table(file, bends)]
    tables.append(_chart(file, amount, bends))
    if file.notices:
        document["notices"] = file.notices
        tables.append(Table("Left out", [Column("what")], [(one,) for one in file.notices]))
    if with_holders:
        shares = list(_holders(file, stages))
        document["holders"] = shares
        tables.insert(1, _holders_table(file, shares))
    return document, tables


def money(minor: int, digits: int, plain: bool = False) -> str:
    """An amount with all decimal places of its currency; with thousands marked for people."""
    whole, rest = divmod(minor, 10**digits)
    places = f".{rest:0{digits}d}" if digits else ""
    return (str(whole) if plain else f"{whole:,}") + places


def about(minor: Fraction, digits: int) -> str:
    """An exact amount for a person; ~ stands before one that lies between two smallest units."""
    mark = "" if minor.denominator == 1 else "~"
    return mark + money(round(minor), digits)


def per_cent(part: Fraction) -> str:
    """A part of a whole for a person, with ~ where two decimal places are not all of it."""
    exact = part * 10_000
    mark = "" if exact.denominator == 1 else "~"
    return f"{mark}{round(exact) / 100:.2f} %"


def _kinds(terms: ExitTerms) -> dict[str, str]:
    return {
        **{one.id: "debt" for one in terms.debts},
        **{one.id: "carve-out" for one in terms.carve_outs},
        **{one.id: "preferred" for one in terms.preferred},
        **{one.id: "common" for one in terms.commons},
        **{one.id: "option" for one in terms.options},
    }


def _choice(file: ExitFile, found: Outcome, who: str) -> str:
    """What a class does in the equilibrium; nothing where it has no choice."""
    converting = who in found.converting
    if any(one.id == who for one in file.terms.options):
        return "exercises" if converting else "lapses"
    if any(one.id == who and one.convertible for one in file.terms.preferred):
        return "converts" if converting else "holds"
    return ""


def _paid(
    file: ExitFile, stages: tuple[Stage, ...], found: Outcome
) -> Iterator[Mapping[str, object]]:
    kinds = _kinds(file.terms)
    for who in ids(file.terms):
        parts = {stage.id: money(stage.payouts[who], file.digits, plain=True) for stage in stages}
        total = sum(stage.payouts[who] for stage in stages)
        yield {
            "id": who,
            "kind": kinds[who],
            "choice": _choice(file, found, who),
            "total": money(total, file.digits, plain=True),
            "exact_minor": found.payouts[who],
            "stages": parts,
        }


def _bend(file: ExitFile, bend: Breakpoint) -> dict[str, object]:
    return {
        "exit_minor": bend.exit,
        "events": [{"id": who, "event": event} for event, who in bend.events],
        "shares_of_the_next": bend.shares,
    }


def _holders(file: ExitFile, stages: tuple[Stage, ...]) -> Iterator[dict[str, object]]:
    for who, holders in file.holders.items():
        parts = [
            dict(zip(holders, allocate(one.payouts[who], list(holders.values())), strict=True))
            for one in stages
        ]
        for holder, units in holders.items():
            paid = {
                stage.id: money(part[holder], file.digits, plain=True)
                for stage, part in zip(stages, parts, strict=True)
            }
            total = money(sum(part[holder] for part in parts), file.digits, plain=True)
            yield {"class": who, "holder": holder, "units": units, "total": total, "stages": paid}


def _paid_table(file: ExitFile, stages: tuple[Stage, ...], found: Outcome, amount: int) -> Table:
    columns = [Column("paid to"), Column("as"), Column("does")]
    columns += [Column(one.id, number=True) for one in stages] if len(stages) > 1 else []
    columns += [Column("total", number=True), Column("part", number=True)]
    kinds, rows = _kinds(file.terms), []
    for who in ids(file.terms):
        parts = [stage.payouts[who] for stage in stages]
        row = [who, kinds[who], _choice(file, found, who)]
        row += [money(part, file.digits) for part in parts] if len(stages) > 1 else []
        part = per_cent(Fraction(sum(parts), amount)) if amount else ""
        rows.append([*row, money(sum(parts), file.digits), part])
    sums = [money(one.amount, file.digits) for one in stages] if len(stages) > 1 else []
    rows.append(["all", "", "", *sums, money(amount, file.digits), ""])
    title = f"{file.name}: {money(amount, file.digits)} {file.currency}"
    return Table(title, columns, rows)


def _holders_table(file: ExitFile, shares: list[dict[str, object]]) -> Table:
    columns = [Column("class"), Column("holder"), Column("units", number=True)]
    columns.append(Column("total", number=True))
    rows = [
        (str(one["class"]), str(one["holder"]), f"{one['units']:,}", str(one["total"]))
        for one in shares
    ]
    return Table("Holders", columns, rows)


def _bends_table(file: ExitFile, bends: tuple[Breakpoint, ...]) -> Table:
    columns = [Column("from an exit of", number=True), Column("because")]
    columns.append(Column("the next unit of money goes to"))
    rows = [
        (
            about(one.exit, file.digits),
            "; ".join(f"{who} {event}" for event, who in one.events),
            ", ".join(f"{who} {per_cent(part)}" for who, part in one.shares.items()),
        )
        for one in bends
    ]
    return Table("Breakpoints", columns, rows)


def _chart(file: ExitFile, amount: int, bends: tuple[Breakpoint, ...]) -> Table:
    """Who gets which part at exits up to well beyond the last breakpoint; > marks the one asked."""
    named = ids(file.terms)
    letters = {who: ascii_lowercase[place % 26] for place, who in enumerate(named)}
    top = max(Fraction(amount), bends[-1].exit) * Fraction(6, 5)
    step = 10 ** max(len(str(int(top / CHART_ROWS))) - 2, 0)
    points = {round(top * row / CHART_ROWS / step) * step for row in range(1, CHART_ROWS + 1)}
    rows = []
    for exit in sorted((points | {amount}) - {0}):
        payouts = settle(file.terms, exit)[0].payouts
        cells = allocate(CHART_WIDTH, [payouts[who] for who in named])
        bar = "".join(letters[who] * cell for who, cell in zip(named, cells, strict=True))
        rows.append((">" if exit == amount else "", money(exit, file.digits), bar))
    legend = ", ".join(f"{letters[who]} {who}" for who in named)
    columns = [Column(""), Column("exit", number=True), Column("each letter is 2 %")]
    return Table(f"Who gets which part: {legend}", columns, rows)
