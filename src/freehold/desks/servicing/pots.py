"""The pots of an action, one for each currency that anybody is paid in: declared, filled, opened, pushed.

The pot in the action's own coin is the first; the others are of its group, so that an account is paid
once between them. What is due by each is written down before anything is sent, with the pages, the root
of the claims, and whose money is kept back after a change of address until when.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.actions import claim_file, pages
from freehold.core.actions.by_currency import BASE
from freehold.core.actions.claim_file import Claim
from freehold.core.actions.kinds import Work
from freehold.core.actions.life import Step
from freehold.core.actions.options import Payout
from freehold.core.actions.plan import Plan
from freehold.core.actions.terms import Terms
from freehold.core.clock import to_seconds
from freehold.core.errors import Broken
from freehold.core.events_paying import DistributionDeclared
from freehold.core.ids import Address, record_hash
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.following import bring_up
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended
from freehold.desks.servicing import pot_events, servicing, taxes
from freehold.desks.servicing.pot_events import Paid, paid_of
from freehold.desks.servicing.servicing import Case
from freehold.indexer import journal

RATED, LISTED = 0, 1
OPENED, PAGED, STARTED, ENDED = 1, 2, 4, 8
NOWHERE = bytes(32)
_BELOW = (1 << 128) - 1


def keyed(key: str, code: str) -> str:
    """The key of an act on the pot of a currency."""
    return f"{key} {code}" if code else key


def numbers(of: Case) -> dict[str, int]:
    """The number of each pot by currency, that of the action's own coin first."""
    fund = of.left(Step.FUND)
    if not fund:
        return {}
    others = {code: int(one["distribution"]) for code, one in fund.get("pots", {}).items()}
    return {BASE: int(fund["distribution"])} | others


def funded(of: Case, code: str) -> int:
    """What was put into a pot, in its coin's smallest unit."""
    if code:
        return int(of.left(Step.FUND).get("pots", {}).get(code, {}).get("amount", 0))
    return sum(int(one.content["amount"]) for one in of.taken if one.step == Step.FUND)


def opened(of: Case) -> dict[str, Mapping[str, Any]]:
    """What was written down of each pot, by currency; nothing before the payment."""
    left = of.left(Step.OPEN)
    own = {BASE: left} if "rows" in left else {}
    return own | dict(left.get("pots", {}))


def due_of(written: Mapping[str, Any]) -> dict[int, tuple[int, int]]:
    """Gross and withheld by account, as they were written down for a pot."""
    due: Mapping[str, Sequence[str]] = written["due"]
    return {int(account): (int(gross), int(tax)) for account, (gross, tax) in due.items()}


def claims_of(written: Mapping[str, Any]) -> list[Claim]:
    """The claims of a pot, accounts ascending."""
    return [Claim(one, *amounts) for one, amounts in sorted(due_of(written).items())]


def coin_of(terms: Terms, code: str) -> tuple[Address, int]:
    """The coin of a currency of an action, and its decimals."""
    assert terms.cash is not None, "an action with a pot names its coin"
    if not code:
        return Address(terms.cash.coin), terms.cash.decimals
    named = terms.options.named(code)
    return Address(named.coin), named.decimals


def due_by_currency(found: Plan) -> dict[str, int]:
    """What each pot needs, in its coin's smallest unit; the action's own coin always stands in it."""
    return {BASE: found.money} | {code: one.gross_total for code, one in found.others.items()}


def pot(office: Office, number: int) -> Any:
    """Everything about a pot, as the contract keeps it."""
    return contracts.read(office.w3, "Distribution", servicing.distribution(office), "pot", number)


def money(office: Office, number: int) -> tuple[int, int, int]:
    """Unspent, held and tax of a pot, as the contract says."""
    said = pot(office, number)
    return said[3] & _BELOW, said[3] >> 128, said[4]


def held_for(office: Office, number: int, account: int) -> int:
    """What a pot holds in the name of an account now."""
    place = servicing.distribution(office)
    return int(contracts.read(office.w3, "Distribution", place, "held_for", number, account))


def state(office: Office, number: int) -> int:
    """The bits of a pot's state."""
    return int(pot(office, number)[0]) >> 184


def payments(office: Office, number: int) -> tuple[dict[int, tuple[int, int]], dict[int, int]]:
    """Gross and withheld by account, and what was held when it was paid, from the chain's events."""
    said = _said(office, number)
    return dict(said.due), dict(said.held)


def held_now(office: Office, number: int) -> dict[int, int]:
    """What is held by account: without what was released since to the account's wallet."""
    said = _said(office, number)
    return {one: amount for one, amount in said.held.items() if one not in said.released}


