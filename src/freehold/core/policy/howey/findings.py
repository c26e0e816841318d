"""What the memo says beside the verdict: reasons, missing facts, what would change it, other law."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from freehold.core.policy.howey.answers import Answer, Answers, Value
from freehold.core.policy.howey.parts import (
    RULES,
    Said,
    State,
    contradictions,
    implied,
    missing,
)
from freehold.core.policy.howey.procedure import (
    SAYS,
    Conclusion,
    Verdict,
    conclude,
    open_gates,
)
from freehold.core.policy.howey.questions import (
    AS_OF,
    NOTICE,
    PRONGS,
    QUESTIONS,
    VERSION,
    Part,
    Question,
    ids_of,
)
from freehold.core.policy.howey.sources import SOURCES, Source


@dataclass(frozen=True, slots=True)
class Reason:
    """One answer as it bears on a part. `toward`: it points toward a security."""

    question: str
    answer: Value
    says: str
    toward: bool
    evidence: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartFinding:
    """How a part stands, why, on which answers, and which are missing there."""

    part: Part
    state: State
    why: str
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A question that still matters."""

    question: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One answer that alone would change the verdict."""

    question: str
    answer: Value
    says: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Flag:
    """Another law that wants to be looked at."""

    law: str
    says: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Memo:
    """The whole answer. `table` and `as_of` are the factor table's version and date."""

    name: str
    verdict: Verdict
    says: str
    gate: str
    why: str
    form: str
    category: str
    parts: tuple[PartFinding, ...]
    contradictions: tuple[tuple[str, str], ...]
    missing: tuple[Missing, ...]
    changes: tuple[Change, ...]
    other_law: tuple[Flag, ...]
    sources: tuple[Source, ...]
    table: str
    as_of: date
    notice: str


def memo(answers: Answers) -> Memo:
    """Assess a token on the answers given."""
    said = answers.said
    found = conclude(said)
    parts = tuple(_finding(part, found, answers) for part in found.parts)
    other_law = tuple(_other_law(said, found))
    return Memo(
        answers.name,
        found.verdict,
        SAYS[found.verdict],
        found.gate,
        found.why,
        found.form,
        found.category,
        parts,
        contradictions(said),
        tuple(Missing(id, QUESTIONS[id].text) for id in missing_facts(said)),
        tuple(changes(said)),
        other_law,
        tuple(_sources(parts, other_law)),
        VERSION,
        AS_OF,
        NOTICE,
    )


def _finding(part: Part, found: Conclusion, answers: Answers) -> PartFinding:
    state, why = found.parts[part]
    asked = ids_of(part) if part is Part.NOTE else RULES[part].looks_at
    said = answers.said
    reasons = tuple(_reason(QUESTIONS[id], answers.given[id]) for id in asked if id in said)
    still_missing = _missing_in(part, said) if state is State.UNCLEAR else ()
    return PartFinding(part, state, why, reasons, still_missing)


def _reason(question: Question, answer: Answer) -> Reason:
    is_yes = answer.value is Value.YES
    return Reason(
        question.id,
        answer.value,
        question.yes if is_yes else question.no,
        question.toward is is_yes,
        answer.evidence,
        _cited(question.cites),
    )


