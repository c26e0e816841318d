"""An exit divided, as a document: the command prints it, the API answers with it, files hold it."""

from collections.abc import Iterator, Mapping

from freehold.core.actions.exit_answer import ExitAnswer, Payee, because, goes_to, money
from freehold.core.actions.waterfall import Breakpoint


def document(answer: ExitAnswer) -> dict[str, object]:
    """Amounts as decimal text in whole coins; `_minor` says exact smallest units."""
    file = answer.file
    told: dict[str, object] = {
        "kind": "exit",
        "name": file.name,
        "currency": file.currency,
        "exit": money(answer.amount, file.digits, plain=True),
        "per_common_unit_minor": answer.per_common,
        "stages": [
            {"id": one.id, "amount": money(one.amount, file.digits, plain=True)}
            for one in answer.stages
        ],
        "paid": [_paid(one, file.digits) for one in answer.payees],
        "breakpoints": [_bend(one) for one in answer.breakpoints],
    }
    return told | ({"notices": file.notices} if file.notices else {})


PAID_HEADS = ("id", "as", "does", "units", "amount", "per_unit", "share")
BEND_HEADS = ("exit", "because", "next_unit_goes_to")


def paid_rows(answer: ExitAnswer) -> Iterator[tuple[str, ...]]:
    """Who gets what, raw and exact, for a file; per unit in whole coins, as a fraction where it is one."""
    digits, scale = answer.file.digits, 10**answer.file.digits
    for one in answer.payees:
        units = "" if one.units is None else str(one.units)
        each = "" if one.per_unit is None else str(one.per_unit / scale)
        total = money(one.total, digits, plain=True)
        yield one.id, str(one.claim), one.choice, units, total, each, str(one.share)


def bend_rows(answer: ExitAnswer) -> Iterator[tuple[str, ...]]:
    """The breakpoints for a file; exits in whole coins, as a fraction where they are one."""
    for one in answer.breakpoints:
        yield str(one.exit / 10**answer.file.digits), because(one), goes_to(one)


def _paid(one: Payee, digits: int) -> Mapping[str, object]:
    return {
        "id": one.id,
        "kind": str(one.claim),
        "choice": one.choice,
        "units": one.units,
        "total": money(one.total, digits, plain=True),
        "exact_minor": one.exact,
        "per_unit_minor": one.per_unit,
        "share": one.share,
        "stages": {id: money(part, digits, plain=True) for id, part in one.stages.items()},
    }


def _bend(one: Breakpoint) -> dict[str, object]:
    return {
        "exit_minor": one.exit,
        "events": [{"id": who, "event": event} for event, who in one.events],
        "shares_of_the_next": one.shares,
    }
