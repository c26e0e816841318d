"""The pages of two-person approvals: the queue, a proposal and its decision, the forms that propose."""

import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from starlette.responses import Response

from freehold.core import cashbook as cash
from freehold.core.approvals import State
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid, NotFound, PlatformError
from freehold.core.grounds import Ground, Grounds, meaning, name_of, parse_ground
from freehold.core.restraints import RestraintKind
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.approvals import approvals, ruling
from freehold.desks.approvals.approvable import KINDS
from freehold.desks.approvals.approvals import ProposalView, ProposeRequest
from freehold.desks.approvals.kinds import Kind
from freehold.desks.outbox import instructions
from freehold.desks.securities import draft_reviews, instruments
from freehold.desks.securities.instruments import InstrumentView
from freehold.desks.servicing import cashbook
from freehold.doors.web import refusing
from freehold.doors.web.formats import words
from freehold.doors.web.listing import (
    Column,
    Filter,
    Rows,
    Wanted,
    finding,
    from_book,
    from_rows,
    show,
)
from freehold.doors.web.refusing import Card
from freehold.doors.web.visits import Form, Visit, go, issuer_of, issuers_of, prove_first, see

DECIDED = [one for one in State if one is not State.PROPOSED]
CONSEQUENCES = {
    "issue": "New units come into being in a holder's account.",
    "redeem": "Units of a holder end for good.",
    "force-transfer": "Units move against rules and freezes. It is recorded for good.",
    "halt": "Nothing of the security moves by the rules until it is resumed. Acts of power go on.",
    "resume": "The security's units move by the rules again.",
    "freeze": "A person, an account or units cannot move until the freeze is ended.",
    "unfreeze": "What was frozen moves again.",
    "lock": "The units cannot move, on the ledger too, until the day or until they are unlocked.",
    "unlock": "What the restraint locked moves again.",
    "recovery": "Another wallet opens the account, in every instrument, after the public delay.",
    "correction": "The wrong entry is reversed, the right one posted; both stay, linked.",
    "policy": "Other rules hold for everybody once the public delay is over.",
    "policy-call-off": "What is announced never comes into force; the rules that hold go on holding.",
    "grant-powers": "A key may do more on chain once the public delay is over.",
    "revoke-powers": "A key may do less on chain once the public delay is over.",
    "payment": "Whoever approves it says that the bank was told to pay; the cash book has it from then on.",
    "approval-rules": "Other acts, or other amounts, need a second person.",
}
LABELS = {
    "instrument": ("Security", ""),
    "holder": ("Holder", "A holder's id, or the wallet he was admitted with."),
    "sender": ("From", "A holder's id."),
    "receiver": ("To", "A holder's id."),
    "units": ("Units", "For a freeze: how many are frozen from now on, whatever was before."),
    "restraint": (
        "Restraint",
        "To unlock: its number, res_ and 24 digits, as the holder's file has it.",
    ),
    "in_favour": ("In favour of", "Claimant, pledgee or lienor; a stop has none."),
    "words": ("What it is about", ""),
    "until": (
        "Until",
        "Year-month-day on which it ends by itself. Left out: until it is released.",
    ),
    "wallet": ("New wallet", "0x and 40 digits. Left out, the agent keeps a key."),
    "exemption": ("Exemption", "Regulation D, Regulation S, Regulation Crowdfunding, lockup."),
    "family": ("Family", "A family of the policy in force, which sets the clocks."),
    "offering_ended": ("Offering ended", "Year-month-day, such as 2026-03-18."),
    "who": ("Key", "The address that gets or loses the powers."),
    "powers": ("Powers", "Names such as FREEZE, parted by spaces."),
    "instruction": ("Wrong entry", "The id in the entry's event: 0x and 64 digits."),
    "policy": ("Policy", "The text of a policy file."),
    "acknowledge_stranded": ("Holders who could not receive any more", ""),
    "sanctioned": ("Because a sanctions list names the person", ""),
    "why": ("Reason", "Kept, and shown to whoever reads the policy."),
    "exit": ("Exit", "What there is to divide, in the currency of the terms."),
    "windup": ("Winding-up", "The id that its terms give it."),
    "account": ("Paid from", "A bank account, or the wallet that tax waits in."),
    "payee": ("Payee", "Whom the bank pays; of tax the authority, or its wallet."),
    "against": ("For", "What the money stands against in the cash book."),
    "rules": ("Rules", 'JSON: {"hours": 72, "rules": [{"act": ..., "persons": ...}]}'),
}
LONG = frozenset({"policy", "rules", "terms"})


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form. `choices` are values with their words; empty: free text."""

    name: str
    label: str
    hint: str
    required: bool
    long: bool
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a proposal's progress: done, now, bad or waiting."""

    title: str
    said: str
    kind: str
    at: datetime | None = None
    href: str = ""


