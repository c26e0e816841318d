"""Random histories of one instrument: issues, sales, gifts, affiliates, recoveries, splits, expiry.

A history is a model: what a register holds, in plain dictionaries, with a seeded choice of what happens
next. Each step says what is asked of the contracts and which code the policy as written (`decide`)
gives; counts are taken anew from the balances each time, so that an error in counting cannot hide.
`histories_ledger.py` puts the same steps to the contracts and compares.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import NamedTuple

from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.clock import day_of
from freehold.core.facts import (
    NO_FLAGS,
    Facts,
    Flags,
    Kind,
    Proof,
    Vintage,
    pack_facts,
    pack_vintage,
)
from freehold.core.ids import Address, checksummed
from freehold.core.policy.case import NO_PROOFS, Case
from freehold.core.policy.compile import Compiled
from freehold.core.policy.compiled import (
    ISSUER,
    REACQUIRED,
    Lot,
    Moment,
    Party,
    reacquired_terms,
    select_lots,
)
from freehold.core.policy.decide import first_code, grouped
from freehold.core.policy.persons import NOBODY, Person
from freehold.core.policy.rows import amended_row, outside_row, policy_rows
from freehold.core.reasons import Reason
from freehold.doors.bench.histories_policies import after_splits, law, policies

AGENT, SECOND = 0, 1
HOLDERS = 6
DOCUMENT = b"\5" * 32
OUTSIDE = bytes.fromhex("60108060095f395ff3604435600716600514155f5260205ff3")
"""Creates a compliance contract whose `canTransfer` refuses five units, thirteen, and so on by eights."""
BEFORE_ALLOWANCE = (Reason.NO_ACTIVE_POLICY, Reason.PAUSED, Reason.INSUFFICIENT_BALANCE)
FAR = 40_000
CHAIN_CODES = frozenset({
    0, 100, 101, 102, 103, 104, 106, 110, 111, 112, 114, 115, 116, 117, 118, 120, 124, 125, 128, 140,
    142, 143, 144, 148, 149, 150, 151, 154, 158, 199,
})  # fmt: skip
"""Every code that the contracts give under these policies, and 0: it passes."""
NUMBERS = {"US": 840, "DE": 276, "KP": 408, "": 0}


class Act(NamedTuple):
    """One transaction: who sends it, to the register or the token, and the call."""

    sender: int
    to_register: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Step:
    """Acts in their order; the last one gets `code` (0: it happens), the others must happen."""

    what: str
    acts: tuple[Act, ...]
    code: int
    happens: Callable[[], None]


@dataclass
class Holder:
    """One account and the person behind it."""

    account: int
    wallet: Address
    person: Person
    country: str
    of_class: int
    flags: Flags = NO_FLAGS
    until: int = FAR
    epoch: int = 1
    units: int = 0
    frozen: int = 0
    lots: dict[int, int] = field(default_factory=dict)


@dataclass
class History:
    """The model of one instrument; `terms` are the vintages by number.

    It begins without an active policy; `splits` are those since it came into force; `outside`
    says whether the contract at `outside_contract` is asked in addition to the rules.
    """

    number: int
    draw: Random
    today: int
    policy: int = 0
    splits: int = 0
    active: bool = False
    outside: bool = False
    outside_contract: int = 0
    holders: list[Holder] = field(default_factory=list)
    terms: dict[int, Vintage] = field(default_factory=dict)
    numbers: dict[Vintage, int] = field(default_factory=dict)
    epoch: int = 1
    paused: bool = False
    informed: int = 0
    wallets: int = 0
    acts: int = 0
    codes: Counter[int] = field(default_factory=Counter)

    @property
    def compiled(self) -> Compiled:
        return after_splits(self.policy, self.splits)


def begin(number: int, seed: int, today: int) -> History:
    """A history before its first step: six holders of different classes."""
    history = History(number, Random(seed * 1_000_003 + number), today)
    compiled = history.compiled
    kinds = [(of, member) for of, some in compiled.members.items() for member in some]
    for account in range(1, HOLDERS + 1):
        of, person = kinds[(number + account) % len(kinds)]
        country = "US" if "us_person" in person.attributes else "DE"
        wallet = fresh_wallet(history)
        history.holders.append(Holder(account, wallet, person, country, of))
    return history


def fresh_wallet(history: History) -> Address:
    history.wallets += 1
    return checksummed(f"0x{(1 << 150) + history.number * 4096 + history.wallets:040x}")


def opening_acts(history: History) -> list[Act]:
    """Admit the holders. A policy is put into force by a step, so that what comes before is refused."""
    rows = [_row(one) for one in history.holders]
    return [Act(AGENT, True, call("Holders", "admit", rows))]


def _rules_acts(compiled: Compiled, changes: Sequence[tuple[int, int, int]]) -> list[Act]:
    id, content = bytes.fromhex(compiled.id[2:]), contracts.content_hash(changes)
    return [
        Act(AGENT, False, call("SecurityToken", "announce_rules", id, content)),
        Act(AGENT, False, call("SecurityToken", "activate_rules", list(changes))),
    ]


def _row(holder: Holder) -> int:
    facts = Facts(
        0, holder.of_class, NUMBERS[holder.country], holder.until, 0, holder.flags, holder.wallet
    )
    return pack_facts(facts)


def party(history: History, holder: Holder) -> Party:
    """A holder as decisions see him."""
    facts = Facts(
        holder.account, holder.of_class, NUMBERS[holder.country], holder.until, holder.epoch,
        holder.flags,
    )  # fmt: skip
    lots = tuple(Lot(n, units, history.terms[n]) for n, units in holder.lots.items())
    return Party(facts, holder.units, holder.frozen, False, lots, holder.account)


def next_step(history: History) -> Step:
    """What happens next, drawn at random."""
    kinds = (
        (_transfer, 60), (_spend, 3), (_issue, 18), (_facts, 8), (_flags, 4), (_freeze, 3), (_recover, 3),
        (_split, 1), (_change, 2 if history.active else 120), (_halt, 40 if history.paused else 1),
        (_inform, 2), (_epoch, 0.3),
    )  # fmt: skip
    choose, weights = zip(*kinds, strict=True)
    step: Step = history.draw.choices(choose, weights)[0](history)
    history.codes[step.code] += 1
    return step


def _note(history: History) -> bytes:
    history.acts += 1
    return (history.number << 32 | history.acts).to_bytes(32, "big")


def counts(history: History) -> dict[str, int]:
    """Holders by cap, from the balances."""
    found: dict[str, int] = {}
    for cap in history.compiled.policy.caps:
        inside = [
            one for one in history.holders
            if one.units and grouped(law(history.policy, history.splits), cap.id, one.person)
        ]  # fmt: skip
        found[cap.id] = len(inside)
    return found


def _case(
    history: History, sender: Party, receiver: Party, units: int, kind: Kind, proofs: Proof
) -> Case:
    compiled = history.compiled
    moment = Moment(history.today, history.paused, history.epoch)
    return Case(
        sender, receiver, units, moment, kind, proofs, active=history.active,
        informed_until=history.informed, counts=counts(history), standing=compiled.rules.reacquired,
    )  # fmt: skip


def _code(history: History, case: Case) -> int:
    """The first code of the policy as written, then what the outside contract says."""
    code = first_code(law(history.policy, history.splits), case)
    return code or (int(Reason.OUTSIDE_RULES) if history.outside and case.units % 8 == 5 else 0)


# ---- steps of the rules ----


def _transfer(history: History) -> Step:
    draw = history.draw
    owners = [one for one in history.holders if one.units] or history.holders
    sender, receiver = draw.choice(owners), draw.choice(history.holders)
    stranger, unknown = draw.random() < 0.02, draw.random() < 0.01
    kind = draw.choices(
        [Kind.SALE, Kind.GIFT, Kind.ESTATE, Kind.PLEDGE, Kind.FORECLOSE, Kind.TO_ISSUER, Kind.PUBLIC_SALE],
        [60, 12, 6, 4, 2, 4, 12],
    )[0]  # fmt: skip
    proofs = draw.choice([NO_PROOFS, NO_PROOFS, Proof.OFFSHORE, Proof.FOUR_A_SEVEN])
    free = sender.units - sum(sender.lots.values())
    usual = [1, free, sender.units, draw.randint(0, sender.units), 40, free + 1]
    units = draw.choice([*usual, *usual, sender.units + 1])
    to = Party() if stranger else party(history, receiver)
    by, units = (Party(), 0) if unknown else (party(history, sender), units)
    case = replace(
        _case(history, by, to, units, kind, proofs),
        selling=NOBODY if unknown else _seen(sender),
        buying=NOBODY if stranger else _seen(receiver),
    )
    code = _code(history, case)
    wallet = fresh_wallet(history) if stranger else receiver.wallet
    giver = fresh_wallet(history) if unknown else sender.wallet
    data = call(
        "SecurityToken", "transfer_posted", giver, wallet, units, int(kind), int(proofs),
        _note(history), 0, [],
    )  # fmt: skip
    acts = (Act(AGENT, False, data),)
    return Step(
        f"{kind.name.lower()} of {units}",
        acts,
        code,
        lambda: _moved(history, sender, receiver, case),
    )


def _spend(history: History) -> Step:
    """Somebody whom the owner allowed nothing moves his units; the allowance is asked about after halts
    and balances, before all that concerns the parties."""
    owners = [one for one in history.holders if one.units] or history.holders
    sender, receiver = history.draw.choice(owners), history.draw.choice(history.holders)
    units = history.draw.choice([1, 5, sender.units, sender.units + 1])
    case = replace(
        _case(history, party(history, sender), party(history, receiver), units, Kind.SALE, NO_PROOFS),
        selling=_seen(sender),
        buying=_seen(receiver),
    )  # fmt: skip
    code = first_code(law(history.policy, history.splits), case)
    if units and code not in BEFORE_ALLOWANCE:
        code = int(Reason.INSUFFICIENT_ALLOWANCE)
    data = call("SecurityToken", "transferFrom", sender.wallet, receiver.wallet, units)
    return Step(f"spending {units}", (Act(AGENT, False, data),), code, lambda: None)


def _seen(holder: Holder) -> Person:
    return Person(holder.person.attributes, holder.country)


def _moved(history: History, sender: Holder, receiver: Holder, case: Case) -> None:
    """Balances and lots after a transfer that passed; one to oneself changes nothing."""
    if sender is receiver:
        return
    rules = replace(history.compiled.rules, informed_until=history.informed)
    chosen = select_lots(
        rules, case.sender, case.receiver, case.units, case.kind, case.moment, case.proofs
    )
    for vintage, units, becomes in chosen.taken:
        if vintage:
            _take(sender, vintage, units)
        if becomes:
            number = _reacquired(history) if becomes == REACQUIRED else becomes
            receiver.lots[number] = receiver.lots.get(number, 0) + units
    sender.units -= case.units
    receiver.units += case.units


def _take(holder: Holder, vintage: int, units: int) -> None:
    holder.lots[vintage] -= units
    if not holder.lots[vintage]:
        del holder.lots[vintage]


def _reacquired(history: History) -> int:
    standing = history.compiled.rules.reacquired
    assert standing is not None, "an affiliate's sale needs standing terms"
    return _numbered(history, reacquired_terms(standing, history.today))


def _numbered(history: History, terms: Vintage) -> int:
    """The vintage with these terms, opened if there is none."""
    if terms not in history.numbers:
        history.numbers[terms] = len(history.terms) + 1
        history.terms[len(history.terms) + 1] = terms
    return history.numbers[terms]


def _issue(history: History) -> Step:
    draw = history.draw
    receiver, family = draw.choice(history.holders), draw.choice(["", "D", "S", "L", "G", "C"])
    if draw.random() < 0.8:
        receiver = history.holders[0]  # somebody whose lots become many
    units = draw.choice([10, 100, 250, 1000, 1005])
    case = replace(
        _case(history, ISSUER, party(history, receiver), units, Kind.ISSUE, NO_PROOFS),
        selling=NOBODY,
        buying=_seen(receiver),
    )
    terms = None
    acts: list[Act] = []
    number = 0
    if family:
        day = day_of(history.today)
        terms = history.compiled.vintage(family, day, reporting=True, ended=day)
        number = history.numbers.get(terms, len(history.terms) + 1)
        if terms not in history.numbers:
            data = call("SecurityToken", "open_vintage", pack_vintage(terms))
            acts.append(Act(AGENT, False, data))
            _numbered(history, terms)
    code = _code(history, case)
    full = number and number not in receiver.lots and len(receiver.lots) == 8
    row = int(receiver.wallet, 16) | units << 160
    data = call("SecurityToken", "issue", _note(history), number, 0, [row])
    acts.append(Act(AGENT, False, data))
    return Step(
        f"issue of {units}", tuple(acts), code or (149 if full else 0),
        lambda: _issued(receiver, number, units),
    )  # fmt: skip


def _issued(receiver: Holder, number: int, units: int) -> None:
    receiver.units += units
    if number:
        receiver.lots[number] = receiver.lots.get(number, 0) + units


# ---- steps of powers ----


def _facts(history: History) -> Step:
    """Eligibility ends or is renewed; somebody becomes an affiliate, or is one no longer; moves."""
    holder, draw = history.draw.choice(history.holders), history.draw
    changed = draw.choice(["until", "affiliate", "affiliate", "country"])
    after = replace(holder)
    if changed == "until":
        after.until = FAR if holder.until < FAR else history.today - draw.randint(0, 2)
    elif changed == "affiliate":
        after.flags = holder.flags ^ Flags.AFFILIATE
    elif holder.country != "US":
        after.country = "KP" if holder.country == "DE" else "DE"
    after.epoch = history.epoch
    data = call("Holders", "set_facts", [_row(after)])

    def happens() -> None:
        holder.until, holder.flags = after.until, after.flags
        holder.country, holder.epoch = after.country, after.epoch

    return Step(f"facts: {changed}", (Act(AGENT, True, data),), 0, happens)


def _flags(history: History) -> Step:
    holder = history.draw.choice(history.holders)
    stopped = Flags.FROZEN | Flags.SANCTIONED
    mark = history.draw.choice([NO_FLAGS, NO_FLAGS, NO_FLAGS, Flags.FROZEN, Flags.SANCTIONED])
    data = call("Holders", "set_flags", holder.wallet, int(mark) << 239, DOCUMENT)

    def happens() -> None:
        holder.flags = holder.flags & ~stopped | mark

    return Step("flags", (Act(AGENT, True, data),), 0, happens)


def _freeze(history: History) -> Step:
    holder = history.draw.choice(history.holders)
    units = history.draw.choice([0, 0, 50, holder.units])
    note = _note(history)
    data = call("SecurityToken", "freeze", note, holder.wallet, units, 7, DOCUMENT)

    def happens() -> None:
        holder.frozen = units

    return Step("freeze", (Act(AGENT, False, data),), 0, happens)


def _recover(history: History) -> Step:
    """A lost wallet is replaced by two persons; account, lots and everything else stay."""
    holder, wallet = history.draw.choice(history.holders), fresh_wallet(history)
    proposed = call("Holders", "propose_recovery", holder.wallet, wallet, 7, DOCUMENT)
    confirmed = call("Holders", "recover", holder.wallet)
    acts = (Act(AGENT, True, proposed), Act(SECOND, True, confirmed))

    def happens() -> None:
        holder.wallet = wallet

    return Step("recovery", acts, 0, happens)


def _split(history: History) -> Step:
    """Two for one, in one page."""
    note = _note(history)
    wallets = [one.wallet for one in history.holders]
    acts = (
        Act(AGENT, False, call("SecurityToken", "announce_split", note, 2, 1, 0, DOCUMENT)),
        Act(AGENT, False, call("SecurityToken", "split_page", wallets)),
        Act(AGENT, False, call("SecurityToken", "finish_split")),
    )

    def happens() -> None:
        for one in history.holders:
            one.units, one.frozen = 2 * one.units, 2 * one.frozen
            one.lots = {number: 2 * units for number, units in one.lots.items()}
        history.splits += 1

    return Step("split", acts, 0, happens)


def _change(history: History) -> Step:
    """The first policy or the other one comes into force, with the outside contract or without; lots
    keep their clocks and get the new policy's ways out."""
    following = 1 - history.policy if history.active else history.policy
    before, after = history.compiled if history.active else None, policies()[following]
    outside = history.draw.random() < 0.3
    rows = policy_rows(replace(after.rules, ask_outside=outside), before.rules if before else None)
    rows.append(outside_row(history.outside_contract))
    changed = {n: after.reterm(terms) for n, terms in history.terms.items()}
    amended = {n: terms for n, terms in changed.items() if terms != history.terms[n]}
    rows += [amended_row(n, terms, DOCUMENT) for n, terms in sorted(amended.items())]

    def happens() -> None:
        history.policy, history.active, history.outside = following, True, outside
        history.splits = 0
        for number, terms in sorted(amended.items()):
            history.numbers.pop(history.terms[number], None)
            history.numbers[terms] = number
            history.terms[number] = terms

    return Step("another policy", tuple(_rules_acts(after, rows)), 0, happens)


def _halt(history: History) -> Step:
    name = "resume" if history.paused else "halt"

    def happens() -> None:
        history.paused = not history.paused

    return Step(name, (Act(AGENT, False, call("SecurityToken", name, 7, DOCUMENT)),), 0, happens)


def _inform(history: History) -> Step:
    until = history.draw.choice([0, history.today + 30, history.today + 200])
    data = call("SecurityToken", "set_informed", until, DOCUMENT)

    def happens() -> None:
        history.informed = until

    return Step("information", (Act(AGENT, False, data),), 0, happens)


def _epoch(history: History) -> Step:
    """What is required has changed: everybody has to be admitted anew."""

    def happens() -> None:
        history.epoch += 1

    data = call("Holders", "raise_epoch", DOCUMENT)
    return Step("another epoch", (Act(AGENT, True, data),), 0, happens)
