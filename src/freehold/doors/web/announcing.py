"""The wizard that announces a corporate action: its kind, its terms and dates, what it would do, proposed.

What was entered becomes the file of terms that the command line reads too, so the page, the API and the
command line announce the same.
"""

import json
import re
import secrets
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from freehold.core.actions.kinds import PAYS, TRAITS, Kind, Work
from freehold.core.actions.terms import Terms
from freehold.core.actions.terms import read as read_terms
from freehold.core.errors import Conflict, Invalid, NotFound, PlatformError
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest, Tried
from freehold.desks.securities import instruments
from freehold.desks.servicing import events
from freehold.doors.web.visits import Form, Visit, go, see

ABOUT = {
    Kind.CASH_DIVIDEND: "Money to holders of record, for each unit or from a pot",
    Kind.STOCK_DIVIDEND: "New units to holders of record",
    Kind.SPLIT: "More units for each old one",
    Kind.REVERSE_SPLIT: "Fewer units; fractions may be paid in cash",
    Kind.RIGHTS_ISSUE: "New units to holders who subscribe, against money",
    Kind.CONVERSION: "Units of one class become units of another",
    Kind.TENDER: "The issuer buys units that holders offer, pro rata",
    Kind.REDEMPTION: "All units end against money",
    Kind.MATURITY: "A debt is paid back at its end",
    Kind.CALL: "A debt is paid back early",
    Kind.COUPON: "Interest on a debt",
    Kind.REVENUE_SHARE: "A part of revenue",
    Kind.RENT: "What a property earned",
    Kind.SPIN_OFF: "Units of another class to holders of record",
    Kind.NAME_CHANGE: "Another name for the security",
}
PRICED = frozenset({Work.PAY, Work.REDEEM, Work.BUY, Work.OFFER})
RATIO = frozenset({Work.ISSUE, Work.SPLIT, Work.CONVERT, Work.OFFER})
LIMITED = frozenset({Work.OFFER, Work.BUY})
FILE = "file"
"""What stands for a kind where the terms are entered as the file that the command line reads."""
MOST_TEXT = 1 << 16
FIELDS = (
    "kind issuer instrument id record_date cut_off zone calendar settlement_days payment_days coin"
    " basis amount ratio into price most oversubscription name tax narrative file key"
).split()
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"\d{1,6}")
DEFAULTS = {
    "cut_off": "18:00",
    "zone": "UTC",
    "calendar": "weekends",
    "settlement_days": "1",
    "payment_days": "5",
    "basis": "per_unit",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A security to choose, and the issuer it is of."""

    value: str
    words: str


def new(visit: Visit) -> Response:
    """Choose a kind; with one chosen, its terms."""
    permits.require(visit.who, Power.SERVICE)
    given = {name: visit.query(name) for name in FIELDS} | {"key": secrets.token_hex(16)}
    return _form(visit, DEFAULTS | {name: text for name, text in given.items() if text})


def announce(visit: Visit, form: Form) -> Response:
    """Show what the terms would do; confirmed, propose them."""
    permits.require(visit.who, Power.SERVICE)
    given = {name: form.get(name, "").strip() for name in FIELDS}
    if form.get("edit") == "yes":
        return _form(visit, given)
    try:
        text = terms_text(visit, given)
        issuer = given["instrument"].partition("/")[0]
        asked = ProposeRequest("announce-action", {"terms": text}, given["key"][:128], issuer)
        if form.get("confirm") != "yes":
            found = approvals.dry_run(visit.office, visit.who, asked)
            return _form(visit, given, found.reason, tried=found, terms=read_terms(text), text=text)
        made = approvals.propose(visit.office, visit.who, asked)
    except (Invalid, NotFound, Conflict) as fault:
        mistakes = _mistakes_of_file(fault) if given["kind"] == FILE else _mistakes(fault)
        return _form(visit, given, fault.message, mistakes=mistakes)
    if made.proposal is None:
        return _form(visit, given, made.tried.reason)
    return go(f"/approvals/{made.proposal.id}")


def terms_text(visit: Visit, given: Form) -> str:
    """The file of terms that a form says; what is wrong in it is found when it is read.

    Raises Invalid where nothing was chosen.
    """
    if given["kind"] == FILE:
        return _file(given)
    if given["kind"] not in list(Kind):
        raise Invalid("choose what kind of action it is", field="kind")
    work = TRAITS[Kind(given["kind"])].work
    named = given["instrument"].partition("/")[2]
    if not named:
        raise Invalid("choose the security", field="instrument")
    lines = [f"kind = {_text(given['kind'])}", f"id = {_text(given['id'])}"]
    lines += [f"instrument = {_text(named)}", f"record_date = {_day(given['record_date'])}"]
    lines += [f"{name} = {_text(given[name])}" for name in ("cut_off", "zone", "calendar")]
    for name in ("settlement_days", "payment_days"):
        lines.append(f"{name} = {_whole(given[name])}")
    for name in ("tax", "narrative"):
        lines += [f"{name} = {_text(given[name])}"] if given[name] else []
    if work is Work.RENAME:
        lines.append(f"name = {_text(given['name'])}")
    if work in LIMITED:
        lines.append(f"most = {_base_units(visit, given)}")
    if work is Work.OFFER and given["oversubscription"] == "yes":
        lines.append("oversubscription = true")
    if work in PRICED or (work in RATIO and given["coin"]):
        lines += _cash(visit, given, work)
    if work in RATIO:
        lines += ["[units]", f"ratio = {_text(given['ratio'])}"]
        lines += [f"into = {_text(given['into'])}"] if given["into"] else []
        lines += [f"price = {_text(_plain(given['price']))}"] if given["price"] else []
    return "\n".join(lines) + "\n"


def _file(given: Form) -> str:
    """A file of terms as it was entered, of the security that was chosen. Raises Invalid."""
    text, named = given["file"][:MOST_TEXT], given["instrument"].partition("/")[2]
    found = read_terms(text).instrument
    if found != named:
        raise Invalid(f"the file says instrument = {found!r}; chosen was {named!r}", field="file")
    return text


def _cash(visit: Visit, given: Form, work: Work) -> list[str]:
    issuer = given["instrument"].partition("/")[0]
    coin, decimals = events.coin_named(visit.office, issuer, given["coin"])
    basis = "pot" if given["basis"] == "pot" and work is Work.PAY else "per_unit"
    amount = _plain(given["amount"] or given["price"])
    lines = ["[cash]", f"coin = {_text(coin)}", f"decimals = {decimals}"]
    priced = work not in PAYS and given["price"]
    return lines if priced else [*lines, f"{basis} = {_text(amount)}"]


def _base_units(visit: Visit, given: Form) -> str:
    """The most units, in base units of the security."""
    issuer, _, named = given["instrument"].partition("/")
    return str(events.base_units(visit.office, issuer, named, _plain(given["most"]) or "0"))


def _plain(text: str) -> str:
    return text.replace(",", "").replace(" ", "")


def _text(text: str) -> str:
    """A TOML string; JSON's escapes are TOML's."""
    return json.dumps(text)


def _day(text: str) -> str:
    return text if _DAY.fullmatch(text) else _text(text)


def _whole(text: str) -> str:
    return text if _NUMBER.fullmatch(text) else _text(text)


def _mistakes(fault: PlatformError) -> dict[str, str]:
    """What is wrong by field of the form."""
    names = {"per_unit": "amount", "pot": "amount", "units": "ratio", "record": "record_date"}
    names |= {"cash": "coin", "decimals": "coin", "payment": "payment_days"}
    found = {}
    for one in getattr(fault, "mistakes", ()):
        field = re.split(r"[.: ]+", one.place)[-1]
        found[names.get(field, field)] = one.message
    if not found and (field := str(fault.facts.get("field", ""))):
        found[names.get(field, field)] = fault.message
    return found


def _mistakes_of_file(fault: PlatformError) -> dict[str, str]:
    """Everything that is wrong in a file, at the field in which it was entered."""
    mistakes = getattr(fault, "mistakes", ())
    said = "; ".join(f"{one.place}: {one.message}" for one in mistakes)
    return {"file": said or fault.message}


def _form(
    visit: Visit,
    given: Form,
    problem: str = "",
    *,
    mistakes: dict[str, str] | None = None,
    tried: Tried | None = None,
    terms: Terms | None = None,
    text: str = "",
) -> Response:
    chosen = given.get("kind", "")
    work = TRAITS[Kind(chosen)].work if chosen in list(Kind) else None
    ready = work is not None or chosen == FILE
    values: dict[str, Any] = {
        "given": {name: given.get(name, "") for name in FIELDS},
        "kinds": ABOUT,
        "work": str(work) if work else "",
        "priced": work in PRICED,
        "ratio": work in RATIO,
        "limited": work in LIMITED,
        "securities": _securities(visit),
        "problem": problem,
        "mistakes": mistakes or {},
        "tried": tried if tried and not tried.refused else None,
        "terms": terms,
        "written": text,
        "symbol": events.symbol(visit.office, terms) if terms else "",
        "names": approvals.names_of(visit.office, visit.who, tried.act.issuer) if tried else {},
        "step": "preview" if tried and not tried.refused else "terms" if ready else "kind",
    }
    return see(visit, "action_new.html", 422 if problem else 200, **values)


def _securities(visit: Visit) -> list[Choice]:
    """The securities whose actions the visitor may announce."""
    return [
        Choice(f"{one.issuer}/{one.class_id}", f"{one.name} · {one.symbol}")
        for one in instruments.instruments(visit.office, visit.who)
        if permits.allows(visit.who, Power.SERVICE, one.issuer)
    ]
