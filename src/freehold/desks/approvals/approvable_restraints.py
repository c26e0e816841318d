"""Restraints that lock units on the chain, as acts that persons agree to: placed, until a day or a paper.

What is agreed stands in the book at once and binds what the agent posts; the worker brings the frozen
figure on the chain after it (`desks/outbox/locking.py`).
"""

from collections.abc import Sequence
from datetime import date

from freehold.book import issuers, restraints
from freehold.book.session import Transaction
from freehold.core.approvals import Act, Change
from freehold.core.clock import parse_day
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.restraints import Restraint, RestraintKind
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import parties, permits
from freehold.desks.agent import restraints as desk
from freehold.desks.agent.restraints import PlaceRequest
from freehold.desks.approvals import kinds
from freehold.desks.approvals.kinds import Asking, Kind, Planned, Step
from freehold.desks.office import Office
from freehold.desks.securities import differences


def _read_lock(office: Office, asking: Asking) -> Act:
    texts = asking.texts
    _, instrument = parties.instrument(office, asking.owner.id, texts["instrument"])
    arguments = {
        "restraint": str(_kind(texts["restraint"])),
        **{name: texts.get(name, "").strip() for name in ("in_favour", "words", "until")},
        "units": texts.get("units", "").replace(",", "").strip(),
    }
    holder = parties.party(office, asking.owner, texts["holder"]).holder.id
    act = kinds.of_instrument("lock", asking, instrument, {"holder": holder, **arguments})
    one = _drawn_up(office, act, "drawn up")
    if refused := desk.lock_refused(office, one):
        raise Conflict(refused)
    if one.units is None:
        return act
    units = format_units(one.units, instrument.decimals)
    return kinds.of_instrument(
        "lock", asking, instrument, {"holder": holder, **arguments, "units": units}, units
    )


def _lock_difference(office: Office, act: Act) -> Sequence[Change]:
    return _difference(office, _drawn_up(office, act, "drawn up"), locks=True)


def _carry_lock(office: Office, planned: Planned) -> Step:
    one = _drawn_up(office, planned.act, planned.key)
    desk.require_unsplit(office, one)
    if refused := desk.lock_refused(office, one):
        return Step(refused=refused)

    def write(tx: Transaction) -> None:
        desk.enter(office, tx, permits.keyholder(), one)

    return Step(write=write)


def _read_unlock(office: Office, asking: Asking) -> Act:
    one = _locked(office, asking.owner.id, asking.texts["restraint"])
    _, instrument = parties.instrument(office, asking.owner.id, str(one.token))
    arguments = {"holder": one.holder, "restraint": one.id}
    return kinds.of_instrument("unlock", asking, instrument, arguments)


def _unlock_difference(office: Office, act: Act) -> Sequence[Change]:
    one = _locked(office, act.issuer, act.arguments["restraint"])
    return _difference(office, one, locks=False)


def _carry_unlock(office: Office, planned: Planned) -> Step:
    act = planned.act
    assert act.grounds, "it is released on a document"
    one, paper = _locked(office, act.issuer, act.arguments["restraint"]), act.grounds.document.hex()
    desk.require_unsplit(office, one)

    def write(tx: Transaction) -> None:
        desk.end(office, tx, permits.keyholder(), one, paper)

    return Step(write=write)


def _drawn_up(office: Office, act: Act, key: str) -> Restraint:
    """The restraint of an act; that of a proposal has an id of its own, however often it is read."""
    assert act.grounds and act.token, "it is placed on a document, in one instrument"
    given = act.arguments
    asked = PlaceRequest(
        given["holder"],
        _kind(given["restraint"]),
        act.grounds.document.hex(),
        given.get("in_favour", ""),
        given.get("words", ""),
        act.token,
        given.get("units"),
        lock=True,
        issuer=act.issuer,
        until=_day(given.get("until", "")),
    )
    id = f"res_{key.removeprefix('ap_')}"
    return desk.drawn_up(office, parties.owner(office, act.issuer), asked, id, key)


def _locked(office: Office, issuer: str, id: str) -> Restraint:
    """A restraint of the issuer's that locks units now. Raises NotFound, Conflict."""
    with office.book.reading() as tx:
        one = restraints.find(tx, id)
        if one.issuer != issuer:
            raise NotFound(f"there is no restraint {id}", restraint=id)
    if one.released_at is not None or not one.locked:
        raise Conflict(
            f"the restraint {id} locks nothing: there is nothing to unlock", restraint=id
        )
    return one


def _difference(office: Office, one: Restraint, *, locks: bool) -> list[Change]:
    """What the restraint adds to the frozen units, or to the stop, of the holder's account."""
    with office.book.reading() as tx:
        owner = issuers.find(tx, one.issuer)
    _, instrument = parties.instrument(office, one.issuer, str(one.token))
    party = parties.party(office, owner, one.holder)
    held = format_units(differences.held(office, instrument, party), instrument.decimals)
    kept = Change(differences.HELD, held, held, one.holder)
    if one.units is None:
        before, after = ("no", "yes") if locks else ("yes", "no")
        return [Change(f"all units locked by a {one.kind}", before, after, one.holder), kept]
    now = differences.frozen(office, instrument, party)
    then = now + one.units if locks else max(now - one.units, 0)
    texts = [format_units(each, instrument.decimals) for each in (now, then)]
    return [Change(differences.FROZEN, texts[0], texts[1], one.holder), kept]


def _kind(text: str) -> RestraintKind:
    try:
        return RestraintKind(text.strip().lower())
    except ValueError:
        there = ", ".join(RestraintKind)
        raise Invalid(f"restraint {text[:40]!r} is none of {there}", field="restraint") from None


def _day(text: str) -> date | None:
    return parse_day(text, "until") if text else None


KINDS = (
    Kind(
        "lock",
        "Lock units under a restraint",
        Power.FREEZE,
        _read_lock,
        _lock_difference,
        _carry_lock,
        ("instrument", "holder", "restraint"),
        ("units", "in_favour", "words", "until"),
        grounds=True,
    ),
    Kind(
        "unlock",
        "Release a restraint that locks units",
        Power.FREEZE,
        _read_unlock,
        _unlock_difference,
        _carry_unlock,
        ("restraint",),
        grounds=True,
    ),
)
