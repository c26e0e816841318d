"""Letters of an action's life, and reminders: each thing that happens is told to whom it concerns, once.

What happened is read from the steps that the book keeps, in their order, so nothing is told that did not
happen and nothing is left out. A page of letters and how far it came are written together: whoever dies
in the middle goes on there, and a letter that was written is the same letter when it is written again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from freehold.book import actions as book
from freehold.book import issuers, meetings, settings
from freehold.book.actions import Happened
from freehold.book.meetings import KeptMeeting
from freehold.core.actions.kinds import ELECTED
from freehold.core.actions.life import State, Step
from freehold.core.actions.terms import Terms, read
from freehold.core.actions.terms_change import differences
from freehold.core.clock import stamp
from freehold.core.letters import Kind
from freehold.core.units import format_units
from freehold.desks import notices, permits
from freehold.desks.office import Office
from freehold.desks.servicing import (
    actions,
    assembly,
    events,
    holders_of,
    meeting_letters,
    servicing,
)
from freehold.desks.servicing.assembly import Stage
from freehold.desks.servicing.events import ActionView, Entitled
from freehold.desks.servicing.servicing import Case
from freehold.indexer import read as register

PAGE = 100
"""Letters that are written in one transaction."""
NEAR = timedelta(days=3)
"""How long before an election or a vote ends whoever said nothing is reminded."""
CURSOR = "letters of actions"
TOLD = (Step.ANNOUNCE, Step.AMEND, Step.CANCEL, Step.DELIVER)
WORKER = permits.keyholder("worker")


@dataclass(frozen=True, slots=True)
class Letter:
    """What one holder is told; `once` is what makes it the same letter."""

    holder: str
    title: str
    said: str
    once: str


def tell_due(office: Office) -> int:
    """Write the letters of what has happened since, and reminders that are due; how many.

    A book that begins to write letters tells nothing of what happened before.
    """
    with office.book.reading() as tx:
        kept = settings.read(tx, CURSOR)
    if kept is None:
        with office.book.transaction() as tx:
            settings.write(tx, CURSOR, str(book.last_step(tx)), office.clock.now())
        return 0
    with office.book.reading() as tx:
        happened = book.steps_after(tx, int(kept), TOLD)
    return sum(_tell_step(office, one) for one in happened) + remind_due(office)


def _tell_step(office: Office, one: Happened) -> int:
    of = servicing.case(office, one.action)
    if of.owner.chain != office.chain:
        letters: Sequence[Letter] = ()
    else:
        letters = list(_of_step(office, of, one))
    link = f"/actions/{one.action}"
    told = _write(office, of.owner.id, Kind.ACTION, link, letters)
    with office.book.transaction() as tx:
        settings.write(tx, CURSOR, str(one.number), office.clock.now())
    return told


def _write(office: Office, issuer: str, kind: Kind, link: str, letters: Sequence[Letter]) -> int:
    told = 0
    for first in range(0, len(letters), PAGE):
        with office.book.transaction() as tx:
            name = issuers.find(tx, issuer).name
            now = office.clock.now()
            for one in letters[first : first + PAGE]:
                facts = {"issuer": name, "title": one.title, "said": one.said, "link": link}
                told += notices.write_to_holder(tx, issuer, one.holder, kind, facts, now, one.once)
    return told


# ---- actions ----


def _of_step(office: Office, of: Case, one: Happened) -> Iterator[Letter]:
    id, once = of.known.id, f"step {one.number}"
    title = f"{_named(of)}: {_TITLES[Step(one.step)]}"
    if one.step == Step.DELIVER:
        view = events.one(office, WORKER, id)
        for row in events.entitlements(office, WORKER, id).rows:
            if row.holder and (said := _got(view, row)):
                yield Letter(row.holder, title, said, once)
        return
    if one.step == Step.ANNOUNCE:
        said = _announced(office, of)
    elif one.step == Step.AMEND:
        said = _amended(office, of, one)
    else:
        said = "It is called off. Who was paid before keeps it; nothing more is due."
    for holder in _concerned(office, of):
        yield Letter(holder, title, said, once)


_TITLES = {
    Step.ANNOUNCE: "announced",
    Step.AMEND: "changed",
    Step.CANCEL: "called off",
    Step.DELIVER: "carried out",
}


def _named(of: Case) -> str:
    kind = str(of.terms.kind).replace("-", " ").capitalize()
    return f"{kind} of {of.instrument.name}"


def _announced(office: Office, of: Case) -> str:
    terms = of.terms
    lines = [terms.narrative] if terms.narrative else []
    lines.append(
        f"Whoever holds {of.instrument.name} on {stamp(terms.record)} takes part;"
        f" {'it is paid' if terms.pays else 'it is carried out'} on {stamp(terms.payment)}."
    )
    if asks(terms):
        lines.append(f"You may choose until {stamp(terms.elect_until)}.")
    return "\n".join(lines)


def _amended(office: Office, of: Case, one: Happened) -> str:
    with office.book.reading() as tx:
        texts = book.versions(tx, of.known.id)
    version = int(one.content["version"])
    before, after = (read(texts[at - 1]) for at in (version - 1, version))
    lines = [f"{what}: {was} before, {will} now." for what, was, will in differences(before, after)]
    return "\n".join(lines) or "Its terms were written anew; nothing in them differs."


def _got(view: ActionView, row: Entitled) -> str:
    """What a holder got, or what is held for him; nothing where neither."""
    part, places = row.part, view.instrument.decimals
    own = view.terms.cash.decimals if view.terms.cash else 0
    digits = view.terms.options.places(part.currency, own)
    coin = part.currency or view.symbol
    lines = []
    if part.gross and row.became == events.PAID:
        lines.append(
            f"Paid: {_grouped(part.net, digits)} {coin} (gross {_grouped(part.gross, digits)},"
            f" tax {_grouped(part.withheld, digits)}) for {_grouped(part.units, places)} units."
        )
    if row.held:
        lines.append(
            f"{_grouped(row.held, digits)} {coin} is held under your name, because it may not be sent to"
            " you now. It is yours once that is cleared: ask the transfer agent."
        )
    if row.kept:
        lines.append(
            f"{_grouped(row.kept, places)} new units are kept for you until you may have them."
        )
    gets = part.gets - row.kept
    lines += [f"You got {_grouped(gets, places)} units."] if gets > 0 else []
    lines += [f"You gave {_grouped(part.gives, places)} units."] if part.gives else []
    return "\n".join(lines)


def _grouped(amount: int, places: int) -> str:
    whole, dot, rest = format_units(amount, places).partition(".")
    return f"{int(whole):,}{dot}{rest}"


def _concerned(office: Office, of: Case) -> list[str]:
    """The holders that an announcement is for: who held at the record, before it who holds now."""
    known = holders_of.by_account(office, of.owner, of.instrument.token)
    passed = servicing.now_of(office) >= of.terms.record
    with office.index.connect() as view:
        last = register.last_block(view)
        held = register.holdings(view, of.instrument.token, last)
        if passed and register.head_instant(view) >= of.terms.record:
            held = register.holdings_of_record(view, of.instrument.token, of.record)
    return [known[account].id for account in held.accounts if account in known]


# ---- reminders ----


def asks(terms: Terms) -> bool:
    """Whether holders are asked to choose."""
    return terms.work in ELECTED or bool(terms.options.choices)


def remind_due(office: Office) -> int:
    """Remind whoever has not chosen or voted that the time for it ends; how many letters."""
    now = servicing.now_of(office)
    with office.book.reading() as tx:
        owners = {one.id for one in issuers.issuers(tx) if one.chain == office.chain}
        open_ = book.unfinished(tx)
        called = [one for one in meetings.not_ended(tx) if one.issuer in owners]
    told = 0
    for of in (servicing.case(office, id) for id in open_):
        until = of.terms.elect_until
        near = asks(of.terms) and until - NEAR <= now < until and of.owner.id in owners
        if near and servicing.state_of(office, of) is not State.PAYING:
            once = f"remind {of.known.id} {stamp(until)}"
            told += _once(office, once, partial(_remind, office, of, once))
    for one in called:
        closes = assembly.terms_of(office, one).closes
        if closes - NEAR <= now < closes:
            once = f"remind meeting {one.issuer} {one.number} {stamp(closes)}"
            told += _once(office, once, partial(_remind_voters, office, one, once))
    return told


def _remind(office: Office, of: Case, once: str) -> int:
    known = holders_of.by_account(office, of.owner, of.instrument.token)
    said = {known[account].id for account in of.elections if account in known}
    choices = " or ".join(actions.choices_in(of.terms))
    text = f"You may choose ({choices}) until {stamp(of.terms.elect_until)}. You have said nothing yet."
    title = f"{_named(of)}: choose soon"
    letters = [
        Letter(holder, title, text, once) for holder in _concerned(office, of) if holder not in said
    ]
    return _write(office, of.owner.id, Kind.REMINDER, f"/actions/{of.known.id}", letters)


def _remind_voters(office: Office, kept: KeptMeeting, once: str) -> int:
    """Remind whoever may vote and has not."""
    one = assembly.find(office, kept.issuer, kept.number)
    if one.stage is not Stage.OPEN:
        return 0
    names, done = assembly.names(office, one), one.chain.cast.keys() | one.chain.sealed.keys()
    closes = stamp(one.chain.terms.closes)
    text = f"Votes are taken until {closes}. Nobody has voted for you yet."
    title = f"{one.notice.name}: vote soon"
    letters = [
        Letter(names[account], title, text, once)
        for account in sorted(meeting_letters.concerned(office, one) - done)
        if account in names
    ]
    return _write(office, one.issuer.id, Kind.REMINDER, f"/meetings/{one.number}", letters)


def _once(office: Office, once: str, write: Callable[[], int]) -> int:
    """Do what is marked as done only after it; what dies in between is the same when it is done again."""
    with office.book.reading() as tx:
        if settings.read(tx, once):
            return 0
    told = write()
    with office.book.transaction() as tx:
        settings.write(tx, once, "told", office.clock.now())
    return told
