"""`freehold units`: what powers do to the units of an instrument."""

from datetime import datetime

import click

from freehold.core.grounds import Grounds
from freehold.desks import parties
from freehold.desks.office import open_office
from freehold.desks.securities import enforcement, issuance
from freehold.desks.securities.enforcement import ForceRequest, HaltRequest
from freehold.desks.securities.issuance import IssueRequest, RedeemRequest
from freehold.doors.cli.acting import (
    Acting,
    act_document,
    act_options,
    act_table,
    actor_of,
    ended,
    grounds_options,
    instrument_option,
)
from freehold.doors.cli.output import Outcome, json_option, show
from freehold.doors.cli.settings import settings


@click.group()
def units() -> None:
    """Issue, redeem and force units of an instrument; halt and resume its transfers."""


@units.command()
@click.argument("holder")
@click.argument("amount")
@instrument_option
@click.option(
    "--exemption",
    default="",
    help="What exempts the issue from registration (Regulation D, Regulation S, Regulation"
    " Crowdfunding, lockup): the units become a restricted lot. Left out: free units.",
)
@click.option(
    "--family", default="", help="The family of the policy in force, which sets the clocks."
)
@click.option(
    "--offering-ended",
    type=click.DateTime(["%Y-%m-%d"]),
    help="From which day a Regulation S period of that family counts. Left out: not known yet.",
)
@act_options
@json_option
def issue(
    holder: str,
    amount: str,
    instrument: str,
    exemption: str,
    family: str,
    offering_ended: datetime | None,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Issue AMOUNT units to HOLDER, by the rules for issues."""
    with open_office(settings()) as office:
        count = parties.units_of(office, by.issuer, instrument, amount)
        closed = offering_ended.date() if offering_ended else None
        receivers = ((holder, count),)
        asked = IssueRequest(instrument, receivers, by.key, by.issuer, exemption, family, closed)
        done = issuance.issue(office, actor_of(office, by.signer), asked, dry_run=by.dry_run)
    document = act_document(done) | {"holder": holder, "units": amount}
    show(document, as_json, act_table(done, ("holder", holder), ("units", amount)))
    return ended(done)


@units.command()
@click.argument("holder")
@click.argument("amount")
@instrument_option
@click.option(
    "--lot", "lots", multiple=True, type=int, help="Take from this vintage; may be given again."
)
@grounds_options
@act_options
@json_option
def redeem(
    holder: str,
    amount: str,
    instrument: str,
    lots: tuple[int, ...],
    grounds: Grounds,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """End AMOUNT units of HOLDER: free ones first, then the oldest lots, or the lots named."""
    with open_office(settings()) as office:
        count = parties.units_of(office, by.issuer, instrument, amount)
        asked = RedeemRequest(instrument, holder, count, grounds, by.key, by.issuer, lots)
        done = issuance.redeem(office, actor_of(office, by.signer), asked, dry_run=by.dry_run)
    told = act_document(done) | {"holder": holder, "units": amount}
    show(told, as_json, act_table(done, ("holder", holder), ("units", amount)))
    return ended(done)


@units.command("force-transfer")
@click.argument("sender")
@click.argument("receiver")
@click.argument("amount")
@instrument_option
@grounds_options
@act_options
@json_option
def force_transfer(
    sender: str,
    receiver: str,
    amount: str,
    instrument: str,
    grounds: Grounds,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Move AMOUNT units from SENDER to RECEIVER against rules and freezes, on a reason."""
    with open_office(settings()) as office:
        count = parties.units_of(office, by.issuer, instrument, amount)
        asked = ForceRequest(instrument, sender, receiver, count, grounds, by.key, by.issuer)
        done = enforcement.force_transfer(
            office, actor_of(office, by.signer), asked, dry_run=by.dry_run
        )
    told = act_document(done) | {"from": sender, "to": receiver, "units": amount}
    rows = (("from", sender), ("to", receiver), ("units", amount))
    show(told, as_json, act_table(done, *rows))
    return ended(done)


@units.command()
@instrument_option
@grounds_options
@act_options
@json_option
def halt(
    instrument: str,
    grounds: Grounds,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Halt every transfer of an instrument that goes by the rules."""
    return _halt(instrument, grounds, by, as_json, halted=True)


@units.command()
@instrument_option
@grounds_options
@act_options
@json_option
def resume(
    instrument: str,
    grounds: Grounds,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """End a halt."""
    return _halt(instrument, grounds, by, as_json, halted=False)


def _halt(
    instrument: str,
    grounds: Grounds,
    by: Acting,
    as_json: bool,
    *,
    halted: bool,
) -> Outcome:
    with open_office(settings()) as office:
        asked = HaltRequest(instrument, halted, grounds, by.key, by.issuer)
        done = enforcement.halt(office, actor_of(office, by.signer), asked, dry_run=by.dry_run)
    show(act_document(done) | {"instrument": instrument}, as_json, act_table(done))
    return ended(done)