def _said(office: Office, number: int) -> Paid:
    return paid_of(office, servicing.distribution(office), [number])[number]


def hash_of(terms: Terms) -> bytes:
    """What the chain knows the terms by."""
    return bytes.fromhex(record_hash({"action": terms.id, "kind": str(terms.kind)})[2:])


# ---- declaring and filling ----


def declared(
    office: Office, actor: Actor, of: Case, codes: Sequence[str]
) -> dict[str, int] | ActOutcome:
    """The number of the pot of each currency, declared where it is not yet; or the first refusal."""
    place, found = servicing.distribution(office), numbers(of)
    for code in codes:
        if code in found:
            continue
        data = _declaration(actor, of, code, found.get(BASE, 0))
        done = servicing.carry(
            office, actor, of, [(place, "declare", keyed("declare", code), data)]
        )
        if done.refused:
            return done
        found[code] = _number(office, of, actor, code)
    return found


def filled(
    office: Office, actor: Actor, of: Case, into: Mapping[str, int], amounts: Mapping[str, int]
) -> ActOutcome:
    """Put money into each pot, from the actor's own wallet."""
    place = servicing.distribution(office)
    again = len([one for one in of.taken if one.step == Step.FUND])
    done = ActOutcome("fund", of.known.id, actor.name, Ended.DONE)
    for code, amount in amounts.items():
        if not amount and code:
            continue
        coin, _ = coin_of(of.terms, code)
        approve = call("Cash", "approve", place, amount)
        data = call("Distribution", "fund", into[code], amount)
        calls = [
            (coin, "approve the coin", keyed(f"approve {again}", code), approve),
            (place, "fund", keyed(f"fund {again}", code), data),
        ]
        done = servicing.carry(office, actor, of, calls)
        if done.refused:
            return done
    return done


def _declaration(actor: Actor, of: Case, code: str, group: int) -> bytes:
    terms = of.terms
    listed = terms.work is not Work.PAY and terms.work is not Work.REDEEM
    id = orders.instruction_bytes(servicing.act_id(of, actor, keyed("declare", code)))
    own = actor.signer.address
    tax_to = of.left(Step.ANNOUNCE).get("tax_wallet", own)
    words = (
        of.instrument.token, of.record, coin_of(terms, code)[0], 0, 0,
        to_seconds(terms.payment), to_seconds(terms.claim_until), own, tax_to, group,
        LISTED if listed else RATED, hash_of(terms),
    )  # fmt: skip
    return call("Distribution", "declare", id, words)


def _number(office: Office, of: Case, actor: Actor, code: str) -> int:
    """The number of the pot that was declared for the action in a currency."""
    bring_up(office)
    wanted = servicing.act_id(of, actor, keyed("declare", code))
    place = servicing.distribution(office)
    with office.index.connect() as view:
        for logged in journal.events_of(view, [place], (DistributionDeclared,)):
            event = logged.event
            if isinstance(event, DistributionDeclared) and event.instruction == wanted:
                return event.distribution
    raise Broken(f"the pot declared for {of.known.id} is not in the chain's events")


# ---- opening and pushing ----


def written(
    office: Office,
    actor: Actor,
    of: Case,
    found: Plan,
    kept_back: Mapping[int, datetime],
    lost: frozenset[int] = frozenset(),
) -> Mapping[str, Any]:
    """What is due by each pot with its pages, written down before anything is sent; `lost` accounts stand
    on no page, and are paid by proof when their holders are found."""
    wallets = servicing.wallets(office, of.instrument.token)
    lost -= found.reinvests.keys()  # whose money stays with the issuer, for units in their accounts
    if found.taxed or found.others:
        args = (wallets, kept_back, lost)
        parts = {code: _rated(of.terms, found, code, *args) for code in found.every}
    else:
        due = {account: (amount, 0) for account, amount in found.amounts.items()}
        here = {one: amount for one, amount in found.amounts.items() if one not in lost}
        rows = pages.listed(here, wallets)
        listed = _without(_part(due, rows, [], (0, 0), found.money), lost)
        parts = {BASE: listed | {"taxed": taxes.written(None, found.amounts)}}
    left: dict[str, Any] = parts.pop(BASE, {"pots_only": True})
    if parts:
        left["pots"] = parts
    servicing.record_step(office, actor, of.known.id, Step.OPEN, left)
    return left