def _of_kind(one: Any, kind: str) -> bool:
    return bool(one.proposal.act.kind == kind)


WAITING = (
    Column("act", "Act", lambda one: one.title, lambda one: one.title),
    Column("proposal", text=lambda one: one.proposal.id),
    Column("issuer", text=lambda one: one.proposal.act.issuer),
    Column("state", "State", text=lambda one: str(one.state)),
    Column("amount", "Amount", text=lambda one: str(one.proposal.act.amount or ""), number=True),
    Column(
        "proposed",
        "Proposed by",
        lambda one: one.proposal.proposed_at,
        lambda one: one.proposer,
    ),
    Column("proposed_at", text=lambda one: stamp(one.proposal.proposed_at)),
    Column(
        "lapses",
        "Lapses",
        lambda one: one.proposal.lapses_at,
        lambda one: stamp(one.proposal.lapses_at),
    ),
)
DECISIONS = (
    *(replace(one, sort=None) for one in WAITING[:-1]),
    Column("decided", "Decided", text=lambda one: stamp(_decided(one.proposal))),
    Column("decided_by", text=lambda one: one.decider),
)


def _decided(one: Any) -> datetime:
    found: datetime = one.decided_at or one.lapses_at
    return found


def queue(visit: Visit) -> Response:
    """What waits for a decision, drafts too, what waits for this person, what was decided."""
    found = approvals.queue(visit.office, visit.who)
    kinds = [(one.name, one.title) for one in KINDS.values()]
    here = {one.proposal.act.kind for one in found}
    waiting = from_rows(
        visit,
        "waiting",
        found,
        WAITING,
        (
            Filter("kind", "Act", _of_kind, [one for one in kinds if one[0] in here]),
            finding("Proposed by", lambda one: one.proposer, word="by"),
        ),
        prefix="waiting-",
    )

    def source(wanted: Wanted) -> tuple[Rows, int]:
        state = wanted.given.get("state", "")
        states = [one for one in DECIDED if state in ("", one)]
        kind = wanted.given.get("kind", "")
        return approvals.seek(visit.office, visit.who, states, kind, wanted.offset, wanted.limit)

    states = [(str(one), words(one.lower())) for one in DECIDED]
    filters = (Filter("kind", "Act", None, kinds), Filter("state", "State", None, states))
    decided = from_book(visit, "decided", source, DECISIONS, filters, prefix="decided-")
    values: dict[str, Any] = {
        "queue": found,
        "mine": [one for one in found if one.may_decide],
        "drafts": draft_reviews.queue(visit.office, visit.who),
        "kinds": approvals.proposable(visit.who),
    }
    return show(visit, "approvals.html", waiting, decided, **values)


def rules(visit: Visit) -> Response:
    """Which act needs how many persons, from which amount, for what, and who may be the second one."""
    table = ruling.table(visit.office, visit.who, issuer_of(visit))
    values: dict[str, Any] = {
        "table": table,
        "owners": issuers_of(visit),
        "changes": permits.allows(visit.who, Power.CHANGE_POWERS, table.issuer),
    }
    return see(visit, "approval_rules.html", **values)


def proposal(visit: Visit) -> Response:
    """One proposal: what would change, why, the decision, the progress."""
    return _shown(visit, visit.path("id"))


def decide(visit: Visit, form: Form) -> Response:
    """Approve or decline, on the difference that was seen."""
    which, note = visit.path("id"), form.get("note", "")
    if form.get("decision") == "decline":
        return _tried(
            visit, which, note, lambda: approvals.decline(visit.office, visit.who, which, note)
        )
    if first := prove_first(visit, f"/approvals/{which}"):
        return first
    seen = form.get("seen", "")
    return _tried(
        visit, which, note, lambda: approvals.approve(visit.office, visit.who, which, seen, note)
    )


def withdraw(visit: Visit, form: Form) -> Response:
    """Take one's own proposal back."""
    which = visit.path("id")
    return _tried(visit, which, "", lambda: approvals.withdraw(visit.office, visit.who, which))


