"""The pages of policies: what is in force, the test bench, the editor, a change proposed or called off."""

import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from starlette.responses import Response

from freehold.core.approvals import CALL_OFF, State
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.facts import Kind, Proof
from freehold.core.policy.checks import Check
from freehold.core.registration import Signed
from freehold.core.roles import Power
from freehold.core.units import format_units, parse_units
from freehold.desks import permits
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvable_policy import KIND as POLICY
from freehold.desks.approvals.approvals import ProposalView, ProposeRequest
from freehold.desks.register import ownership
from freehold.desks.rules import calling_off, explaining, policies, restraining, rulemaking
from freehold.desks.rules.explaining import Explanation, Question
from freehold.desks.rules.rulemaking import Rulebook
from freehold.desks.securities import draft_reviews
from freehold.desks.securities.transfers import KINDS
from freehold.doors.web.owning import token_of
from freehold.doors.web.policy_words import clauses
from freehold.doors.web.visits import Form, Visit, go, prove_first, see

TEMPLATES = Path(__file__).resolve().parents[4] / "examples" / "policies"
PROOFS = tuple(one for one in Proof if one.name)
PAPER = "paper-"
"""What the name of a box for a paper begins with."""
CHOICES, SHOWN = 200, 50
"""So many holders are listed to choose from, else numbers are typed; so many of the stranded are named."""
MOST_SIGNERS = 2_000
"""The letters of all names that are typed in as signers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bench says: `code` 0 passes; `waits` says why a second person would look at it first."""

    code: int
    sentence: str
    policy: str
    on: date | None
    passes_on: date | None
    largest: str
    checks: tuple[Check, ...]
    ways: tuple[Check, ...]
    draft: bool
    waits: str = ""


def list_of(visit: Visit) -> Response:
    """Every instrument with its rules, what waits for a second person, and the profiles of law."""
    found = rulemaking.rules_of_all(visit.office, visit.who)
    waiting = [one for one in _queue(visit) if one.proposal.act.kind == POLICY and one.may_decide]
    named = {each.token: each.name for each in found}
    values: dict[str, Any] = {"found": found, "waiting": waiting, "named": named}
    values["drafts"] = draft_reviews.queue(visit.office, visit.who)
    values["profiles"] = sorted(policies.shipped_profiles())
    return see(visit, "policies.html", **values)


def policy(visit: Visit) -> Response:
    """An instrument's policy: its words, its text, its versions, and the bench."""
    book = rulemaking.rulebook(visit.office, visit.who, token_of(visit))
    asked = visit.query("from") and visit.query("to") and visit.query("units")
    answer, mistakes = _tried(visit, book, None) if asked else (None, {})
    status = 422 if mistakes else 200
    part = visit.is_part and visit.request.headers.get("HX-Target", "").endswith("bench")
    template = "bench.html" if part else "policy.html"
    return _policy(visit, book, template, status, answer=answer, mistakes=mistakes)


def call_off(visit: Visit, form: Form) -> Response:
    """Call the announced policy off, with a reason; what is wrong with that stands above the page."""
    book = rulemaking.rulebook(visit.office, visit.who, token_of(visit))
    one, place = book.ruled, f"/securities/{book.ruled.token}/policy"
    permits.require(visit.who, Power.CHANGE_POLICY, one.issuer)
    if first := prove_first(visit, place):
        return first
    why = form.get("why", "")
    try:
        given = {"instrument": one.token, "why": calling_off.require_why(why)}
        asked = ProposeRequest(CALL_OFF, given, form.get("key", "")[:128], one.issuer)
        made = approvals.propose(visit.office, visit.who, asked)
    except (Conflict, Invalid) as fault:
        problem = fault.message[:1].upper() + fault.message[1:]
        return _policy(visit, book, "policy.html", 422, problem=problem, why=why)
    if made.proposal is None:
        return _policy(visit, book, "policy.html", 422, problem=made.tried.reason, why=why)
    return go(place if made.proposal.persons == 1 else f"/approvals/{made.proposal.id}")


def _policy(visit: Visit, book: Rulebook, template: str, status: int, **more: Any) -> Response:
    """An instrument's policy, with the proposal that calls it off where one is on its way."""
    asked = approvals.about(visit.office, visit.who, book.ruled.token, CALL_OFF)
    open_ones = (one for one in asked if one.state in (State.PROPOSED, State.APPROVED))
    values: dict[str, Any] = {"answer": None, "mistakes": {}, "problem": "", "why": ""}
    values["ending"] = next(open_ones, None)
    return see(visit, template, status, **_values(visit, book) | values | more)


def edit(visit: Visit) -> Response:
    """The editor, with the text in force, or a template's."""
    book = rulemaking.rulebook(visit.office, visit.who, token_of(visit))
    template = visit.query("template")
    text = _template(template) if template else book.text or _first_text(book)
    return _editor(visit, book, text, 200)


def examine(visit: Visit, form: Form) -> Response:
    """Look at a text, or propose it."""
    token = token_of(visit)
    book = rulemaking.rulebook(visit.office, visit.who, token)
    text = form.get("text", "")
    if form.get("do") != "propose":
        return _editor(visit, book, text, 200, form)
    given = {"instrument": token, "policy": text.replace("\r\n", "\n")}
    if form.get("acknowledge") == "yes":
        given["acknowledge_stranded"] = "yes"
    asked = ProposeRequest(POLICY, given, form.get("key", "")[:128], book.ruled.issuer)
    try:
        made = approvals.propose(visit.office, visit.who, asked)
    except (Conflict, Invalid) as fault:
        return _editor(visit, book, text, 422, form, fault.message)
    if made.proposal is None:
        return _editor(visit, book, text, 422, form, made.tried.reason)
    return go(f"/approvals/{made.proposal.id}")


