"""Forms of registration: who must sign for a transfer, which papers it needs, what death changes.

The forms are data (`registration_forms.toml`), each with its source: the Uniform Commercial Code,
Article 8 (8-107 says who is the appropriate person, 8-402 what an issuer may ask for), the Uniform
Transfers to Minors Act and the Uniform Trust Code. What a state or a trust's own terms say differently
is given with the registration: another quorum, another age of majority.
"""

import math
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

from freehold.core.clock import anniversary
from freehold.core.errors import Invalid, Mistake
from freehold.core.reasons import Reason, sentence

MOST_LETTERS = 200


class Quorum(StrEnum):
    """How many of the living signers must sign."""

    ALL = "all"
    MAJORITY = "majority"
    ONE = "one"


class Event(StrEnum):
    """What may become of a party."""

    DIED = "died"
    OF_AGE = "of-age"


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that may be asked for. `days`: how old it may be; `each_transfer`: asked anew each time."""

    id: str
    title: str
    cite: str
    days: int | None = None
    each_transfer: bool = False


@dataclass(frozen=True, slots=True)
class Majority:
    """The role whose coming of age ends the custody, at which age, and who signs from then on."""

    of: str
    age: int
    signs: str


@dataclass(frozen=True, slots=True)
class Form:
    """A form of registration as data. `roles`: least and most parties by role; `shares`: of which role
    the parties' shares add up to one."""

    id: str
    title: str
    cite: str
    roles: Mapping[str, tuple[int, int]]
    signers: tuple[str, ...]
    quorum: Quorum
    papers: tuple[str, ...]
    heirs: str
    after_death: tuple[str, ...]
    shares: str = ""
    majority: Majority | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The forms of registration and the papers, by their ids."""

    forms: Mapping[str, Form]
    papers: Mapping[str, Paper]


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who stands in a registration. `share` of tenants in common, `born` of a minor."""

    role: str
    name: str
    born: date | None = None
    share: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """How a holder's units are registered: the form and its parties, in their order.

    `quorum` and `majority_age` where law or papers say otherwise than the form.
    """

    form: str
    parties: tuple[Party, ...]
    quorum: Quorum | None = None
    majority_age: int | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a party, by his place in the registration, on a day."""

    party: int
    event: Event
    day: date


@dataclass(frozen=True, slots=True)
class OnFile:
    """A paper that the agent has seen, and the day it is dated."""

    paper: str
    dated: date


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed an instruction, by name, and the papers that came with it.

    `representative` is whoever signs for an estate, by name.
    """

    by: frozenset[str]
    papers: frozenset[str] = frozenset()
    representative: str = ""