def _cited(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(SOURCES[key].name for key in keys)


def _sources(parts: tuple[PartFinding, ...], flags: tuple[Flag, ...]) -> Iterator[Source]:
    cited = {name for part in parts for reason in part.reasons for name in reason.cites}
    cited |= {name for flag in flags for name in flag.cites}
    return (source for source in SOURCES.values() if source.name in cited)


# ---- what is missing, and what would change the answer ----


def missing_facts(said: Said) -> tuple[str, ...]:
    """The questions whose answers can still change the verdict, in the order of the table."""
    found = conclude(said)
    if found.verdict is Verdict.DIGITAL_SECURITY:
        return ()
    asked = set(open_gates(said))
    for part in _deciding(said, found):
        asked |= set(_missing_in(part, said))
    return tuple(id for id in QUESTIONS if id in asked)


def _missing_in(part: Part, said: Said) -> tuple[str, ...]:
    """What is missing in a part; of a note nothing is asked before it is known to be one."""
    if part is Part.NOTE and not said.get("N1"):
        return () if "N1" in said else ("N1",)
    return missing(part, said)


def _deciding(said: Said, found: Conclusion) -> tuple[Part, ...]:
    """The parts on which the verdict still hangs."""
    if said.get("N1"):
        return (Part.NOTE,)
    if any(found.parts[prong].state is State.NOT_MET for prong in PRONGS):
        return (Part.CATEGORY,)
    if Part.SEPARATION in found.parts:
        return (Part.SEPARATION,)
    return PRONGS


def changes(said: Said) -> Iterator[Change]:
    """Every single answer that alone would change the verdict.

    Answers that would contradict another are no changes of one answer, and are left out.
    """
    now, disputed = conclude(said).verdict, set(contradictions(said))
    for id, question in QUESTIONS.items():
        for is_yes in (True, False):
            other = {**said, id: is_yes}
            verdict = conclude(other).verdict
            if verdict is not now and set(contradictions(other)) <= disputed:
                value, says = (Value.YES, question.yes) if is_yes else (Value.NO, question.no)
                yield Change(id, value, says, verdict)


def next_question(answers: Answers, every: bool = False) -> Question | None:
    """The next question to ask: one whose answer can still matter, or any (`every`) of the gates
    that the answers lead to. None if there is none."""
    wanted = wanted_questions(answers.said, every)
    return next((QUESTIONS[id] for id in wanted if id not in answers.given), None)


def wanted_questions(said: Said, every: bool) -> tuple[str, ...]:
    """The questions of the gates reached, in order."""
    found, wanted = conclude(said), set(RULES[Part.INSTRUMENT].looks_at)
    if found.verdict is not Verdict.DIGITAL_SECURITY:
        wanted.add("N1")
        for part in found.parts:
            all_of_it = every and (part is not Part.NOTE or said.get("N1"))
            wanted |= set(RULES[part].looks_at if all_of_it else _missing_in(part, said))
    return tuple(id for id in QUESTIONS if id in wanted and (id in said or id not in implied(said)))


# ---- other law ----

_MIFID = ("MIFID", "ESMA")


def _other_law(said: Said, found: Conclusion) -> Iterator[Flag]:
    yield Flag(
        "US state law",
        "States have securities acts and tests of their own; whether federal law takes their place"
        " hangs on the exemption used.",
        _cited(("STATE",)),
    )
    if said.get("P1") and found.verdict is not Verdict.DIGITAL_SECURITY:
        yield Flag(
            "US listed instruments",
            "A right to income may make it a listed instrument whatever the Howey test says: look at"
            " T0 again.",
            _cited(("SEC2A1",)),
        )
    if said.get("T3"):
        yield Flag(
            "US derivatives law",
            "Exposure to one security or a narrow index may be a security-based swap, to a broad"
            " index a swap: who may buy it, and where, is limited.",
            _cited(("TOK26", "CEA")),
        )
    if said.get("U3"):
        yield Flag(
            "US commodities law",
            "The CFTC polices fraud and manipulation in commodities, and regulates derivatives and"
            " leverage on them.",
            _cited(("INT26", "CEA")),
        )
    if said.get("X1"):
        yield Flag(
            "US payment stablecoins",
            "Only a permitted issuer may issue it; check which parts of the act are in force.",
            _cited(("GENIUS",)),
        )
    yield from _union_law(said, found.verdict)


def _union_law(said: Said, verdict: Verdict) -> Iterator[Flag]:
    listed = verdict in (Verdict.DIGITAL_SECURITY, Verdict.NOTE_SECURITY)
    if listed or said.get("P1") or said.get("P8"):
        yield Flag(
            "EU MiFID II",
            "It is likely a financial instrument: prospectus, market abuse and venue rules apply and"
            " MiCA does not.",
            _cited((*_MIFID, "MICA")),
        )
    elif said.get("X1"):
        yield Flag(
            "EU MiCA", "It is likely an e-money or asset-referenced token.", _cited(("MICA",))
        )
    elif said.get("U4") and not said.get("X2"):
        yield Flag(
            "EU MiCA",
            "What is unique and not fungible is outside MiCA; a large series may not be unique.",
            _cited(("MICA",)),
        )
    else:
        yield Flag(
            "EU MiCA or MiFID II",
            "A crypto-asset needs a white paper and perhaps an authorised provider; what gives rights"
            " like those of a transferable security is a financial instrument instead.",
            _cited((*_MIFID, "MICA")),
        )


def by_part(found: Memo) -> Mapping[Part, PartFinding]:
    """The findings of a memo by part."""
    return {one.part: one for one in found.parts}
