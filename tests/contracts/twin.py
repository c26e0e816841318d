"""The contracts and the Python model side by side: every act is done to both and must end alike.

The model decides by `freehold.core.policy.compiled` and keeps balances, lots and freezes in plain
dictionaries. Counts of holders, groups, supply and past holdings are not kept step by step but taken
from the balances each time, so that an error in counting cannot hide in both.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from random import Random
from typing import Any

from eth_abi import encode
from eth_hash.auto import keccak

from freehold.chain.artifacts import artifact
from freehold.core.facts import NO_FLAGS, Facts, Flags, Kind, Vintage, pack_vintage
from freehold.core.policy import compiled
from freehold.core.policy.compiled import ISSUER as ISSUING
from freehold.core.policy.compiled import Lot, Moment, Party, Rules
from freehold.core.policy.rows import amended_row, count_row, limit_after_split, policy_rows
from tests.contracts import world as roles
from tests.contracts.engine import Refused
from tests.contracts.world import (
    AGENT,
    CHANGES,
    DOC,
    FAR,
    ISSUER,
    NOTE,
    OFFICER,
    OUTSIDER,
    REGISTRAR,
    World,
    basic_rules,
    refused_code,
)  # fmt: skip

REACHED: Counter[int] = Counter()
"""How often each outcome was seen, over all twins; 0 is a transfer that passed."""
M96 = (1 << 96) - 1


@dataclass
class Holding:
    """One account in one class of units."""

    units: int = 0
    frozen: int = 0
    stopped: bool = False
    slots: list[list[int] | None] = field(default_factory=lambda: [None] * 8)

    def put(self, vintage: int, units: int) -> None:
        for slot in self.slots:
            if slot and slot[0] == vintage:
                slot[1] += units
                return
        self.slots[self.slots.index(None)] = [vintage, units]

    def take(self, vintage: int, units: int) -> None:
        place = next(n for n, slot in enumerate(self.slots) if slot and slot[0] == vintage)
        slot = self.slots[place]
        assert slot and slot[1] >= units
        slot[1] -= units
        if not slot[1]:
            self.slots[place] = None

    def has_room(self, vintage: int) -> bool:
        return None in self.slots or any(slot and slot[0] == vintage for slot in self.slots)


@dataclass
class Twin:
    """`world` is the chain, all else the model."""

    world: World
    rules: Rules = field(default_factory=basic_rules)
    accounts: dict[str, int] = field(default_factory=dict)
    facts: dict[int, Facts] = field(default_factory=dict)
    persons: dict[int, int] = field(default_factory=dict)
    holdings: dict[int, Holding] = field(default_factory=dict)
    sister: dict[int, dict[int, int]] = field(default_factory=dict)
    terms: dict[int, Vintage] = field(default_factory=dict)
    epoch: int = 1
    paused: bool = False
    ahead: list[int] = field(default_factory=list)
    records: list[dict[int, int]] = field(default_factory=list)
    draw: Random = field(default_factory=lambda: Random(7))
    dead: list[str] = field(default_factory=list)

    # ---- the model's own view ----

    def party(self, who: str) -> Party:
        number = self.accounts.get(who)
        if number is None:
            return Party()
        held = self.holdings[number]
        lots = tuple(Lot(s[0], s[1], self.terms[s[0]]) for s in held.slots if s)
        person = self.persons[number]
        others = [n for n, p in self.persons.items() if p == person and n != number]
        elsewhere = sum(self.holdings[n].units for n in others)
        facts = self.facts[number]
        return Party(facts, held.units, held.frozen, held.stopped, lots, person, elsewhere)

    @property
    def moment(self) -> Moment:
        today = self.world.engine.today
        return Moment(today, self.paused, self.epoch, self.holder_count(), self.group_counts())

    def by_person(self) -> dict[int, int]:
        held: Counter[int] = Counter()
        for number, person in self.persons.items():
            if not self.facts[person].flags & Flags.TREASURY:
                held[person] += self.holdings[number].units
        return {person: units for person, units in held.items() if units}

    def holder_count(self) -> int:
        return len(self.by_person())

    def group_counts(self) -> tuple[int, ...]:
        classes = [self.facts[person].holder_class for person in self.by_person()]
        counts = [sum(one in group.classes for one in classes) for group in self.rules.groups]
        return (*counts, *[0] * (8 - len(counts)))

    def holding(self, who: str) -> Holding:
        return self.holdings[self.accounts[who]]

    # ---- people ----

    def admit(self, who: str, role: str, flags: Flags = NO_FLAGS, until: int = FAR) -> None:
        self.world.holders.admit([roles.row(who, role, flags=flags, until=until)], by=REGISTRAR)
        self._open(who, self._facts(role, flags, until))

    def _facts(self, role: str, flags: Flags, until: int) -> Facts:
        of_class, country = roles.CLASSES[role], roles.COUNTRIES[role]
        return Facts(len(self.facts) + 1, of_class, country, until, self.epoch, flags)

    def _open(self, who: str, facts: Facts, person: int = 0) -> None:
        number = len(self.facts) + 1
        self.accounts[who], self.facts[number] = number, replace(facts, account=number)
        self.persons[number] = person or number
        self.holdings[number], self.sister[number] = Holding(), {}

    def link(self, of: str, who: str) -> None:
        first = self.accounts[of]
        mates = [n for n, p in self.persons.items() if p == self.persons[first]]
        if len(mates) == 8:
            return
        self.world.holders.admit_linked(int(who, 16), of, by=REGISTRAR)
        self._open(who, self.facts[first], self.persons[first])

    def set_facts(self, who: str, role: str, flags: Flags, until: int) -> None:
        """New facts for all accounts of the person; frozen and sanctioned stay as they are."""
        person = self.persons[self.accounts[who]]
        mates = [w for w, n in self.accounts.items() if self.persons[n] == person]
        rows = [roles.row(w, role, flags=flags, until=until) for w in mates]
        self.world.holders.set_facts(rows, by=REGISTRAR)
        stopped = Flags.FROZEN | Flags.SANCTIONED
        for number in (self.accounts[w] for w in mates):
            kept = self.facts[number].flags & stopped
            facts = self._facts(role, flags & ~stopped | kept, until)
            self.facts[number] = replace(facts, account=number)

    def mark(self, who: str, flags: Flags) -> None:
        self.world.holders.set_flags(who, int(flags) << 239, DOC, by=OFFICER)
        person = self.persons[self.accounts[who]]
        for number in (n for n, of in self.persons.items() if of == person):
            kept = self.facts[number].flags & ~(Flags.FROZEN | Flags.SANCTIONED)
            self.facts[number] = replace(self.facts[number], flags=kept | flags)

    def raise_epoch(self) -> None:
        self.world.holders.raise_epoch(DOC, by=OFFICER)
        self.epoch += 1

    def recover(self, who: str, fresh: str) -> None:
        self.world.holders.propose_recovery(who, fresh, 1, DOC, by=AGENT)
        self.forward(roles.RECOVERY_DELAY)
        self.world.holders.recover(who, by=OFFICER)
        self.accounts[fresh] = self.accounts.pop(who)
        self.dead.append(who)

    # ---- units ----

    def move(
        self,
        a: str,
        b: str,
        units: int,
        kind: Kind = Kind.SALE,
        proofs: int = 0,
        picks: Iterable[int] = (),
    ) -> int:
        """A transfer of any kind that the rules decide: by the holder, or posted for him."""
        sender, receiver = self.party(a), self.party(b)
        named = list(picks)
        args = (self.rules, sender, receiver, units, kind, self.moment, proofs, named)
        expected = compiled.refusal(*args)
        token = self.world.token
        if kind == Kind.SALE and not proofs:
            act = partial(token.transfer_lots, b, units, named, by=a)
            act = act if named else partial(token.transfer, b, units, by=a)
        else:
            words = (a, b, units, int(kind), proofs, NOTE, 0, named)
            act = partial(token.transfer_posted, *words, by=AGENT)
        assert self._outcome(act) == expected, f"the model says {expected} for {args}"
        if not expected and units and a != b:
            self._carry(a, b, compiled.select_lots(*args).taken)
        return expected

    def _outcome(self, act: Any) -> int:
        try:
            act()
        except Refused as refused:
            code = refused_code(refused)
            assert code, f"refused for another reason: {refused.text}"
            REACHED[code] += 1
            return code
        REACHED[0] += 1
        return 0

    def _carry(self, a: str, b: str, taken: Iterable[compiled.Taken]) -> None:
        giver, taker = self.holding(a), self.holding(b)
        for part in taken:
            giver.units -= part.units
            taker.units += part.units
            if part.vintage:
                giver.take(part.vintage, part.units)
            if part.becomes:
                anew = part.becomes == compiled.REACQUIRED
                taker.put(self.reacquired() if anew else part.becomes, part.units)

    def issue(self, who: str, units: int, vintage: int = 0) -> int:
        receiver = self.party(who)
        expected = compiled.refusal(self.rules, ISSUING, receiver, units, Kind.ISSUE, self.moment)
        if vintage and self.terms[vintage].acquired < self.world.engine.today:
            return -1
        full = vintage and units and not expected and not self.holding(who).has_room(vintage)
        expected = 149 if full else expected
        assert self._outcome(lambda: self.world.issue(who, units, vintage)) == expected
        if not expected and units:
            self.holding(who).units += units
            if vintage:
                self.holding(who).put(vintage, units)
        return expected

    def redeem(self, who: str, units: int) -> int:
        held = self.holding(who)
        expected = 101 if units > held.units else 0
        act = partial(self.world.token.redeem, NOTE, who, units, 1, DOC, 0, [], by=ISSUER)
        assert self._outcome(act) == expected
        if not expected:
            self._cancel(who, units)
        return expected

    def _cancel(self, who: str, units: int) -> list[compiled.Taken]:
        everything = Party(replace(self.party(who).facts, account=0), person=-2)
        taken = compiled.select_lots(
            replace(self.rules, mind_affiliates=False), self.party(who), everything, units,
            Kind.CONVERT, self.moment,
        ).taken  # fmt: skip
        held = self.holding(who)
        held.units -= units
        held.frozen = min(held.frozen, held.units) if units else held.frozen
        for part in taken:
            if part.vintage:
                held.take(part.vintage, part.units)
        return list(taken)

    def force(self, a: str, b: str, units: int) -> int:
        sender, receiver = self.party(a), self.party(b)
        moment, rules = self.moment, replace(self.rules, mind_affiliates=False)
        stopped = replace(receiver, stopped=False)
        expected = compiled._stopped(Party(), stopped) or compiled._not_admitted(stopped, moment)
        expected = expected or (101 if units > sender.units else 0)
        chosen = compiled.select_lots(rules, sender, receiver, units, Kind.FORCE, moment)
        expected = expected or chosen.code
        act = partial(self.world.token.force_transfer, NOTE, a, b, units, 1, DOC, by=AGENT)
        assert self._outcome(act) == expected
        if not expected and units:
            self._carry(a, b, chosen.taken)
            self.holding(a).frozen = min(self.holding(a).frozen, self.holding(a).units)
        return expected

    def freeze(self, who: str, units: int) -> None:
        self.world.token.freeze(NOTE, who, units, 1, DOC, by=OFFICER)
        self.holding(who).frozen = units

    def stop(self, who: str, stopped: bool) -> None:
        self.world.token.stop_account(NOTE, who, stopped, 1, DOC, by=OFFICER)
        self.holding(who).stopped = stopped

    def settle(self, who: str) -> None:
        self.world.token.settle(who, by=OUTSIDER)
        held = self.holding(who)
        for place, slot in enumerate(held.slots):
            today = self.world.engine.today
            if slot and not compiled.running_clocks(self.rules, self.terms[slot[0]], today):
                held.slots[place] = None

    def split(self, up: int, down: int, seconds: int = 0) -> None:
        """In two pages, `seconds` apart; an instant that passes in between sees the whole split."""
        token = self.world.token
        token.announce_split(NOTE, up, down, 0, DOC, by=AGENT)
        token.cancel_split(1, DOC, by=AGENT)
        token.announce_split(NOTE, up, down, 0, DOC, by=AGENT)
        everybody = list(self.accounts)
        token.split_page(everybody[::2], by=AGENT)
        self._scale(up, down)
        self.forward(seconds)
        token.split_page(everybody, by=AGENT)
        token.finish_split(by=AGENT)
        if self.rules.most_units is not None:
            most = limit_after_split(self.rules.most_units, Fraction(up, down))
            self.rules = replace(self.rules, most_units=most)

    def _scale(self, up: int, down: int) -> None:
        for held in self.holdings.values():
            held.units = held.units * up // down
            held.frozen = min(-(-held.frozen * up // down), M96)
            seen = 0
            for place, slot in enumerate(held.slots):
                if slot:
                    scaled = (seen + slot[1]) * up // down - seen * up // down
                    seen, slot[1] = seen + slot[1], scaled
                    held.slots[place] = slot if scaled else None

    def convert(self, who: str, units: int) -> int:
        """Into the sister class one for one; its rules are `basic_rules`."""
        party, number = self.party(who), self.accounts[who]
        if party.stopped:
            expected = 103
        elif units + party.frozen > party.units:
            expected = 101
        else:
            there = replace(party, units=0, elsewhere=0, stopped=False)
            moment = replace(self.moment, paused=False, holders=0)
            loose = basic_rules(most_units=None)
            expected = (
                compiled.refusal(loose, ISSUING, there, units, Kind.ISSUE, moment) if units else 0
            )
        target = self.world.sister.address
        words = (NOTE, who, target, units, 1, 1, 0, DOC, [])
        act = partial(self.world.token.convert_units, *words, by=AGENT)
        if len(self.sister[number]) == 8:
            return -1
        assert self._outcome(act) == expected
        if not expected:
            for part in self._cancel(who, units):
                word = pack_vintage(self.terms[part.vintage]) if part.vintage else 0
                self.sister[number][word] = self.sister[number].get(word, 0) + part.units
        return expected

    # ---- rules, records, time ----

    def set_rules(self, rules: Rules) -> None:
        """Announced and activated; what is no rule (information) stays."""
        rules = replace(rules, informed_until=self.rules.informed_until)
        before, self.rules = self.rules, rules
        chain = self.world.token.ask("group_counts")
        lacks = [n - (chain >> 32 * at & 0xFFFFFFFF) for at, n in enumerate(self.group_counts())]
        self._change([*policy_rows(rules, before), count_row(lacks)])

    def _change(self, rows: list[tuple[int, int, int]]) -> None:
        self.world.token.announce_rules(DOC, keccak(encode([CHANGES], [rows])), by=ISSUER)
        self.forward(roles.POWER_DELAY)
        self.world.token.activate_rules(rows, by=OUTSIDER)

    def amend(self, number: int, clock: str, days: int) -> None:
        """Move one clock of a vintage to so many days after its acquisition."""
        known = self.terms[number]
        terms = replace(known, **{clock: known.acquired + days if days else 0})  # type: ignore[arg-type]
        if terms not in self.terms.values():
            self._change([amended_row(number, terms, DOC)])
            self.terms[number] = terms

    def open_vintage(self, **terms: Any) -> int:
        today = self.world.engine.today
        number = self.world.open_vintage(**terms)
        days = {name: today + n for name, n in terms.items() if name in roles.CLOCKS}
        others = {name: value for name, value in terms.items() if name not in roles.CLOCKS}
        self.terms[number] = Vintage(acquired=today, **days, **others)
        return number

    def reacquired(self) -> int:
        """The number of this month's vintage; the first sale of an affiliate opens it."""
        assert self.rules.reacquired, "no unit starts anew without standing terms"
        terms = compiled.reacquired_terms(self.rules.reacquired, self.world.engine.today)
        known = [number for number, one in self.terms.items() if one == terms]
        number = known[0] if known else max(self.terms, default=0) + 1
        self.terms[number] = terms
        assert self.world.token.ask("vintages", number) == pack_vintage(terms)
        return number

    def inform(self, days: int) -> None:
        until = self.world.engine.today + days
        self.world.token.set_informed(until, DOC, by=OFFICER)
        self.rules = replace(self.rules, informed_until=until)

    def halt(self, on: bool) -> None:
        (self.world.token.halt if on else self.world.token.resume)(1, DOC, by=AGENT)
        self.paused = on

    def announce_record(self, seconds: int) -> None:
        if len(self.ahead) < 24:
            instant = max([self.world.engine.seconds, *self.ahead[-1:]]) + seconds
            self.world.token.announce_record(instant, by=ISSUER)
            self.ahead.append(instant)

    def withdraw_record(self) -> None:
        if self.ahead:
            self.world.token.withdraw_record(self.world.token.ask("last_record"), by=ISSUER)
            self.ahead[-1] = max([self.world.engine.seconds, *self.ahead[-2:-1]]) + 1

    def forward(self, seconds: int) -> None:
        self.world.engine.forward(seconds)
        while self.ahead and self.world.engine.seconds >= self.ahead[0]:
            self.ahead.pop(0)
            self.records.append({n: held.units for n, held in self.holdings.items()})

    # ---- the comparison ----

    def check(self) -> None:
        """Every word of every account, the counts, the supply, a past holding, a view."""
        token, state = self.world.token, self.world.state()
        for number, held in self.holdings.items():
            self._check_account(number, held)
        assert self._word("accounts", 0) == 0, "account 0 is nobody's"
        supply = sum(held.units for held in self.holdings.values())
        assert token.ask("totalSupply") == supply
        assert state >> 140 & (1 << 28) - 1 == self.holder_count()
        if self.rules.groups:
            counts = token.ask("group_counts")
            assert tuple(counts >> 32 * n & 0xFFFFFFFF for n in range(8)) == self.group_counts()
        self._check_past()
        self._check_views()

    def _check_account(self, number: int, held: Holding) -> None:
        word = self._word("accounts", number)
        assert word & M96 == held.units and word >> 96 & M96 == held.frozen
        assert bool(word >> 216 & 1) == held.stopped
        pairs = [self._word("lots", number * 4 + n // 2) >> 128 * (n % 2) for n in range(8)]
        lots = [(pair >> 96 & 0xFFFF, pair & M96) for pair in pairs]
        assert lots == [tuple(s) if s else (0, 0) for s in held.slots]
        assert word >> 192 & 0xFF == sum(1 << n for n, s in enumerate(held.slots) if s)
        assert sum(s[1] for s in held.slots if s) <= held.units

    def _word(self, name: str, at: int) -> int:
        place = artifact("SecurityToken")["storage"][f"book.{name}"]
        return self.world.engine.state.get_storage(
            bytes.fromhex(self.world.token.address[2:]), place + at
        )

    def _check_past(self) -> None:
        if self.records and self.accounts:
            record = self.draw.randrange(len(self.records))
            who = self.draw.choice(sorted(self.accounts))
            then = self.records[record]
            ask = self.world.token.ask
            assert ask("held_at", who, record + 1) == then.get(self.accounts[who], 0)
            assert ask("supply_at", record + 1) == sum(then.values())

    def _check_views(self) -> None:
        people = [*sorted(self.accounts), *self.dead, OUTSIDER]
        a, b = self.draw.choice(people), self.draw.choice(people)
        held = self.party(a).units
        units = self.draw.choice([0, 1, held // 2, held, held + 1])

        def decide(n: int) -> int:
            parties = self.party(a), self.party(b)
            return compiled.refusal(self.rules, *parties, n, Kind.SALE, self.moment)

        code, ask = decide(units), self.world.token.ask
        assert ask("detectTransferRestriction", a, b, units) == code
        assert ask("canTransfer", a, b, units) == (code == 0)
        most = ask("max_transferable", a, b)
        assert most == 0 or decide(most) == 0
        assert most == held or decide(most + 1) != 0
        for number, there in self.sister.items():
            if there:
                word = self.world.sister.ask("account_word", number)
                assert word & M96 == sum(there.values())
        for who in self.dead:
            assert ask("balanceOf", who) == 0 and not ask("canReceive", who)
