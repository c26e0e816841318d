"""New units for a holder who may not receive them: kept for him, delivered to the others, his once cleared.

A stopped, lapsed or blocked holder would stop the whole page of deliveries that he stands on. What the
contract refuses for a reason of one holder is written down under his account before the page is sent
without him, and neither issued nor converted until somebody releases it. The proof counts it. A split that
comes between scales what is kept, rounded down as the contract rounds holdings.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from freehold.chain import send
from freehold.core.actions.kinds import Work
from freehold.core.actions.life import Step
from freehold.core.errors import Conflict
from freehold.core.events import Converted, Issued, SplitAnnounced, SplitFinished
from freehold.core.ids import Address
from freehold.core.powers import Powers
from freehold.core.reasons import Reason, Refusal
from freehold.desks.office import Office
from freehold.desks.outbox.carrying import was_asked
from freehold.desks.outbox.following import bring_up
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended
from freehold.desks.servicing import servicing
from freehold.desks.servicing.servicing import Case
from freehold.indexer import journal, read

Call = tuple[Address, str, str, bytes]
OF_EVERYBODY = frozenset(
    {Reason.PAUSED, Reason.NO_ACTIVE_POLICY, Reason.OFFERING_CAP, Reason.POWER_NOT_PERMITTED}
)
"""Refusals that would meet every holder: they stop the delivery, and nobody's units are kept for them."""


@dataclass(frozen=True, slots=True)
class Portion:
    """What one account gets and gives, in base units; `vintage` 0: of no lot, or of all."""

    account: int
    gets: int
    gives: int = 0
    vintage: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Portions that are delivered by one call, once under its key; `call` makes it for some of them."""

    key: str
    portions: tuple[Portion, ...]
    call: Callable[[Sequence[Portion]], Call]


@dataclass(frozen=True, slots=True)
class Kept:
    """A portion that is kept: the reason's code, the page it was left out of, the block it was tried
    behind, and whether it was released since."""

    portion: Portion
    code: int
    page: str
    block: int
    released: bool = False


def delivered(
    office: Office, actor: Actor, of: Case, pages: Iterable[Page], needs: Powers
) -> ActOutcome:
    """Deliver page after page, without those whose units have to be kept; the first other refusal ends
    it."""
    done = ActOutcome("deliver", of.known.id, actor.name, Ended.DONE)
    for page in pages:
        done = _deliver(office, actor, of, page, needs)
        if done.refused:
            return done
    return done


def kept(of: Case) -> list[Kept]:
    """Every portion that was kept, the released ones too; the last word about a page counts."""
    gone = {
        (int(one.content["account"]), int(one.content["vintage"]))
        for one in of.taken
        if one.step == Step.RELEASE
    }
    said = {one.content["page"]: one.content for one in of.taken if one.step == Step.HOLD}
    found = [_kept(page, content, row) for page, content in said.items() for row in content["kept"]]
    return [
        Kept(one.portion, one.code, one.page, one.block, _which(one.portion) in gone)
        for one in found
    ]


def waiting(of: Case) -> list[Kept]:
    """What is kept now; nothing of an action that was called off."""
    return [] if Step.CANCEL in of.steps else [one for one in kept(of) if not one.released]


def units_left_out(of: Case) -> tuple[int, int]:
    """What the pages gave less, and took less, than the plan says."""
    every = [one.portion for one in kept(of)]
    return sum(one.gets for one in every), sum(one.gives for one in every)


def released(
    office: Office,
    actor: Actor,
    of: Case,
    account: int,
    call: Callable[[str, Portion, Fraction], Call],
    token: Address,
    needs: Powers,
) -> ActOutcome | None:
    """Deliver what is kept for an account; None where nothing is. What still stands against him refuses.

    `call` makes it from a key, what is delivered now, and the ratio that converts now. Raises Conflict
    where nothing of it converts into a whole unit behind a split.
    """
    done = None
    for one in [each for each in waiting(of) if each.portion.account == account]:
        portion, ratio = _as_of_now(office, of, one, token)
        late = call(_late(portion), portion, ratio)
        done = servicing.carry(office, actor, of, [late], needs)
        if done.refused:
            return done
        left = {"account": account, "vintage": portion.vintage, "gets": str(portion.gets)}
        servicing.record_step(office, actor, of.known.id, Step.RELEASE, left)
    return done


def differences(
    office: Office, of: Case, token: Address, senders: Sequence[Address]
) -> Iterator[str]:
    """What the events say otherwise than the book about what was released."""
    said = [one.content for one in of.taken if one.step == Step.RELEASE]
    if not said:
        return
    kind: type[Issued] | type[Converted] = Issued
    place = token
    if of.terms.work is Work.CONVERT:
        kind, place = Converted, of.instrument.token
    bring_up(office)
    with office.index.connect() as view:
        told = journal.events_of(view, [place], (kind,))
    for content in said:
        portion = Portion(int(content["account"]), 0, 0, int(content["vintage"]))
        mine = {str(servicing.act_id_of(of, one, _late(portion))) for one in senders}
        units = [_units(one.event) for one in told if _instruction(one.event) in mine]
        if sum(units) != int(content["gets"]):
            yield f"account {portion.account} was released {content['gets']} units, {sum(units)} came"


# ---- parts ----


def _deliver(office: Office, actor: Actor, of: Case, page: Page, needs: Powers) -> ActOutcome:
    done = ActOutcome("deliver", of.known.id, actor.name, Ended.DONE)
    aside = {_which(one.portion) for one in kept(of) if one.page == page.key}
    sent = was_asked(office, of.scope, actor.signer.address, page.key)
    if aside and not sent:  # killed before it was sent: somebody may be cleared since
        aside = _settled(office, actor, of, page)
    rest = [one for one in page.portions if _which(one) not in aside]
    if not rest:
        return done
    done = servicing.carry(office, actor, of, [page.call(rest)], needs)
    if done.refused and not sent and _of_one_holder(done.code):
        aside = _settled(office, actor, of, page)
        rest = [one for one in page.portions if _which(one) not in aside]
        if aside and not rest:
            return ActOutcome("deliver", of.known.id, actor.name, Ended.DONE)
        if aside:
            done = servicing.carry(office, actor, of, [page.call(rest)], needs)
    return done


def _settled(office: Office, actor: Actor, of: Case, page: Page) -> set[tuple[int, int]]:
    """Find whose portions the contract refuses now, and write them down before the page is sent."""
    found: list[tuple[Portion, int]] = []
    rest = list(page.portions)
    while rest and (code := _refusal(office, actor, page, rest)):
        low, high = 1, len(rest)  # the shortest beginning of the page that is refused ends with him
        while low < high:
            middle = (low + high) // 2
            refused = _refusal(office, actor, page, rest[:middle])
            low, high, code = (low, middle, refused) if refused else (middle + 1, high, code)
        found.append((rest.pop(low - 1), code))
    bring_up(office)
    with office.index.connect() as view:
        block = read.last_block(view)
    rows = [
        {"account": one.account, "vintage": one.vintage, "gets": str(one.gets)}
        | {"gives": str(one.gives), "code": code}
        for one, code in found
    ]
    content = {"page": page.key, "kept": rows, "block": block}
    servicing.record_step(office, actor, of.known.id, Step.HOLD, content)
    return {_which(one) for one, _ in found}


def _refusal(office: Office, actor: Actor, page: Page, some: Sequence[Portion]) -> int:
    """The code by which the contract refuses some portions for a holder's reason; 0 where it does not."""
    target, _, _, data = page.call(some)
    why = send.attempt(office.w3, actor.signer.address, target, data)
    return why.code if isinstance(why, Refusal) and _of_one_holder(why.code) else 0