def again(visit: Visit, form: Form) -> Response:
    """Try the act anew."""
    which = visit.path("id")
    found = approvals.dry_run_again(visit.office, visit.who, which)
    if found.refused:
        return _shown(visit, which, f"It would be refused now: {found.reason}", 422)
    return go(f"/approvals/{which}")


def break_glass(visit: Visit, form: Form) -> Response:
    """Approve alone, with a reason that is announced."""
    which, seen, why = visit.path("id"), form.get("seen", ""), form.get("reason", "")
    if first := prove_first(visit, f"/approvals/{which}"):
        return first
    return _tried(
        visit, which, "", lambda: approvals.break_glass(visit.office, visit.who, which, seen, why)
    )


def form(visit: Visit) -> Response:
    """The form that proposes an act; the query fills it in."""
    kind = _kind(visit)
    values = {name: visit.query(name) for name in (*kind.fields, *kind.optional)}
    first = {"key": secrets.token_hex(16), "issuer": issuer_of(visit) or ""}
    return _form(visit, kind, values | first)


def propose(visit: Visit, given: Form) -> Response:
    """Propose what a form says; what is wrong with it, or a refusal, stands above the form."""
    kind = _kind(visit)
    names = (*kind.fields, *kind.optional)
    texts = {name: given[name].strip() for name in names if given.get(name, "").strip()}
    try:
        grounds = _grounds(given) if kind.grounds else None
        asked = ProposeRequest(
            kind.name,
            texts,
            given.get("key", "")[:128],
            _issuer(visit, kind, given),
            grounds,
            given.get("reference", "").strip(),
        )
        made = approvals.propose(visit.office, visit.who, asked)
    except (Invalid, NotFound, Conflict) as fault:
        return _form(visit, kind, given, fault)
    if made.proposal is None:
        card = Card(made.tried.code, made.tried.reason)
        return _form(visit, kind, given, None, card)
    return go(f"/approvals/{made.proposal.id}")


# ---- parts ----


def _tried(visit: Visit, which: str, note: str, act: approvals.Decide) -> Response:
    """Do it and show the proposal anew; an error stands on the page, the note stays."""
    try:
        act()
    except (Invalid, Conflict) as fault:
        return _shown(visit, which, fault.message, 422, note)
    return go(f"/approvals/{which}")


def _shown(
    visit: Visit, which: str, problem: str = "", status: int = 200, note: str = ""
) -> Response:
    view = approvals.proposal(visit.office, visit.who, which)
    act = view.proposal.act
    waits = view.state is State.PROPOSED
    links = act.kind == "correction" and approvals.corrections_of(
        visit.office, visit.who, act.arguments["instruction"]
    )
    values = {
        "view": view,
        "names": approvals.names_of(visit.office, visit.who, act.issuer),
        "instrument": _instrument(visit, act.token),
        "stale": waits and approvals.is_stale(visit.office, view.proposal),
        "card": refusing.ordinary(visit, act) if waits and act.kind == "force-transfer" else None,
        "named": "",
        "linked": links or [],
        "steps": _progress(visit, view),
        "problem": problem[:1].upper() + problem[1:],
        "note": note,
    }
    return see(visit, "approval.html", status, **values)


def _instrument(visit: Visit, token: str | None) -> InstrumentView | None:
    if token is None or not permits.allows(visit.who, Power.READ_REGISTER):
        return None
    return instruments.instrument(visit.office, visit.who, token)


def _progress(visit: Visit, view: ProposalView) -> list[Stage]:
    one, state = view.proposal, view.state
    found = [Stage("Proposed", view.proposer, "done", one.proposed_at)]
    if state is State.PROPOSED:
        who = "You may decide" if view.may_decide else "Another person"
        return [
            *found,
            Stage("Second approval", who, "now"),
            Stage("Carried out", "by the worker", ""),
        ]
    if state in (State.DECLINED, State.WITHDRAWN, State.LAPSED):
        words = state.lower().capitalize()
        return [*found, Stage(words, view.decider, "bad", one.decided_at or one.lapses_at)]
    alone = "one person alone" if one.alone else view.decider
    found.append(
        Stage(
            "Approved", alone if one.persons > 1 else "one person is enough", "done", one.decided_at
        )
    )
    for id in view.instructions:
        each = instructions.instruction(visit.office, visit.who, id)
        kind = {"final": "done", "failed": "bad", "refused": "bad"}.get(each.state, "now")
        said = each.state if each.state != "confirmed" else f"{each.confirmations} of {each.needed}"
        found.append(Stage(each.what.capitalize(), said, kind, None, f"/activity/{id}"))
    if state is State.CARRIED_OUT:
        return [*found, Stage("Carried out", "", "done", one.ended_at)]
    if state is State.REFUSED:
        return [*found, Stage("Refused", one.why, "bad", one.ended_at)]
    waits = approvals.waits_for(visit.office, one)
    return [*found, Stage("Carried out", waits or "The worker is at it", "now")]


