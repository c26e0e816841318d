"""Onboarding: a person is recorded, claims are made on evidence, and what follows goes on chain.

The register of holders gets a class, marks and a last day; names, papers and reasons stay in the
book, sealed. Whatever changes how a person stands (a claim that runs out, ends or is revoked) is
pushed by `refresh`; until then the chain's own last day holds, which is never later than the
earliest lapse of what the class rests on.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from freehold.book import issuers, people, settings
from freehold.book.issuers import KnownIssuer
from freehold.book.people import Person, Wallet
from freehold.book.schema_people import Fate
from freehold.book.session import Transaction
from freehold.chain.contracts import call
from freehold.core.claims import Claim, ClaimState, state_on
from freehold.core.clock import day_number
from freehold.core.errors import Conflict, Invalid
from freehold.core.facts import Flags, pack_facts, unpack_facts
from freehold.core.holder import Particulars, read_particulars, require_person_id
from freehold.core.ids import Address, record_hash
from freehold.core.instruction import Instruction
from freehold.desks import parties
from freehold.desks.office import Office, now_on_chain
from freehold.desks.onboarding import opening, persons
from freehold.desks.onboarding.persons import Scheme, Standing
from freehold.desks.outbox.carrying import Asked, carry_out

_OWN = Flags.FROZEN | Flags.SANCTIONED | Flags.MULTI | Flags.TREASURY | Flags.VENUE | Flags.NOMINEE
"""Marks that claims say nothing of; they stay as they are."""
_ROWS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class PersonFile:
    """All that is known of a person; `particulars` None once erased."""

    person: Person
    particulars: Particulars | None
    claims: tuple[Claim, ...]
    states: Mapping[str, ClaimState]
    why_not: Mapping[str, str]
    wallets: tuple[Wallet, ...]
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of an admission: `code` 0 and an account, or why no class takes the person."""

    standing: Standing
    wallet: Address | None
    commitment: str
    instruction: Instruction | None

    @property
    def allowed(self) -> bool:
        return self.standing.admitted


@dataclass(frozen=True, slots=True)
class Pushed:
    """A wallet whose facts were changed on chain, and how the person stands now."""

    wallet: Address
    standing: Standing
    instruction: Instruction


# ---- persons ----


def add_person(office: Office, given: Mapping[str, object], id: str | None = None) -> Person:
    """Record a person; the id is random where none is given, so that it says nothing.

    Raises Invalid with every mistake, Conflict if the id is taken.
    """
    known = read_particulars(given, _today(office))
    name = require_person_id(id) if id else f"p-{secrets.token_hex(6)}"
    vault = office.people.vault()
    with office.book.transaction() as tx:
        return people.add(tx, vault, name, known, office.clock.now())


def revise_person(office: Office, id: str, given: Mapping[str, object]) -> Person:
    """Write a new version of a person's particulars. Raises as `add_person`, NotFound."""
    known = read_particulars(given, _today(office))
    vault = office.people.vault()
    with office.book.transaction() as tx:
        person = people.find(tx, id)
        if known.kind is not person.kind:
            raise Conflict(f"{id} is recorded as {person.kind}: an {known.kind} is another person")
        people.revise(tx, vault, id, known, office.clock.now())
    return person


def person_file(office: Office, id: str, scheme: Scheme | None = None) -> PersonFile:
    """All that is known of a person. Raises NotFound."""
    vault, day = office.people.vault(), _today(office)
    with office.book.reading() as tx:
        person = people.find(tx, id)
        wallets = tuple(people.wallets(tx, id))
        if person.erased_at:
            return PersonFile(person, None, (), {}, {}, wallets, None)
        claims = people.claims_of(tx, vault, id)
        trust = persons.trusted(tx)
        return PersonFile(
            person,
            people.particulars(tx, vault, id),
            tuple(claims),
            {one.id: state_on(one, day, trust) for one in claims},
            persons.counting(claims, tx, day),
            wallets,
            persons.standing(
                office, tx, vault, person, persons.scheme_for(office, tx, None, scheme)
            ),
        )


def classify(
    office: Office, id: str, scheme: Scheme | None = None, day: date | None = None
) -> Standing:
    """The class that claims give on a day, why, and until when. Raises NotFound."""
    vault = office.people.vault()
    with office.book.reading() as tx:
        by = persons.scheme_for(office, tx, None, scheme)
        return persons.standing(office, tx, vault, people.find(tx, id), by, day)