def _rated(
    terms: Terms,
    found: Plan,
    code: str,
    wallets: Mapping[int, Address],
    kept_back: Mapping[int, datetime],
    lost: frozenset[int],
) -> dict[str, Any]:
    taxed = found.every[code]
    rate = taxed.entitlement.rate
    shares = [one for one in taxed.shares() if one.gross]
    due = {one.account: (one.gross, one.withheld) for one in shares}
    rows, holds = [], []
    if terms.options.payout is not Payout.CLAIM:
        held = {one.account for one in shares if one.account in kept_back} - lost
        later = sorted({kept_back[one] for one in held})
        again = frozenset() if code else frozenset(found.reinvests)
        for until in (None, *later):
            here = [one for one in shares if one.account not in lost]
            mine = [one for one in here if kept_back.get(one.account) == until]
            rows += pages.rated(mine, wallets, rate, again)
            if until is not None:
                holds.append([len(mine), to_seconds(until)])
    part = _part(due, rows, holds, (rate.numerator, rate.denominator), taxed.gross_total)
    if terms.options.payout is not Payout.PUSH:
        part["root"] = claim_file.tree(claims_of(part)).root
    if terms.options.payout is not Payout.CLAIM:
        part = _without(part, lost)
    part["taxed"] = taxes.written(taxed)
    return part


def _without(part: dict[str, Any], lost: frozenset[int]) -> dict[str, Any]:
    """A pot whose pages leave the lost out: it has the root by which they are paid when they are found."""
    out = sorted(lost & due_of(part).keys())
    return part | {"lost": out, "root": claim_file.tree(claims_of(part)).root} if out else part


def missing(office: Office, of: Case, code: str) -> frozenset[int]:
    """The accounts that a pot's pages left out as lost and that were not paid since."""
    left_out = frozenset(opened(of).get(code, {}).get("lost", ()))
    return left_out - payments(office, numbers(of)[code])[0].keys() if left_out else left_out


def _part(
    due: Mapping[int, tuple[int, int]],
    rows: Sequence[int],
    holds: Sequence[Sequence[int]],
    rate: tuple[int, int],
    total: int,
) -> dict[str, Any]:
    return {
        "rows": [hex(row) for row in rows],
        "due": {str(one): [str(gross), str(tax)] for one, (gross, tax) in due.items()},
        "numerator": str(rate[0]),
        "denominator": str(rate[1]),
        "total": str(total),
        "taxed": None,
        "holds": holds,
    }


def cut(part: Mapping[str, Any]) -> list[tuple[list[int], int]]:
    """The pages of a pot, each with the second before which it is not paid (0: at once)."""
    rows = [int(row, 16) for row in part["rows"]]
    holds = [(0, 0), *((count, until) for count, until in part.get("holds", ()))]
    first = len(rows) - sum(count for count, _ in holds)
    found = [(page, 0) for page in pages.paged(rows[:first])]
    for count, until in holds[1:]:
        found += [(page, until) for page in pages.paged(rows[first : first + count])]
        first += count
    return found


def next_hold(office: Office, of: Case) -> int | None:
    """The second from which money that is kept back may be paid; None where no page waits for that."""
    waiting = []
    for code, number in numbers(of).items():
        part = opened(of).get(code)
        if part is None or not part.get("holds"):
            continue
        pages_cut = cut(part)
        heads = pages.heads([page for page, _ in pages_cut])
        at = heads.index(_head(office, number)) if state(office, number) & STARTED else 0
        waiting += [until for _, until in pages_cut[at : at + 1]]
    return min(waiting, default=None)


def pushed(
    office: Office,
    actor: Actor,
    of: Case,
    code: str,
    begun: Callable[[Office, Actor, Case], None],
) -> ActOutcome:
    """Open a pot, and push page after page from the one the contract waits for, as far as it is time.

    `begun` is told once the pot is open.
    """
    place, number, part = servicing.distribution(office), numbers(of)[code], opened(of)[code]
    pages_cut = cut(part)
    heads = pages.heads([page for page, _ in pages_cut])
    done = ActOutcome("pay", of.known.id, actor.name, Ended.DONE)
    if not state(office, number) & STARTED:
        root = bytes.fromhex(part["root"][2:]) if "root" in part else NOWHERE
        rate = int(part["numerator"]), int(part["denominator"])
        fixed = (number, *rate, int(part["total"]), heads[0], root, heads[0] if pages_cut else root)
        data = call("Distribution", "open", *fixed)
        key = keyed(f"open {of.version}", code)
        done = servicing.carry(office, actor, of, [(place, "open the pot", key, data)])
        if done.refused:
            return done
    begun(office, actor, of)
    if not pages_cut:
        return done
    now = to_seconds(servicing.now_of(office))
    for at in range(heads.index(_head(office, number)), len(pages_cut)):
        page, until = pages_cut[at]
        if until > now:
            break
        data = call("Distribution", "pay", number, page, heads[at + 1])
        what = f"pay page {at + 1} of {len(pages_cut)}"
        done = servicing.carry(office, actor, of, [(place, what, keyed(f"page {at}", code), data)])
        if done.refused:
            return done
    return done


