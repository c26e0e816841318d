"""The exit simulator: a field and a slider, who gets what at that exit, where the sharing changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

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
from freehold.core.actions.waterfall import breakpoints, outcome
from freehold.core.errors import Invalid, NotFound
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.register import reports
from freehold.desks.servicing import exits
from freehold.doors.exits import BEND_HEADS, PAID_HEADS, bend_rows, paid_rows
from freehold.doors.web import exit_chart
from freehold.doors.web.visits import Form, Visit, act, go, issuer_of, issuers_of, page, see

MORE_PLACES = 2
"""Decimal places that an amount for one unit has beyond those of its currency."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants divided: `terms` None for those in force."""

    issuer: str
    exit: str
    terms: str | None = None


def routes() -> list[BaseRoute]:
    """The page, its file, and what its forms are sent to."""
    return [
        Route("/exit", page(simulator), methods=["GET"]),
        Route("/exit", act(attempt), methods=["POST"]),
        Route("/exit/terms", act(keep), methods=["POST"]),
        Route("/exit.csv", page(as_csv), methods=["GET"]),
    ]


def simulator(visit: Visit) -> Response:
    """An exit divided by the terms in force."""
    return _shown(visit, Asked(_issuer(visit), visit.query("slide") or visit.query("exit")))


def attempt(visit: Visit, form: Form) -> Response:
    """The same by terms that were typed and are not saved."""
    wanted = form.get("slide") or form.get("exit", "")
    return _shown(visit, Asked(_named(visit, form), wanted, form.get("terms", "")))


def keep(visit: Visit, form: Form) -> Response:
    """Save the terms that were typed."""
    asked = Asked(_named(visit, form), form.get("exit", ""), form.get("terms", ""))
    try:
        exits.keep(visit.office, visit.who, asked.issuer, asked.terms or "")
    except Invalid:
        return _shown(visit, asked)
    return go(f"/exit?{urlencode({'issuer': asked.issuer, 'exit': asked.exit})}")


def as_csv(visit: Visit) -> Response:
    """Who gets what, or the breakpoints, raw and exact."""
    issuer, exit = _issuer(visit), visit.query("exit")
    if not exit:
        exit = _usual(exits.read_terms(exits.terms_of(visit.office, visit.who, issuer).text))
    answer = exits.simulate(visit.office, visit.who, issuer, exit)
    bends = visit.query("of") == "breakpoints"
    rows = bend_rows(answer) if bends else paid_rows(answer)
    text = reports.csv_text(BEND_HEADS if bends else PAID_HEADS, rows)
    name = f"{issuer}-{'breakpoints' if bends else 'exit'}.csv"
    said = f'attachment; filename="{name}"'
    return Response(text, media_type="text/csv", headers={"Content-Disposition": said})


def _issuer(visit: Visit) -> str:
    """The issuer asked for, or the one shown last. Raises NotPermitted, NotFound."""
    permits.require(visit.who, Power.READ_REGISTER)
    found = issuer_of(visit)
    if not found:
        raise NotFound("there is no issuer yet: record an asset first")
    return found


def _named(visit: Visit, form: Form) -> str:
    return form.get("issuer", "")[:128] or _issuer(visit)


def _shown(visit: Visit, asked: Asked) -> Response:
    view = exits.terms_of(visit.office, visit.who, asked.issuer)
    text = view.text if asked.terms is None else asked.terms
    mistakes: Sequence[str] = ()
    file = answer = None
    problem = wrong_at = ""
    try:
        file = exits.read_terms(text)
        answer = divide(file, exits.amount_of(file, asked.exit or _usual(file)))
    except Invalid as fault:
        problem, mistakes = fault.message, [str(each) for each in fault.mistakes]
        wrong_at = "exit" if fault.facts.get("field") == "exit" else "terms"
    shown = _answered(answer) if answer else {"answer": None, "slider": None}
    values: dict[str, Any] = {
        "view": view,
        "owners": issuers_of(visit),
        "issuer": view.owner.id,
        "text": text,
        "trying": asked.terms is not None,
        "may_keep": permits.allows(visit.who, Power.SERVICE, view.owner.id),
        "currency": file.currency if file else "",
        "exit": money(answer.amount, answer.file.digits) if answer else asked.exit,
        "problem": problem,
        "mistakes": mistakes,
        "wrong_at": wrong_at,
        **shown,
    }
    template = "exit_answer.html" if visit.is_part else "exit.html"
    return see(visit, template, 422 if problem else 200, **values)


def _usual(file: ExitFile) -> str:
    """Where somebody begins who names no exit: past the last breakpoint, with all of the price."""
    later = sum(one.amount for one in file.tranches)
    top = exit_chart.top_of(breakpoints(file.terms), later, file.digits)
    return str(max(top * 3 // 4, -(-later // 10**file.digits)))


def _slider(answer: ExitAnswer, top: int) -> dict[str, int]:
    """From the least exit to the top, in whole coins."""
    scale = 10**answer.file.digits
    least = -(-sum(one.amount for one in answer.file.tranches) // scale)
    step = max(top // exit_chart.STEPS, 1)
    return {"least": least, "top": top, "step": step, "value": answer.amount // scale}


def _answered(answer: ExitAnswer) -> dict[str, Any]:
    """What the tables and the chart of an exit show, as texts."""
    file = answer.file
    top = exit_chart.top_of(answer.breakpoints, answer.amount, file.digits)
    most = max(answer.payees, key=lambda one: one.total, default=None)
    each = file.digits + MORE_PLACES
    return {
        "answer": answer,
        "slider": _slider(answer, top),
        "chart": exit_chart.drawn(answer, top),
        "coins": lambda minor: money(minor, file.digits),
        "each": lambda part: about(part * 10**MORE_PLACES, each),
        "part": per_cent,
        "most": most if most and most.total else None,
        "units": _units,
        "bends": [
            (number, about(one.exit, file.digits), because(one), goes_to(one))
            for number, one in enumerate(answer.breakpoints)
        ],
        "at_bends": [
            (
                about(one.exit, file.digits),
                [about(paid, file.digits) for paid in _paid(file, one.exit)],
            )
            for one in answer.breakpoints
            if one.exit
        ],
    }


def _paid(file: ExitFile, exit: Fraction) -> list[Fraction]:
    return list(outcome(file.terms, exit).payouts.values())


def _units(value: Fraction | None) -> str:
    if value is None:
        return ""
    return f"{value.numerator:,}" if value.denominator == 1 else f"{float(value):,}"