def _issuer(visit: Visit, kind: Kind, given: Form) -> str | None:
    """Whose register an act is about: the security's issuer, or the one that was chosen."""
    if "instrument" in kind.fields and permits.allows(visit.who, Power.READ_REGISTER):
        listed = instruments.instruments(visit.office, visit.who)
        for one in listed:
            if one.token == given.get("instrument"):
                return one.issuer
    return given.get("issuer") or None


def _kind(visit: Visit) -> Kind:
    wanted = visit.path("kind")
    known = approvals.kind_of(visit.who, wanted)
    if known is None:
        raise NotFound(f"there is no act {wanted[:32]}")
    return known


def _form(
    visit: Visit,
    kind: Kind,
    values: Form,
    fault: PlatformError | None = None,
    card: Card | None = None,
) -> Response:
    mistakes = (
        {one.place: one.message for one in fault.mistakes} if isinstance(fault, Invalid) else {}
    )
    named = str(fault.facts.get("field", "")) if fault else ""
    fields = _fields(visit, kind)
    known = {one.name for one in fields} | {"reason", "document", "reference"}
    if named in known and not mistakes:
        assert fault, "a fault named the field"
        mistakes = {named: fault.message}
    if "grounds" in mistakes:
        mistakes["reason"] = mistakes.pop("grounds")
    content = {
        "kind": kind,
        "consequence": CONSEQUENCES.get(
            kind.name, "It needs a second person, unless the rules spare it."
        ),
        "fields": fields,
        "values": values,
        "key": values.get("key", ""),
        "issuer": values.get("issuer", ""),
        "owners": [] if "instrument" in kind.fields else issuers_of(visit),
        "grounds": [(name_of(one), meaning(one).capitalize()) for one in Ground],
        "problem": (fault.message[:1].upper() + fault.message[1:]) if fault else "",
        "wrong_at": next(iter(mistakes), ""),
        "mistakes": mistakes,
        "card": card,
    }
    return see(visit, "act.html", 422 if fault else 200, **content)


def _fields(visit: Visit, kind: Kind) -> list[Field]:
    choices: dict[str, tuple[tuple[str, str], ...]] = {
        "sanctioned": (("yes", "Yes"),),
        "acknowledge_stranded": (("yes", "Acknowledged"),),
    }
    if permits.allows(visit.who, Power.READ_REGISTER):
        listed = instruments.instruments(visit.office, visit.who)
        choices["instrument"] = tuple((one.token, f"{one.name} · {one.symbol}") for one in listed)
    if kind.name == "payment":
        choices |= _of_payments(visit)
    if kind.name == "lock":
        choices["restraint"] = tuple((str(one), words(str(one))) for one in RestraintKind)
    found = []
    for name in (*kind.fields, *kind.optional):
        label, hint = LABELS.get(name, (name.replace("_", " ").capitalize(), ""))
        if name == "units" and "freeze" not in kind.name:
            hint = ""
        required = name in kind.fields
        found.append(Field(name, label, hint, required, name in LONG, choices.get(name, ())))
    return found


def _of_payments(visit: Visit) -> dict[str, tuple[tuple[str, str], ...]]:
    """What a payment may be made from, in which currency, and for what."""
    found = cashbook.overview(visit.office, visit.who, issuer_of(visit))
    places = {
        place.name: f"{str(place.kind).capitalize()} {place.name} · {code}"
        for code, listed in found.places.items()
        for place, _ in listed
        if place.kind in (cash.Kind.BANK, cash.Kind.TAX)
    }
    return {
        "account": tuple(places.items()),
        "currency": tuple((one.code, one.code) for one in found.currencies),
        "against": tuple((str(one), words(str(one))) for one in cash.AGAINST),
    }


def _grounds(given: Form) -> Grounds:
    """Reason and document. Raises Invalid."""
    reason = parse_ground(given.get("reason", ""))
    digits = given.get("document", "").strip().lower().removeprefix("0x").removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise Invalid("enter the 64 hexadecimal digits of the document's SHA-256", field="document")
    return Grounds(reason, bytes.fromhex(digits))
