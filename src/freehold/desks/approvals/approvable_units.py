"""Acts on units that persons agree to: issue, redeem, force transfer, a transfer that is held."""

from collections.abc import Sequence
from datetime import date

from freehold.book import settings
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.session import Transaction
from freehold.core.approvals import TRANSFER, Act, Change
from freehold.core.clock import parse_day
from freehold.core.errors import Invalid
from freehold.core.roles import Power
from freehold.core.units import Units, format_units, parse_units
from freehold.desks import parties
from freehold.desks.approvals import kinds
from freehold.desks.approvals.kinds import Asking, Kind, Planned, Step
from freehold.desks.office import Office, today
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import Order
from freehold.desks.securities import differences, enforcement, holding, issuance, transfers
from freehold.desks.securities.enforcement import ForceRequest
from freehold.desks.securities.issuance import IssueRequest, RedeemRequest
from freehold.desks.securities.transfers import TransferRequest


def units_of(text: str, instrument: KnownInstrument) -> Units:
    """Base units above zero from decimal text with or without grouping. Raises Invalid."""
    plain = text.replace(",", "").replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    units = parse_units(plain, instrument.decimals)
    if not units:
        raise Invalid("units 0: an act moves at least one unit", field="units")
    return units


def instrument_of(office: Office, act: Act) -> tuple[KnownIssuer, KnownInstrument]:
    """The issuer and the instrument of an act on units."""
    assert act.token, "an act on units has an instrument"
    return parties.instrument(office, act.issuer, act.token)


def _named(office: Office, asking: Asking) -> KnownInstrument:
    return parties.instrument(office, asking.owner.id, asking.texts["instrument"])[1]


def _whole(units: int, instrument: KnownInstrument) -> str:
    return format_units(units, instrument.decimals)


# ---- issue ----


def _read_issue(office: Office, asking: Asking) -> Act:
    instrument, texts = _named(office, asking), asking.texts
    receivers = _receivers(office, asking, instrument)
    ended = texts.get("offering_ended", "")
    arguments = {
        "holder": "\n".join(receivers),
        "units": "\n".join(_whole(units, instrument) for units in receivers.values()),
        "exemption": texts.get("exemption", ""),
        "family": texts.get("family", ""),
        "offering_ended": parse_day(ended, "offering_ended").isoformat() if ended else "",
    }
    total = _whole(sum(receivers.values()), instrument)
    act = kinds.of_instrument("issue", asking, instrument, arguments, total)
    issuance.require_issuable(_issue(office, act, ""))
    return act


def _receivers(office: Office, asking: Asking, instrument: KnownInstrument) -> dict[str, Units]:
    """Base units for each holder: one holder and one amount on a line. Raises Invalid, NotFound."""
    named, amounts = (asking.texts[name].strip().splitlines() for name in ("holder", "units"))
    if len(named) != len(amounts):
        said = (
            f"{len(named)} holders and {len(amounts)} amounts: give one amount on a line for each"
        )
        raise Invalid(said, field="units")
    found: dict[str, Units] = {}
    for name, amount in zip(named, amounts, strict=True):
        holder = parties.party(office, asking.owner, name.strip()).holder.id
        if holder in found:
            raise Invalid(f"{holder} stands there twice: give one amount", field="holder")
        found[holder] = units_of(amount, instrument)
    return found


def _issued(act: Act, instrument: KnownInstrument) -> list[tuple[str, Units]]:
    """Who gets how many base units by an act that was read."""
    named, amounts = (act.arguments[name].splitlines() for name in ("holder", "units"))
    return [(one, units_of(text, instrument)) for one, text in zip(named, amounts, strict=True)]


def _issue(office: Office, act: Act, key: str) -> IssueRequest:
    _, instrument = instrument_of(office, act)
    given = act.arguments
    ended = given.get("offering_ended")
    return IssueRequest(
        str(instrument.token),
        tuple(_issued(act, instrument)),
        key,
        act.issuer,
        given.get("exemption", ""),
        given.get("family", ""),
        date.fromisoformat(ended) if ended else None,
    )


def _issue_difference(office: Office, act: Act) -> Sequence[Change]:
    owner, instrument = instrument_of(office, act)
    moves = {
        holder: (parties.party(office, owner, holder), int(units))
        for holder, units in _issued(act, instrument)
    }
    return differences.of_moves(office, owner, instrument, moves)


