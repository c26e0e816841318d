"""How an exit is shown: who is paid and what they chose, stages, breakpoints, a chart."""

from collections.abc import Iterator
from fractions import Fraction
from string import ascii_lowercase

from freehold.core.actions.exit_answer import (
    ExitAnswer,
    about,
    because,
    divide,
    goes_to,
    money,
    per_cent,
)
from freehold.core.actions.exit_file import ExitFile
from freehold.core.actions.waterfall import Stage, ids, settle
from freehold.core.units import allocate
from freehold.doors.cli.output import Column, Table
from freehold.doors.exits import document

CHART_ROWS, CHART_WIDTH = 12, 50


def exit_answer(
    file: ExitFile, amount: int, with_holders: bool
) -> tuple[dict[str, object], list[Table]]:
    """The document of an exit and the tables that say the same."""
    answer = divide(file, amount)
    told = document(answer)
    tables = [_paid_table(answer), _bends_table(answer), _chart(answer)]
    if file.notices:
        tables.append(Table("Left out", [Column("what")], [(one,) for one in file.notices]))
    if with_holders:
        shares = list(_holders(file, answer.stages))
        told["holders"] = shares
        tables.insert(1, _holders_table(file, shares))
    return told, tables


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


def _paid_table(answer: ExitAnswer) -> Table:
    file, stages, amount = answer.file, answer.stages, answer.amount
    columns = [Column("paid to"), Column("as"), Column("does")]
    columns += [Column(one.id, number=True) for one in stages] if len(stages) > 1 else []
    columns += [Column("total", number=True), Column("part", number=True)]
    rows = []
    for one in answer.payees:
        row = [one.id, str(one.claim), one.choice]
        if len(stages) > 1:
            row += [money(part, file.digits) for part in one.stages.values()]
        rows.append([*row, money(one.total, file.digits), per_cent(one.share) if amount else ""])
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


def _bends_table(answer: ExitAnswer) -> Table:
    columns = [Column("from an exit of", number=True), Column("because")]
    columns.append(Column("the next unit of money goes to"))
    rows = [
        (about(one.exit, answer.file.digits), because(one), goes_to(one))
        for one in answer.breakpoints
    ]
    return Table("Breakpoints", columns, rows)


def _chart(answer: ExitAnswer) -> Table:
    """Who gets which part at exits up to well beyond the last breakpoint; > marks the one asked."""
    file, amount = answer.file, answer.amount
    named = ids(file.terms)
    letters = {who: ascii_lowercase[place % 26] for place, who in enumerate(named)}
    top = max(Fraction(amount), answer.breakpoints[-1].exit) * Fraction(6, 5)
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