UNSIGNED = Signed(frozenset())


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether an instruction is good: code 0, or why not, with what is missing by name."""

    code: int
    sentence: str
    missing_signatures: tuple[str, ...] = ()
    missing_papers: tuple[str, ...] = ()
    cite: str = ""

    @property
    def good(self) -> bool:
        return self.code == 0


@dataclass(frozen=True, slots=True)
class _Signing:
    """Who signs now: names, how many of them, and which papers; `code` where nobody can."""

    names: tuple[str, ...]
    needed: int
    papers: tuple[str, ...]
    code: int = 0


def rules(text: str) -> Rules:
    """The forms and papers of a data file such as `registration_forms.toml`."""
    data = tomllib.loads(text)
    return Rules(
        {id: _form(id, given) for id, given in data["forms"].items()},
        {id: Paper(id, **given) for id, given in data["papers"].items()},
    )


def read(known: Rules, given: Mapping[str, Any]) -> Registration:
    """A registration from plain values: form, parties (role, name, born, share), quorum, majority_age.

    Raises Invalid with every mistake at once.
    """
    mistakes: list[Mistake] = []
    form = known.forms.get(str(given.get("form")))
    if form is None:
        there = ", ".join(known.forms)
        raise Invalid(f"form {given.get('form')!r} is none of {there}", field="form")
    listed = given.get("parties")
    rows = listed if isinstance(listed, list) else []
    parties = [_party(row, f"parties[{n}]", mistakes) for n, row in enumerate(rows)]
    quorum = _quorum(given.get("quorum"), mistakes)
    age = given.get("majority_age")
    if age is not None and not (isinstance(age, int) and 18 <= age <= 25):
        mistakes.append(Mistake("majority_age", f"{age!r} is no age from 18 to 25"))
        age = None
    found = Registration(form.id, tuple(one for one in parties if one), quorum, age)
    if not mistakes:
        mistakes += _fits(form, found)
    if mistakes:
        raise Invalid("the registration cannot be used", mistakes)
    return found


def to_json(one: Registration) -> dict[str, Any]:
    """The plain values that `read` reads."""
    return {
        "form": one.form,
        "parties": [
            {
                "role": party.role,
                "name": party.name,
                "born": party.born.isoformat() if party.born else None,
                "share": str(party.share) if party.share is not None else None,
            }
            for party in one.parties
        ],
        "quorum": str(one.quorum) if one.quorum else None,
        "majority_age": one.majority_age,
    }


def check(
    known: Rules,
    one: Registration,
    signed: Signed,
    on_file: Sequence[OnFile] = (),
    happened: Collection[Happened] = (),
    *,
    day: date,
) -> Finding:
    """Whether an instruction to transfer is good on a day; what is missing is named."""
    form = known.forms[one.form]
    signing = _signing(known, one, happened, signed, day)
    if signing.code:
        return Finding(signing.code, sentence(Reason(signing.code)), cite=form.cite)
    there = {_plain(name) for name in signed.by}
    missing = tuple(name for name in signing.names if _plain(name) not in there)
    if len(signing.names) - len(missing) < signing.needed:
        code = Reason.SIGNATURE_MISSING
        return Finding(int(code), sentence(code), missing, cite=form.cite)
    lacking = tuple(_lacking(known, signing.papers, signed, on_file, day))
    if lacking:
        code = Reason.PAPER_MISSING
        cites = "; ".join(known.papers[paper].cite for paper in lacking)
        return Finding(int(code), sentence(code), (), lacking, cites)
    return Finding(0, "The instruction is good.", cite=form.cite)


def of_age_on(known: Rules, one: Registration) -> date | None:
    """The day from which the minor of a custody is of age; None where there is no custody."""
    form = known.forms[one.form]
    if form.majority is None:
        return None
    minor = next(party for party in one.parties if party.role == form.majority.of)
    assert minor.born, "a minor's registration says when he was born"
    return anniversary(minor.born, 12 * (one.majority_age or form.majority.age))


def words(known: Rules, one: Registration) -> str:
    """The registration as it stands on a statement: names, form."""
    form = known.forms[one.form]
    names = {role: [p.name for p in one.parties if p.role == role] for role in form.roles}
    match one.form:
        case "joint-tenants":
            return f"{' and '.join(names['owner'])}, JT TEN"
        case "tenants-in-common":
            shares = [f"{p.name} ({p.share})" for p in one.parties]
            return f"{' and '.join(shares)}, TEN COM"
        case "custodian-minor":
            return f"{names['custodian'][0]}, custodian for {names['minor'][0]}, UTMA"
        case "trust":
            return f"{' and '.join(names['trustee'])}, TTEE"
        case "estate":
            return f"{' and '.join(names['representative'])}, personal representative"
        case "nominee":
            return f"nominee, {len(names['sub-account'])} sub-accounts"
        case _:
            return form.title


def _signing(
    known: Rules, one: Registration, happened: Collection[Happened], signed: Signed, day: date
) -> _Signing:
    form = known.forms[one.form]
    dead = {each.party for each in happened if each.event is Event.DIED and each.day <= day}
    signers = [n for n, party in enumerate(one.parties) if party.role in form.signers]
    asked = form.papers
    if (grown := of_age_on(known, one)) and day >= grown:
        return _of_age(form, one, dead, signed)
    alive = [one.parties[n].name for n in signers if n not in dead]
    if len(alive) < len(signers):
        asked = (*asked, *(paper for paper in form.after_death if paper not in asked))
        if form.heirs == "representative":
            if not signed.representative:
                return _Signing((), 0, (), int(Reason.OWNER_DECEASED))
            alive.append(signed.representative)
    if not alive:
        if not signed.representative:
            return _Signing((), 0, (), int(Reason.OWNER_DECEASED))
        asked = (*asked, *(p for p in ("death-certificate", "letters") if p not in asked))
        alive.append(signed.representative)
    return _Signing(tuple(alive), _needed(one.quorum or form.quorum, len(alive)), asked)


def _of_age(form: Form, one: Registration, dead: Collection[int], signed: Signed) -> _Signing:
    """Once the minor is of age he signs himself; a custodian's signature alone is refused."""
    assert form.majority, "only custodies end by age"
    own = [n for n, party in enumerate(one.parties) if party.role == form.majority.signs]
    names = tuple(one.parties[n].name for n in own if n not in dead)
    if not names:
        return _Signing((), 0, (), int(Reason.OWNER_DECEASED))
    if not {_plain(name) for name in signed.by} & {_plain(name) for name in names}:
        return _Signing((), 0, (), int(Reason.MAJORITY_REACHED))
    return _Signing(names, len(names), form.papers)


