"""Acts on holders that persons agree to: a freeze, the end of one, the recovery of a lost wallet."""

from collections.abc import Sequence

from freehold.book import issuers
from freehold.core.approvals import Act, Change
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid, NotPermitted
from freehold.core.facts import Flags
from freehold.core.identifiers import parse_address
from freehold.core.ids import Address
from freehold.core.roles import Power
from freehold.core.units import format_units, parse_units
from freehold.desks import parties
from freehold.desks.approvals import kinds
from freehold.desks.approvals.kinds import Asking, Kind, Planned, Step
from freehold.desks.office import Office, next_instant
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import Order
from freehold.desks.parties import Party
from freehold.desks.securities import differences, enforcement, recoveries
from freehold.desks.securities.enforcement import FreezeRequest
from freehold.desks.securities.recoveries import ProposeRequest

SANCTIONED = "sanctioned"


# ---- freezes ----


def _reads_freeze(kind: str) -> kinds.Read:
    def read(office: Office, asking: Asking) -> Act:
        texts = asking.texts
        party = parties.party(office, asking.owner, texts["holder"])
        if texts.get(SANCTIONED, "") not in ("", "yes"):
            raise Invalid("sanctioned is yes or left out", field=SANCTIONED)
        arguments = {"holder": party.holder.id, SANCTIONED: texts.get(SANCTIONED, "")}
        if not texts.get("instrument"):
            if texts.get("units"):
                raise Invalid("units are frozen in one instrument: name it", field="instrument")
            return kinds.of_issuer(kind, asking, arguments)
        if texts.get(SANCTIONED):
            raise Invalid("a sanctions mark concerns the person: leave the instrument out")
        _, instrument = parties.instrument(office, asking.owner.id, texts["instrument"])
        plain = texts.get("units", "").replace(",", "")
        if not plain:
            return kinds.of_instrument(kind, asking, instrument, arguments)
        units = format_units(parse_units(plain, instrument.decimals), instrument.decimals)
        return kinds.of_instrument(kind, asking, instrument, arguments | {"units": units}, units)

    return read


def _freeze_difference(office: Office, act: Act) -> Sequence[Change]:
    owner = parties.owner(office, act.issuer)
    party = parties.party(office, owner, act.arguments["holder"])
    id, begins = party.holder.id, act.kind == "freeze"
    if act.token is None:
        mark = Flags.SANCTIONED if act.arguments.get(SANCTIONED) else Flags.FROZEN
        record = "sanctions mark" if mark is Flags.SANCTIONED else "person frozen in everything"
        before = _yes(mark in party.facts.flags)
        return [Change(record, before, _yes(begins), id), *_held_everywhere(office, act, party)]
    _, instrument = parties.instrument(office, act.issuer, act.token)
    units = format_units(differences.held(office, instrument, party), instrument.decimals)
    kept = Change(differences.HELD, units, units, id)
    given = act.arguments.get("units")
    if given is None:
        word = differences.ask(office, instrument, "account_word", party.facts.account)
        return [Change("account stopped", _yes(bool(word >> 216 & 1)), _yes(begins), id), kept]
    before = format_units(differences.frozen(office, instrument, party), instrument.decimals)
    return [Change(differences.FROZEN, before, given, id), kept]


def _held_everywhere(office: Office, act: Act, party: Party) -> list[Change]:
    """What the person has of each instrument, which stays as it is."""
    with office.book.reading() as tx:
        every = issuers.instruments(tx, act.issuer)
    kept = []
    for one in every:
        if units := differences.held(office, one, party):
            text = format_units(units, one.decimals)
            kept.append(Change(f"units of {one.name}", text, text, party.holder.id))
    return kept


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _freeze(office: Office, planned: Planned) -> Order:
    act = planned.act
    assert act.grounds, "a freeze has grounds"
    units = None
    if "units" in act.arguments and act.token:
        _, instrument = parties.instrument(office, act.issuer, act.token)
        units = parse_units(act.arguments["units"], instrument.decimals)
    asked = FreezeRequest(
        act.arguments["holder"],
        act.kind == "freeze",
        act.grounds,
        planned.key,
        act.issuer,
        act.token,
        units,
        bool(act.arguments.get(SANCTIONED)),
    )
    return enforcement.freeze_order(office, orders.agent(office), asked)


# ---- recovery: every instrument at once ----


def _read_recovery(office: Office, asking: Asking) -> Act:
    party = parties.party(office, asking.owner, asking.texts["holder"])
    given = asking.texts.get("wallet", "")
    if office.keys.second is None:
        raise NotPermitted("a recovery is confirmed by a second key: set second_signer")
    wallet = parse_address(given) if given else parties.fresh_custody(office, asking.owner)[1]
    open_one = recoveries.waiting(office, asking.owner.id, party.holder.id)
    if open_one and open_one.new_wallet != wallet:
        raise Conflict(
            f"a recovery of {party.holder.id} to {open_one.new_wallet} waits already: end it first"
        )
    return kinds.of_issuer("recovery", asking, {"holder": party.holder.id, "wallet": str(wallet)})


def _recovery_difference(office: Office, act: Act) -> Sequence[Change]:
    owner = parties.owner(office, act.issuer)
    party = parties.party(office, owner, act.arguments["holder"])
    moved = Change("wallet", str(party.wallet), act.arguments["wallet"], party.holder.id)
    account = str(party.facts.account)
    kept = Change("account number", account, account, party.holder.id)
    return [moved, kept, *_held_everywhere(office, act, party)]


def _carry_recovery(office: Office, planned: Planned) -> Step:
    """The agent's key announces, the second key confirms when the register's delay is over."""
    act, done = planned.act, planned.done
    holder = act.arguments["holder"]
    if not done:
        assert act.grounds, "a recovery has grounds"
        wallet = Address(act.arguments["wallet"])
        asked = ProposeRequest(holder, act.grounds, planned.key, act.issuer, wallet)
        return Step(recoveries.propose_order(office, orders.agent(office), asked))
    if len(done) == 2:
        return kinds.OVER
    waiting = recoveries.waiting(office, act.issuer, holder)
    if waiting is None:
        return Step(refused="the recovery was ended before its delay was over")
    if next_instant(office) < waiting.effective:
        until = stamp(waiting.effective)
        return Step(waits=f"Announced. The register lets it take effect from {until} on.")
    second = orders.second(office)
    return Step(recoveries.confirm_order(office, second, act.issuer, holder))


KINDS = (
    *(
        Kind(
            name,
            title,
            Power.FREEZE,
            _reads_freeze(name),
            _freeze_difference,
            kinds.once(_freeze),
            ("holder",),
            ("instrument", "units", SANCTIONED),
            grounds=True,
        )
        for name, title in (("freeze", "Freeze"), ("unfreeze", "End a freeze"))
    ),
    Kind(
        "recovery",
        "Recover a lost wallet",
        Power.RECOVER,
        _read_recovery,
        _recovery_difference,
        _carry_recovery,
        ("holder",),
        ("wallet",),
        grounds=True,
    ),
)