def all_pushed(office: Office, of: Case) -> bool:
    """Whether no page waits in any pot of the action."""
    return all(
        _head(office, number) == NOWHERE
        for code, number in numbers(of).items()
        if opened(of).get(code, {}).get("rows")
    )


def _head(office: Office, number: int) -> bytes:
    return bytes.fromhex(str(pot(office, number)[5])[2:])


# ---- ending ----


def closing(office: Office, of: Case) -> Iterator[tuple[Address, str, str, bytes]]:
    """The acts that send tax to its office and dust back, pot by pot; what is held or unclaimed stays."""
    place, document = servicing.distribution(office), hash_of(of.terms)
    for code, number in numbers(of).items():
        bits = state(office, number)
        _, held, tax = money(office, number)
        if tax:
            data = call("Distribution", "remit_tax", number, document)
            yield place, "remit the tax", keyed("remit", code), data
        if bits & ENDED or held or missing(office, of, code):
            continue
        if bits & PAGED:
            data = call("Distribution", "finish", number, document)
            yield place, "return the dust", keyed("finish", code), data
        elif not bits & OPENED:
            data = call("Distribution", "cancel", number, document)
            yield place, "cancel the pot", keyed("cancel", code), data


def cancelled(office: Office, actor: Actor, of: Case) -> ActOutcome:
    """End every pot: at once while nobody was paid, after that by two persons; the tax that was withheld
    of those who were paid goes to its office."""
    done = ActOutcome("cancel", of.known.id, actor.name, Ended.DONE)
    place, document = servicing.distribution(office), hash_of(of.terms)
    for code, number in numbers(of).items():
        done = _cancelled(office, actor, of, code, number)
        if not done.refused and money(office, number)[2]:
            data = call("Distribution", "remit_tax", number, document)
            calls = [(place, "remit the tax", keyed("remit", code), data)]
            done = servicing.carry(office, actor, of, calls)
        if done.refused:
            return done
    return done


def record_payments(
    office: Office,
    actor: Actor,
    of: Case,
    *,
    called_off: bool = False,
    only: frozenset[int] | None = None,
) -> None:
    """Write down who is paid what by each pot, for the statements and the files of the year: all to whom
    it is due but the lost, or where the action is called off those who were paid; of them `only` some."""
    for code, part in opened(of).items():
        if part.get("taxed"):
            number, day = numbers(of)[code], of.terms.payment.date()
            said = pot_events.paid_of(office, servicing.distribution(office), [number])[number]
            due = due_of(part).keys() - missing(office, of, code)
            who = said.due.keys() if called_off else due
            paid = {one: said.days.get(one, day) for one in who if only is None or one in only}
            coin = coin_of(of.terms, code)
            taxes.record_action(office, of.owner, of.terms, part, actor.name, coin, paid)


def _cancelled(office: Office, actor: Actor, of: Case, code: str, number: int) -> ActOutcome:
    place, document = servicing.distribution(office), hash_of(of.terms)
    bits = state(office, number)
    if bits & ENDED:
        return ActOutcome("cancel", of.known.id, actor.name, Ended.DONE)
    if not bits & STARTED:
        data = call("Distribution", "cancel", number, document)
        key = keyed("cancel", code)
        return servicing.carry(office, actor, of, [(place, "cancel the pot", key, data)])
    return ended(office, actor, of, (code, number), actor.signer.address, document)


def ended(
    office: Office,
    actor: Actor,
    of: Case,
    which: tuple[str, int],
    payee: Address,
    document: bytes,
    what: str = "end",
) -> ActOutcome:
    """End a pot by two persons: what is left, held money included, goes to the payee."""
    place, (code, number) = servicing.distribution(office), which
    words = (number, payee, document)
    data = call("Distribution", "propose_end", *words)
    key = keyed(f"propose {what}", code)
    done = servicing.carry(office, actor, of, [(place, "propose the end", key, data)])
    if done.refused:
        return done
    data, second = call("Distribution", "confirm_end", *words), orders.second(office)
    key = keyed(f"confirm {what}", code)
    return servicing.carry(office, second, of, [(place, "confirm the end", key, data)])
