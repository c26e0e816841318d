"""Claims: what somebody whom the issuer trusts has said of a person, on evidence, for a time.

A claim never stands for ever: `expires` is its last day and must be given. A claim that *stays*
(affiliate, bad actor ...) binds the person; if it only runs out, nobody has said that the fact has
ended, so it goes on counting until its end is recorded. `ended` is the last day on
which the fact was so; `revoked` the first day from which the claim counts for nothing, because it
should not have been made or its maker took it back. Days are UTC dates. An affiliate stays one for
three calendar months after his last day (17 CFR 230.144(b)(1) and (a)(1)). Informational, not legal
advice.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from eth_hash.auto import keccak

from freehold.core.clock import anniversary, parse_day
from freehold.core.errors import Invalid, Mistake
from freehold.core.identifiers import parse_country
from freehold.core.ids import JSON, canonical

AFFILIATE_TAIL_MONTHS = 3
OPEN_END = date.max
"""The end of what nobody has ended."""


@dataclass(frozen=True, slots=True)
class ClaimName:
    """What a claim may say: a country beside it, whether it stays, and the rule it serves."""

    sentence: str
    rule: str
    country: bool = False
    stays: bool = False


CLAIM_NAMES: Mapping[str, ClaimName] = {
    "kyc": ClaimName("the person was identified", "anti-money-laundering law"),
    "residence": ClaimName("lives in the country", "17 CFR 230.902(k)", country=True),
    "citizenship": ClaimName("is a citizen of the country", "IRC 7701(a)(30)", country=True),
    "tax_residence": ClaimName("is taxed in the country", "IRC 7701(b)", country=True),
    "formation": ClaimName("was formed under the country's law", "17 CFR 230.902(k)", country=True),
    "formed_by_us_persons": ClaimName(
        "was formed by US persons to buy unregistered securities",
        "17 CFR 230.902(k)(1)(viii)",
        stays=True,
    ),
    "owned_by_institutions": ClaimName(
        "is owned by accredited investors who are not natural persons, estates or trusts",
        "17 CFR 230.902(k)(1)(viii)(B)",
    ),
    "accredited": ClaimName("is an accredited investor", "17 CFR 230.501(a)"),
    "accredited_verified": ClaimName(
        "was verified to be an accredited investor", "17 CFR 230.506(c)(2)(ii)"
    ),
    "sophisticated": ClaimName(
        "can judge the merits and risks, alone or with a representative",
        "17 CFR 230.506(b)(2)(ii)",
    ),
    "qib": ClaimName("is a qualified institutional buyer", "17 CFR 230.144A(a)(1)"),
    "qp": ClaimName("is a qualified purchaser", "ICA 2(a)(51)"),
    "knowledgeable_employee": ClaimName("is a knowledgeable employee", "17 CFR 270.3c-5"),
    "professional": ClaimName("is a professional client", "2014/65/EU Annex II"),
    "ecsp_sophisticated": ClaimName("is a sophisticated investor", "(EU) 2020/1503 Annex II"),
    "entry_test": ClaimName("passed the entry knowledge test", "(EU) 2020/1503 Art. 21"),
    "risk_acknowledged": ClaimName("acknowledged the risks", "(EU) 2020/1503 Art. 21(7)"),
    "large_ticket": ClaimName("invests a large amount at once", "(EU) 2017/1129 Art. 1(4)(d)"),
    "jp_qualified": ClaimName(
        "is a qualified or specially permitted institution", "FIEA Art. 2(3)"
    ),
    "relevant_person": ClaimName("is a relevant person", "SFA s. 275, 305"),
    "no_bad_actor": ClaimName("was checked for disqualifying events", "17 CFR 230.506(d)"),
    "bad_actor": ClaimName("is disqualified", "17 CFR 230.506(d)", stays=True),
    "affiliate": ClaimName("is an affiliate", "17 CFR 230.144(a)(1)", stays=True),
    "benefit_plan_investor": ClaimName("is a benefit plan investor", "ERISA s. 3(42)", stays=True),
    "compensation_plan": ClaimName(
        "received the units under a compensation plan", "Exchange Act 12(g)(5)", stays=True
    ),
}


class ClaimState(StrEnum):
    """How a claim stands on a day; the first that fits, in this order."""

    REVOKED = "revoked"
    UNTRUSTED = "untrusted issuer"
    NOT_YET = "not yet"
    ENDED = "ended"
    EXPIRED = "expired"
    VALID = "valid"


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim. `evidence` is the digest of what was seen (`sha256:` and 64 hexadecimal digits)."""

    id: str
    name: str
    subject: str
    issuer: str
    evidence: str
    issued: date
    expires: date
    country: str = ""
    ended: date | None = None
    revoked: date | None = None

    @property
    def stays(self) -> bool:
        known = CLAIM_NAMES.get(self.name)
        return known is not None and known.stays


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose claims count: issuers by claim name; `anywhere` are trusted with every name."""

    anywhere: frozenset[str] = frozenset()
    by_name: Mapping[str, frozenset[str]] | None = None

    def has(self, claim: Claim) -> bool:
        named = (self.by_name or {}).get(claim.name, frozenset())
        return claim.issuer in self.anywhere or claim.issuer in named


def state_on(claim: Claim, day: date, trust: Trust) -> ClaimState:
    """How the claim stands on a day."""
    if claim.revoked and day >= claim.revoked:
        return ClaimState.REVOKED
    if not trust.has(claim):
        return ClaimState.UNTRUSTED
    if day < claim.issued:
        return ClaimState.NOT_YET
    if claim.ended and day > claim.ended:
        return ClaimState.ENDED
    return ClaimState.EXPIRED if day > claim.expires else ClaimState.VALID


def counts_from_to(claim: Claim) -> tuple[date, date]:
    """The first and the last day on which a trusted claim counts; the last may lie before the first.

    What grants ends with `expires` or `ended`. What stays ends only with `ended`, an affiliate's
    status three calendar months later, or with its revocation.
    """
    last = claim.expires
    if claim.stays:
        last = claim.ended or OPEN_END
        if claim.name == "affiliate" and claim.ended:
            last = anniversary(claim.ended, AFFILIATE_TAIL_MONTHS)
    elif claim.ended:
        last = min(last, claim.ended)
    if claim.revoked:
        last = min(last, claim.revoked - timedelta(days=1))
    return claim.issued, last


def read_claim(
    given: Mapping[str, str], today: date, own_names: Sequence[str] = (), place: str = "claim"
) -> Claim:
    """A claim from text fields `id name subject issuer evidence issued expires country`.

    `own_names` are names beyond `CLAIM_NAMES` that a policy declares. Raises Invalid with every
    mistake: a claim without expiry, an unknown name or country, a day that cannot be.
    """
    mistakes: list[Mistake] = []
    name = given.get("name", "")
    if name not in CLAIM_NAMES and name not in own_names:
        known = ", ".join([*CLAIM_NAMES, *own_names])
        mistakes.append(Mistake(f"{place} name", f"there is no claim {name!r}; known are {known}"))
    for field in ("subject", "issuer"):
        if not given.get(field):
            mistakes.append(Mistake(f"{place} {field}", "is missing: say who"))
    digest = given.get("evidence", "")
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        mistakes.append(
            Mistake(f"{place} evidence", f"{digest!r} is not sha256: and 64 hexadecimal digits")
        )
    issued, expires = _days(given, today, place, mistakes)
    country = _country(name, given.get("country", ""), place, mistakes)
    if mistakes:
        raise Invalid("the claim cannot be recorded; nothing was done", mistakes)
    assert issued and expires, "both days were read"
    return Claim(
        given["id"], name, given["subject"], given["issuer"], digest, issued, expires, country
    )


def _days(
    given: Mapping[str, str], today: date, place: str, mistakes: list[Mistake]
) -> tuple[date | None, date | None]:
    issued = _day(given, "issued", place, mistakes)
    if not given.get("expires"):
        mistakes.append(
            Mistake(
                f"{place} expires",
                "is missing: a claim without expiry would hold for ever; give its last day",
            )
        )
        return issued, None
    expires = _day(given, "expires", place, mistakes)
    if issued and issued > today:
        mistakes.append(Mistake(f"{place} issued", f"{issued} lies after today, {today}"))
    if issued and expires and expires < issued:
        mistakes.append(Mistake(f"{place} expires", f"{expires} lies before its issue, {issued}"))
    return issued, expires


def _day(given: Mapping[str, str], field: str, place: str, mistakes: list[Mistake]) -> date | None:
    try:
        return parse_day(given.get(field, ""), field)
    except Invalid as wrong:
        mistakes.append(Mistake(f"{place} {field}", wrong.message))
        return None


def _country(name: str, text: str, place: str, mistakes: list[Mistake]) -> str:
    wanted = name in CLAIM_NAMES and CLAIM_NAMES[name].country
    if not wanted and text:
        mistakes.append(
            Mistake(f"{place} country", f"a claim {name!r} has no country: leave it out")
        )
    if not wanted:
        return ""
    try:
        return parse_country(text, "country")
    except Invalid as wrong:
        mistakes.append(Mistake(f"{place} country", wrong.message))
        return ""


def commitment(salt: bytes, claims: Sequence[Claim]) -> str:
    """keccak-256 over a secret salt of 32 bytes and the canonical JSON of claims, as 0x-text.

    The chain keeps it; with salt and claims anybody can compare, without the salt nobody can guess.
    """
    assert len(salt) == 32, "a salt has 32 bytes"
    listed = sorted((claim_json(one) for one in claims), key=lambda one: str(one["id"]))
    return "0x" + keccak(salt + canonical(list(listed))).hex()


def claim_json(claim: Claim) -> dict[str, JSON]:
    """What a claim says, as plain JSON; not what became of it later."""
    return {
        "id": claim.id,
        "name": claim.name,
        "subject": claim.subject,
        "issuer": claim.issuer,
        "evidence": claim.evidence,
        "issued": claim.issued.isoformat(),
        "expires": claim.expires.isoformat(),
        "country": claim.country,
    }