def _of_one_holder(code: int) -> bool:
    return code != 0 and code not in OF_EVERYBODY


def _as_of_now(office: Office, of: Case, one: Kept, token: Address) -> tuple[Portion, Fraction]:
    """The portion after the splits of either class that ended since it was kept, and the ratio by which it
    converts. Of what converts only so many units are taken as make whole ones; the rest stays."""
    kept_, there = one.portion, _split_since(office, token, one.block)
    if of.terms.work is not Work.CONVERT:
        return Portion(kept_.account, int(kept_.gets * there)), Fraction(1)
    assert of.terms.exchange is not None, "a conversion has its ratio"
    here = _split_since(office, of.instrument.token, one.block)
    ratio, gives = of.terms.exchange.ratio * there / here, int(kept_.gives * here)
    gives -= gives % ratio.denominator
    if not gives:
        raise Conflict(
            f"behind the split nothing of what {of.known.id} keeps for account {kept_.account} makes a"
            f" whole unit by {ratio}: it stays what it is",
            action=of.known.id,
        )
    return Portion(kept_.account, int(gives * ratio), gives, kept_.vintage), ratio


def _split_since(office: Office, token: Address, block: int) -> Fraction:
    bring_up(office)
    with office.index.connect() as view:
        said = journal.events_of(view, [token], (SplitAnnounced, SplitFinished))
    ratios: dict[str, Fraction] = {}
    found = Fraction(1)
    for one in said:
        if isinstance(one.event, SplitAnnounced):
            ratio = Fraction(one.event.numerator, one.event.denominator)
            ratios[one.event.instruction] = ratio
        elif isinstance(one.event, SplitFinished) and one.position.block > block:
            found *= ratios[one.event.instruction]
    return found


def _kept(page: str, content: Mapping[str, Any], row: Mapping[str, Any]) -> Kept:
    figures = (int(row[name]) for name in ("account", "gets", "gives", "vintage"))
    return Kept(Portion(*figures), int(row["code"]), page, int(content["block"]))


def _which(one: Portion) -> tuple[int, int]:
    return one.account, one.vintage


def _late(one: Portion) -> str:
    """The key under which what was kept is delivered."""
    return f"late {one.account} {one.vintage}"


def _instruction(event: object) -> str:
    return str(getattr(event, "instruction", ""))


def _units(event: object) -> int:
    if isinstance(event, Converted):
        return event.units_out
    return event.units if isinstance(event, Issued) else 0