def _carry_issue(office: Office, planned: Planned) -> Step:
    """One step for free units; a restricted lot opens its vintage first, of the day it began."""
    asked, agent = _issue(office, planned.act, planned.key), orders.agent(office)
    if not issuance.restricted(asked):
        return kinds.OVER if planned.done else Step(issuance.issue_order(office, agent, asked))
    if len(planned.done) == 2:
        return kinds.OVER
    day = orders.remembered_day(office, planned.key) or today(office)
    if not planned.done:
        order = issuance.opening_order(office, agent, asked, day)
        return Step(order, write=_remember(office, planned.key, day))
    vintage = issuance.vintage_of(office, asked, day)
    if vintage is None:
        return Step(waits="The vintage is opened; its event has not been read yet.")
    return Step(issuance.issue_order(office, agent, asked, vintage))


def _remember(office: Office, key: str, day: date) -> kinds.Write:
    def write(tx: Transaction) -> None:
        settings.write(tx, orders.day_of(key), day.isoformat(), office.clock.now())

    return write


# ---- redeem ----


def _read_redemption(office: Office, asking: Asking) -> Act:
    instrument, texts = _named(office, asking), asking.texts
    units = _whole(units_of(texts["units"], instrument), instrument)
    holder = parties.party(office, asking.owner, texts["holder"]).holder.id
    arguments = {"holder": holder, "units": units}
    return kinds.of_instrument("redeem", asking, instrument, arguments, units)


def _redemption_difference(office: Office, act: Act) -> Sequence[Change]:
    owner, instrument = instrument_of(office, act)
    holder = parties.party(office, owner, act.arguments["holder"])
    units = units_of(act.arguments["units"], instrument)
    return differences.of_moves(office, owner, instrument, {holder.holder.id: (holder, -units)})


def _redeem(office: Office, planned: Planned) -> Order:
    act = planned.act
    _, instrument = instrument_of(office, act)
    assert act.grounds, "a redemption has grounds"
    units = units_of(act.arguments["units"], instrument)
    asked = RedeemRequest(
        str(instrument.token), act.arguments["holder"], units, act.grounds, planned.key, act.issuer
    )
    return issuance.redeem_order(office, orders.agent(office), asked)


# ---- force transfer, and a transfer that is held ----


def _reads_move(kind: str) -> kinds.Read:
    def read(office: Office, asking: Asking) -> Act:
        instrument, texts = _named(office, asking), asking.texts
        units = _whole(units_of(texts["units"], instrument), instrument)
        sender = parties.party(office, asking.owner, texts["sender"]).holder.id
        receiver = parties.party(office, asking.owner, texts["receiver"]).holder.id
        if sender == receiver:
            raise Invalid("sender and receiver are the same holder", field="receiver")
        arguments = {"sender": sender, "receiver": receiver, "units": units}
        return kinds.of_instrument(kind, asking, instrument, arguments, units)

    return read


def _move_difference(office: Office, act: Act) -> Sequence[Change]:
    owner, instrument = instrument_of(office, act)
    sender = parties.party(office, owner, act.arguments["sender"])
    receiver = parties.party(office, owner, act.arguments["receiver"])
    units = units_of(act.arguments["units"], instrument)
    return holding.difference_of(office, owner, instrument, sender, receiver, units).changes


def _force(office: Office, planned: Planned) -> Order:
    act = planned.act
    _, instrument = instrument_of(office, act)
    assert act.grounds, "a force transfer has grounds"
    asked = ForceRequest(
        str(instrument.token),
        act.arguments["sender"],
        act.arguments["receiver"],
        units_of(act.arguments["units"], instrument),
        act.grounds,
        planned.key,
        act.issuer,
    )
    return enforcement.force_order(office, orders.agent(office), asked)


def _transfer(office: Office, planned: Planned) -> Order:
    act = planned.act
    _, instrument = instrument_of(office, act)
    asked = TransferRequest(
        str(instrument.token),
        act.arguments["sender"],
        act.arguments["receiver"],
        units_of(act.arguments["units"], instrument),
        planned.key,
        act.issuer,
    )
    return transfers.transfer_order(office, orders.agent(office), asked)


KINDS = (
    Kind(
        "issue",
        "Issue units",
        Power.ISSUE,
        _read_issue,
        _issue_difference,
        _carry_issue,
        ("instrument", "holder", "units"),
        ("exemption", "family", "offering_ended"),
    ),
    Kind(
        "redeem",
        "Redeem units",
        Power.ISSUE,
        _read_redemption,
        _redemption_difference,
        kinds.once(_redeem),
        ("instrument", "holder", "units"),
        grounds=True,
    ),
    Kind(
        "force-transfer",
        "Force transfer",
        Power.FORCE,
        _reads_move("force-transfer"),
        _move_difference,
        kinds.once(_force),
        ("instrument", "sender", "receiver", "units"),
        grounds=True,
    ),
    Kind(
        TRANSFER,
        "Transfer units",
        Power.REQUEST_TRANSFER,
        _reads_move(TRANSFER),
        _move_difference,
        kinds.once(_transfer),
        ("instrument", "sender", "receiver", "units"),
        direct=False,
    ),
)