def list_persons(office: Office) -> list[tuple[Person, Particulars | None]]:
    """Everybody, with particulars where they can still be read."""
    vault = office.people.vault()
    with office.book.reading() as tx:
        known = people.all_particulars(tx, vault)
        return [(one, known.get(one.id)) for one in people.persons(tx)]


# ---- claims ----


def add_claim(office: Office, given: Mapping[str, str], own_names: Sequence[str] = ()) -> Claim:
    """Record a claim about a person; the same claim again is the same one. `own_names` are those of a
    policy's own attributes.

    `given` has name, subject, evidence, issued, expires, and where it fits issuer and country.
    Raises Invalid with every mistake, NotFound for an unknown person.
    """
    vault = office.people.vault()
    with office.book.transaction() as tx:
        people.find(tx, given.get("subject", ""))
        claim = opening.make_claim(office, tx, vault, given, own_names)
        people.add_claim(tx, vault, claim, office.clock.now())
    return claim


def end_claim(office: Office, id: str, fate: Fate, day: date | None, why: str) -> Claim:
    """Write that the fact behind a claim ended (its last day), or that the claim is revoked (from a
    day on; today if left out). Raises NotFound, Conflict, Invalid for a day that cannot be."""
    vault, today = office.people.vault(), _today(office)
    when = day or today
    if not why.strip():
        raise Invalid("say why the claim is ended", field="why")
    if when > today:
        raise Invalid(f"{when} has not come: today is {today}", field="day")
    with office.book.transaction() as tx:
        person = people.claim_subject(tx, id)
        people.end_claim(tx, vault, id, fate, when, why, office.clock.now())
        claims = people.claims_of(tx, vault, person)
    return next(one for one in claims if one.id == id)


def end_claim_everywhere(
    office: Office, id: str, fate: str, day: date | None, why: str, scheme: Scheme | None = None
) -> tuple[Claim, list[Pushed]]:
    """End or revoke a claim, and push what follows to every register the person is in.

    Raises Conflict, before anything is written, where a register is classed by another scheme.
    """
    with office.book.transaction() as tx:
        owned = people.wallets(tx, people.claim_subject(tx, id))
        registers = {one.issuer for one in owned}
        for issuer in registers:
            by = persons.scheme_for(office, tx, issuer, scheme)
            persons.keep_scheme(office, tx, issuers.find(tx, issuer).register, by)
    done = end_claim(office, id, Fate(fate), day, why)
    pushed = [refresh(office, issuer, done.subject, scheme) for issuer in sorted(registers)]
    return done, [one for several in pushed for one in several]


# ---- the chain ----


def admit(
    office: Office,
    issuer: str | None,
    id: str,
    wallet: Address | None = None,
    scheme: Scheme | None = None,
) -> Admission:
    """Open an account for a person in an issuer's register, in the class that claims give.

    Without a wallet of the person's own, one under a key that the agent keeps. A person whom no
    class takes is refused with the code. Asked again, nothing is opened twice. Raises NotFound,
    Conflict if the wallet or the id belongs to another, NotPermitted without keys for others.
    """
    vault = office.people.vault()
    with office.book.transaction() as tx:
        owner = issuers.find(tx, issuer)
        found = opening.prepare(office, tx, vault, owner, people.find(tx, id), wallet, scheme)
        if isinstance(found, Standing):
            return Admission(found, None, "", None)
    done = None
    if not opening.is_open(office, found):
        [done] = carry_out(office, opening.scope(owner), [opening.asked(office, found)])
    with office.book.transaction() as tx:
        issuers.add(tx, found.holder, office.clock.now())
    if done is None:  # the account was there before: bring it to what the claims say
        pushed = refresh(office, issuer, id, scheme)
        done = pushed[0].instruction if pushed else None
    return Admission(found.standing, found.holder.wallet, found.shown.commitment, done)