def _needed(quorum: Quorum, signers: int) -> int:
    return {
        Quorum.ALL: signers,
        Quorum.MAJORITY: math.floor(Fraction(signers, 2)) + 1,
        Quorum.ONE: 1,
    }[quorum]


def _lacking(
    known: Rules, asked: Sequence[str], signed: Signed, on_file: Sequence[OnFile], day: date
) -> Iterator[str]:
    for id in asked:
        paper = known.papers[id]
        if id in signed.papers:
            continue
        oldest = date.min if paper.days is None else day - timedelta(days=paper.days)
        filed = [one for one in on_file if one.paper == id and oldest <= one.dated <= day]
        if paper.each_transfer or not filed:
            yield id


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _party(row: object, place: str, mistakes: list[Mistake]) -> Party | None:
    if not isinstance(row, Mapping):
        mistakes.append(Mistake(place, "a party has a role and a name"))
        return None
    name = " ".join(str(row.get("name") or "").split())
    if not 0 < len(name) <= MOST_LETTERS or not name.isprintable():
        mistakes.append(Mistake(f"{place}.name", f"write a name of 1 to {MOST_LETTERS} letters"))
    return Party(
        str(row.get("role") or ""),
        name,
        _day(row.get("born"), f"{place}.born", mistakes),
        _share(row.get("share"), f"{place}.share", mistakes),
    )


def _day(value: object, place: str, mistakes: list[Mistake]) -> date | None:
    if value in (None, ""):
        return None
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        mistakes.append(Mistake(place, f"{value!r} is not a date such as 2012-11-22"))
        return None


def _share(value: object, place: str, mistakes: list[Mistake]) -> Fraction | None:
    if value in (None, ""):
        return None
    try:
        share = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        share = Fraction(0)
    if not 0 < share <= 1:
        mistakes.append(Mistake(place, f"{value!r} is no share such as 1/3"))
        return None
    return share


def _quorum(value: object, mistakes: list[Mistake]) -> Quorum | None:
    if value in (None, ""):
        return None
    if value not in list(Quorum):
        mistakes.append(Mistake("quorum", f"{value!r} is none of {', '.join(Quorum)}"))
        return None
    return Quorum(str(value))


def _fits(form: Form, one: Registration) -> Iterator[Mistake]:
    for n, party in enumerate(one.parties):
        if party.role not in form.roles:
            there = ", ".join(form.roles)
            yield Mistake(f"parties[{n}].role", f"{party.role!r} is none of {there}")
        elif form.majority and party.role == form.majority.of and party.born is None:
            yield Mistake(f"parties[{n}].born", f"say when the {party.role} was born")
        elif form.shares == party.role and party.share is None:
            yield Mistake(f"parties[{n}].share", "say which share he has, such as 1/2")
    for role, (least, most) in form.roles.items():
        count = sum(party.role == role for party in one.parties)
        if not least <= count <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            yield Mistake("parties", f"{form.title} has {wanted} of role {role}, not {count}")
    names = [_plain(party.name) for party in one.parties]
    if len(set(names)) != len(names):
        yield Mistake("parties", "two parties have the same name")
    shares = [party.share for party in one.parties if party.share is not None]
    if form.shares and len(shares) == len(one.parties) and sum(shares) != 1:
        yield Mistake("parties", f"the shares add up to {sum(shares)}, not to 1")
    if shares and not form.shares:
        yield Mistake("parties", f"{form.title} has no shares")


def _form(id: str, given: Mapping[str, Any]) -> Form:
    fields = dict(given)
    majority = fields.pop("majority", None)
    return Form(
        id=id,
        title=fields["title"],
        cite=fields["cite"],
        roles={role: (least, most) for role, (least, most) in fields["roles"].items()},
        signers=tuple(fields["signers"]),
        quorum=Quorum(fields["quorum"]),
        papers=tuple(fields["papers"]),
        heirs=fields["heirs"],
        after_death=tuple(fields["after_death"]),
        shares=fields.get("shares", ""),
        majority=Majority(**majority) if majority else None,
    )
