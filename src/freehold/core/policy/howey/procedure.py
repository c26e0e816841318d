"""The procedure: gates in order, each of which may end it; never a score, never a probability.

T  an instrument that is already a security, or stands for one   -> DIGITAL_SECURITY
N  a note                                                        -> Reves
C  what the asset itself is
H  the four parts of the Howey test
S  whether what was an investment contract has separated from the token

A verdict in favour needs both first gates closed: while T or N is open it is UNCLEAR. The name of
the token is no question, so it cannot matter (Howey: form is disregarded for substance).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from freehold.core.policy.howey.parts import Ruling, Said, State, ruling
from freehold.core.policy.howey.questions import PRONGS, Part, ids_of


class Verdict(StrEnum):
    """How the procedure ends."""

    DIGITAL_SECURITY = "DIGITAL_SECURITY"
    NOTE_SECURITY = "NOTE_SECURITY"
    INVESTMENT_CONTRACT_LIKELY = "INVESTMENT_CONTRACT_LIKELY"
    UNCLEAR = "UNCLEAR"
    INVESTMENT_CONTRACT_UNLIKELY = "INVESTMENT_CONTRACT_UNLIKELY"
    SEPARATED_LIKELY = "SEPARATED_LIKELY"
    NOT_A_SECURITY_LIKELY = "NOT_A_SECURITY_LIKELY"


SAYS: Mapping[Verdict, str] = {
    Verdict.DIGITAL_SECURITY: "It is a security, or stands for one; the chain changes nothing.",
    Verdict.NOTE_SECURITY: "It is a note that is presumed to be a security.",
    Verdict.INVESTMENT_CONTRACT_LIKELY: "It is likely sold under an investment contract.",
    Verdict.UNCLEAR: "The answers do not decide it.",
    Verdict.INVESTMENT_CONTRACT_UNLIKELY: "It is likely not sold under an investment contract.",
    Verdict.SEPARATED_LIKELY: "It was, and has likely separated from, an investment contract.",
    Verdict.NOT_A_SECURITY_LIKELY: "It is likely no security.",
}
FORMS: Mapping[str, str] = {
    "T1": "issuer-sponsored",
    "T2": "custodial entitlement",
    "T3": "linked security or security-based swap",
    "T0": "listed instrument",
}
CATEGORIES: Mapping[str, str] = {
    "U3": "digital commodity",
    "U4": "digital collectible",
    "U5": "digital tool",
    "X1": "payment stablecoin",
}


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The verdict and the gate that gave it (T0-T3, N, C, H or S; T or N if it is still open).

    `form` says in which form it is a security (gate T), `category` what the asset itself is, "none"
    where nothing establishes it. `parts` has the ruling of each part that the procedure came to.
    """

    verdict: Verdict
    gate: str
    why: str
    form: str
    category: str
    parts: Mapping[Part, Ruling]


def conclude(said: Said) -> Conclusion:
    """Walk the gates on the definite answers."""
    parts = {Part.INSTRUMENT: ruling(Part.INSTRUMENT, said)}
    if parts[Part.INSTRUMENT].state is State.MET:
        gate = next(gate for gate in FORMS if said.get(gate))
        why = parts[Part.INSTRUMENT].why
        return Conclusion(Verdict.DIGITAL_SECURITY, gate, why, FORMS[gate], "none", parts)
    parts[Part.NOTE] = _note(said)
    if said.get("N1"):
        return _of_note(said, parts)
    for part in (Part.CATEGORY, *PRONGS):
        parts[part] = ruling(part, said)
    if all(parts[prong].state is State.MET for prong in PRONGS):
        parts[Part.SEPARATION] = ruling(Part.SEPARATION, said)
    return _of_contract(said, parts)


def _note(said: Said) -> Ruling:
    if said.get("N1"):
        return ruling(Part.NOTE, said)
    if "N1" in said:
        return Ruling(State.NOT_MET, "It is no claim to be paid back.")
    return Ruling(State.UNCLEAR, "Whether it is a claim to be paid back is not answered.")


def _of_note(said: Said, parts: Mapping[Part, Ruling]) -> Conclusion:
    state, why = parts[Part.NOTE]
    verdict = {
        State.MET: Verdict.NOTE_SECURITY,
        State.UNCLEAR: Verdict.UNCLEAR,
        State.NOT_MET: Verdict.NOT_A_SECURITY_LIKELY,
    }[state]
    return _gated(said, Conclusion(verdict, "N", why, "", "none", parts))


def _of_contract(said: Said, parts: Mapping[Part, Ruling]) -> Conclusion:
    category = "none"
    if parts[Part.CATEGORY].state is State.MET:
        category = next(name for id, name in CATEGORIES.items() if said.get(id))
    failed = [prong for prong in PRONGS if parts[prong].state is State.NOT_MET]
    if failed and category != "none":
        verdict, gate, why = Verdict.NOT_A_SECURITY_LIKELY, "C", _listed("not met", failed)
    elif failed:
        verdict, gate = Verdict.INVESTMENT_CONTRACT_UNLIKELY, "H"
        why = _listed("not met", failed)
    elif unclear := [prong for prong in PRONGS if parts[prong].state is State.UNCLEAR]:
        verdict, gate, why = Verdict.UNCLEAR, "H", _listed("unclear", unclear)
    elif parts[Part.SEPARATION].state is State.MET:
        verdict, gate = Verdict.SEPARATED_LIKELY, "S"
        why = parts[Part.SEPARATION].why
    else:
        verdict, gate = Verdict.INVESTMENT_CONTRACT_LIKELY, "H"
        why = "All four parts of the Howey test are met."
    return _gated(said, Conclusion(verdict, gate, why, "", category, parts))


def _listed(state: str, prongs: list[Part]) -> str:
    return f"Of the four parts of the Howey test, {state}: {', '.join(prongs)}."


_IN_FAVOUR = {
    Verdict.INVESTMENT_CONTRACT_UNLIKELY,
    Verdict.SEPARATED_LIKELY,
    Verdict.NOT_A_SECURITY_LIKELY,
}


def _gated(said: Said, found: Conclusion) -> Conclusion:
    """A verdict in favour stands only if the token certainly is no security already, and no note."""
    unanswered = open_gates(said)
    if found.verdict not in _IN_FAVOUR or not unanswered:
        return found
    why = (
        f"It would be {found.verdict}, if {' and '.join(unanswered)} were answered with no:"
        " what is a security already, or a note, is not asked the Howey test."
    )
    gate = unanswered[0][0]
    return Conclusion(Verdict.UNCLEAR, gate, why, "", found.category, found.parts)


def open_gates(said: Said) -> tuple[str, ...]:
    """The questions of the first two gates that nobody has answered."""
    return tuple(id for id in (*ids_of(Part.INSTRUMENT), "N1") if id not in said)