def refresh(
    office: Office,
    issuer: str | None,
    id: str | None = None,
    scheme: Scheme | None = None,
    *,
    change: bool = False,
) -> list[Pushed]:
    """Bring the register to what claims say today: of one person, or of everybody in it.

    `change`: everybody is classed by another scheme from now on.

    Whom no class takes any more keeps the class, with yesterday as the last day: nothing can be
    received, and what is held can go the ways that are open. Raises NotFound, Conflict where the
    register is classed by another scheme.
    """
    if change and id is not None:
        raise Invalid("another scheme is for everybody: leave the person out", field="person")
    vault = office.people.vault()
    changes = []
    with office.book.transaction() as tx:
        owner = issuers.find(tx, issuer)
        by = persons.scheme_for(office, tx, owner.id, scheme)
        persons.keep_scheme(office, tx, owner.register, by, change=change)
        for person, owned in _owned(tx, owner, id):
            found = persons.standing(office, tx, vault, person, by)
            if rows := _changes(office, owner, owned, found):
                changes.append(rows)
    pages = _pages(changes)
    done = _push(office, owner, [[row for row, _, _ in page] for page in pages])
    return [
        Pushed(wallet.wallet, found, one)
        for page, one in zip(pages, done, strict=True)
        for _, wallet, found in page
    ]


def _owned(
    tx: Transaction, owner: KnownIssuer, id: str | None
) -> list[tuple[Person, list[Wallet]]]:
    """Persons who can still be judged, with their wallets in the register."""
    if id is not None:
        people.find(tx, id)
    by_person: dict[str, list[Wallet]] = {}
    for one in people.wallets(tx, id):
        if one.issuer == owner.id:
            by_person.setdefault(one.person, []).append(one)
    known = [(people.find(tx, person), owned) for person, owned in by_person.items()]
    return [(person, owned) for person, owned in known if person.erased_at is None]


_Change = tuple[int, Wallet, Standing]


def _changes(
    office: Office, owner: KnownIssuer, owned: Sequence[Wallet], found: Standing
) -> list[_Change]:
    """The rows that differ from the register; of a person all accounts or none."""
    rows, differs = [], False
    for one in owned:
        wallet, word = parties.living(office, owner, one.wallet)
        if not word:
            continue
        now = unpack_facts(word)
        wanted = found.facts(now.flags & _OWN)
        if not found.admitted:
            ended = min(now.until, day_number(found.day) - 1)
            wanted = replace(wanted, holder_class=now.holder_class, until=ended)
        wanted = replace(wanted, account=now.account, identity=now.identity)
        differs = differs or pack_facts(replace(now, epoch=0)) != pack_facts(wanted)
        row = pack_facts(replace(wanted, account=0, identity=wallet))
        rows.append((row, replace(one, wallet=wallet), found))
    return rows if differs else []


def _pages(changes: Sequence[list[_Change]]) -> list[list[_Change]]:
    """Rows in pages; all accounts of one person stand on one."""
    pages: list[list[_Change]] = []
    for rows in changes:
        if not pages or len(pages[-1]) + len(rows) > _ROWS_AT_ONCE:
            pages.append([])
        pages[-1] += rows
    return pages


def _push(office: Office, owner: KnownIssuer, pages: list[list[int]]) -> list[Instruction]:
    """Write rows of facts page by page, each set once; a set that was begun is ended first."""
    if not pages:
        return []
    number = _number_of(office, owner, pages)
    asked = [
        Asked(
            office.keys.agent,
            owner.register,
            call("Holders", "set_facts", page),
            "set facts",
            f"set {number} page {place}",
        )
        for place, page in enumerate(pages)
    ]
    done = carry_out(office, f"facts {owner.id}", asked)
    _note(office, owner, number, "")
    return done


def _number_of(office: Office, owner: KnownIssuer, pages: list[list[int]]) -> int:
    """Under which number a set of rows is pushed: the one it was begun under, or the next."""
    content = record_hash([[f"{row:x}" for row in page] for page in pages])
    with office.book.reading() as tx:
        found = settings.read(tx, _setting(owner))
    known: dict[str, Any] = json.loads(found) if found else {"number": 0, "begun": ""}
    number = int(known["number"])
    if known["begun"] != content:
        number += 1
        _note(office, owner, number, content)
    return number


def _note(office: Office, owner: KnownIssuer, number: int, begun: str) -> None:
    with office.book.transaction() as tx:
        content = json.dumps({"number": number, "begun": begun})
        settings.write(tx, _setting(owner), content, office.clock.now())


def _setting(owner: KnownIssuer) -> str:
    return f"facts {owner.register}"


def _today(office: Office) -> date:
    return now_on_chain(office).date()