def _editor(
    visit: Visit,
    book: Rulebook,
    text: str,
    status: int,
    form: Form | None = None,
    problem: str = "",
) -> Response:
    token = book.ruled.token
    found = rulemaking.examine(visit.office, visit.who, token, text)
    answer: Answer | None = None
    mistakes: dict[str, str] = {}
    if form and form.get("from") and form.get("to") and form.get("units") and not found.faults:
        answer, mistakes = _tried(visit, book, text, form)
    values = _values(visit, book, form)
    words = clauses(found.policy) if found.policy else ()
    before = clauses(book.policy) if book.policy else ()
    gone = [one for one in before if one not in words] if words else []
    come = [one for one in words if one not in before]
    more = {"text": text, "found": found, "gone": gone, "come": come, "problem": problem}
    more |= {"templates": _templates(), "answer": answer, "mistakes": mistakes, "shown": SHOWN}
    ids = [one.holder for one in found.stranded[:SHOWN]]
    more["names"] = ownership.names(visit.office, visit.who, book.ruled.issuer, ids)
    more["units"] = lambda units: format_units(units, book.ruled.decimals)
    return see(visit, "policy_editor.html", status, **values | more)


def _values(visit: Visit, book: Rulebook, form: Form | None = None) -> dict[str, Any]:
    """What the bench and the page around it need."""
    held = ownership.choices(visit.office, visit.who, book.ruled.issuer, CHOICES)
    asked = {
        name: (form.get(name, "") if form else visit.query(name))
        for name in ("from", "to", "units", "kind", "signed", "representative", *_boxes())
    }
    words = clauses(book.policy) if book.policy else ()
    return {
        "book": book,
        "one": book.ruled,
        "words": words,
        "held": held,
        "asked": asked,
        "kinds": [(kind.name.lower(), kind.name.lower().replace("_", " ")) for kind in KINDS],
        "proofs": [_word(one) for one in PROOFS],
        "attested": any(asked[_word(one)] == "yes" for one in PROOFS),
        "papers": {PAPER + one.id: one.title for one in restraining.rules().papers.values()},
        "instructed": any(asked[name] for name in ("signed", "representative", *_paper_boxes())),
        "changes": approvals.about(visit.office, visit.who, book.ruled.token, POLICY),
        "key": form.get("key", "") if form else secrets.token_hex(16),
        "decides": permits.allows(visit.who, Power.CHANGE_POLICY, book.ruled.issuer),
    }


def _queue(visit: Visit) -> list[ProposalView]:
    reads = permits.allows(visit.who, Power.READ_APPROVALS)
    return approvals.queue(visit.office, visit.who) if reads else []


def _word(proof: Proof) -> str:
    return (proof.name or "").lower()


def _paper_boxes() -> list[str]:
    return [PAPER + id for id in restraining.rules().papers]


def _boxes() -> list[str]:
    """The names of all boxes that may be ticked beside a question."""
    return [*(_word(one) for one in PROOFS), *_paper_boxes()]


def _tried(
    visit: Visit, book: Rulebook, text: str | None, form: Form | None = None
) -> tuple[Answer | None, dict[str, str]]:
    """The bench's answer, or what is wrong with the question."""

    def given(name: str) -> str:
        return (form.get(name, "") if form else visit.query(name)).strip()

    token, kind = book.ruled.token, given("kind").upper() or "SALE"
    decimals = book.ruled.decimals
    chosen = Kind[kind] if kind in Kind.__members__ else Kind.SALE
    proofs = Proof(0)
    for one in PROOFS:
        proofs |= one if given(_word(one)) == "yes" else Proof(0)
    try:
        units = _units(given("units"), decimals)
        names = [one.strip() for one in given("signed")[:MOST_SIGNERS].split(";")]
        papers = [id for id in restraining.rules().papers if given(PAPER + id) == "yes"]
        signed = Signed(frozenset(filter(None, names)), frozenset(papers), given("representative"))
        question = Question(given("from"), given("to"), units, chosen, proofs, signed)
        draft = rulemaking.draft(visit.office, text) if text is not None else None
        found = explaining.explain_as(visit.office, visit.who, token, question, draft)
    except Invalid as fault:
        return None, {"units": fault.message[:1].upper() + fault.message[1:]}
    except NotFound as fault:
        side = "to" if fault.facts.get("holder") == given("to") else "from"
        return None, {side: f"{fault.message}: name two holders of this issuer"}
    return answer_of(found, decimals, draft=draft is not None), {}


def _units(text: str, decimals: int) -> int:
    return int(parse_units(text.replace(",", "").replace(" ", ""), decimals, "units"))


def answer_of(found: Explanation, decimals: int, *, draft: bool) -> Answer:
    ways = (Check(way.open, way.id, way.lacks, cite=way.cite) for way in found.decision.paths)
    return Answer(
        found.code,
        found.reason or "The rules let this transfer pass.",
        found.policy,
        found.on,
        found.passes_on,
        format_units(found.most, decimals),
        found.checks,
        tuple(ways),
        draft,
        "" if found.code else found.records.waits,
    )


def _templates() -> list[str]:
    return sorted(one.stem for one in TEMPLATES.glob("*.toml"))


def _template(name: str) -> str:
    if name not in _templates():
        raise NotFound("there is no such template")
    return (TEMPLATES / f"{name}.toml").read_text()


def _first_text(book: Rulebook) -> str:
    """What a policy begins with where none has a text yet."""
    name = book.ruled.symbol.lower()
    today = book.now.date().isoformat()
    return f'[policy]\nname = "{name}"\nas_of = {today}\nuse = ["us.sanctions"]\n'
