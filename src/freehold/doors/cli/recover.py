"""`freehold recover`: a lost wallet gives way to another one; two persons, and a delay between them."""

from typing import Any

import click

from freehold.core.clock import stamp
from freehold.core.grounds import Grounds
from freehold.core.identifiers import parse_address
from freehold.desks.office import open_office
from freehold.desks.securities import recoveries
from freehold.desks.securities.recoveries import ProposeRequest, RecoveryOutcome
from freehold.doors.cli.acting import (
    Acting,
    act_document,
    act_options,
    act_table,
    actor_of,
    dry_run_option,
    ended,
    grounds_options,
    issuer_option,
)
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings


@click.group()
def recover() -> None:
    """Recover a lost wallet: one person proposes, a second one confirms after the delay."""


@recover.command()
@click.argument("holder")
@click.option("--wallet", help="The new wallet; left out, the agent keeps a key.")
@grounds_options
@act_options
@json_option
def propose(
    holder: str,
    wallet: str | None,
    grounds: Grounds,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Propose that another wallet opens the account of HOLDER from the end of the delay on."""
    new = parse_address(wallet) if wallet else None
    with open_office(settings()) as office:
        asked = ProposeRequest(holder, grounds, by.key, by.issuer, new)
        done = recoveries.propose(office, actor_of(office, by.signer), asked, dry_run=by.dry_run)
    return _tell(done, as_json)


@recover.command()
@click.argument("holder")
@issuer_option
@dry_run_option
@click.option(
    "--as",
    "acting",
    type=click.Choice(["agent", "second"]),
    default="second",
    show_default=True,
    help="Whose key signs; whoever proposed cannot confirm.",
)
@json_option
def confirm(holder: str, issuer: str | None, dry_run: bool, acting: str, as_json: bool) -> Outcome:
    """Let the proposal for HOLDER take effect, in all instruments at once."""
    with open_office(settings()) as office:
        actor = actor_of(office, acting)
        done = recoveries.confirm(office, actor, issuer, holder, dry_run=dry_run)
    return _tell(done, as_json)


@recover.command()
@click.argument("holder")
@act_options
@json_option
def cancel(
    holder: str,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Withdraw the proposal for HOLDER."""
    with open_office(settings()) as office:
        actor = actor_of(office, by.signer)
        done = recoveries.cancel(office, actor, by.issuer, holder, by.key, dry_run=by.dry_run)
    return _tell(done, as_json)


@recover.command("list")
@issuer_option
@json_option
def list_(issuer: str | None, as_json: bool) -> None:
    """The proposals that wait, who made them, and from when they can be confirmed."""
    with open_office(settings()) as office:
        found = recoveries.recoveries(office, issuer)
    rows = [
        (one.holder, one.old_wallet, one.new_wallet, one.proposer, stamp(one.effective))
        for one in found
    ]
    names = ("holder", "old wallet", "new wallet", "proposed by", "can be confirmed from")
    columns = [Column(name) for name in names]
    show({"recoveries": found}, as_json, Table("Recoveries that wait", columns, rows))


def _tell(done: RecoveryOutcome, as_json: bool) -> Outcome:
    document: dict[str, Any] = act_document(done.act)
    document |= {
        "holder": done.holder,
        "wallet": done.wallet,
        "open": done.open,
        "waits_for": done.waits_for,
    }
    more = [("holder", done.holder), ("wallet", str(done.wallet))]
    if done.open:
        more += [("new wallet", str(done.open.new_wallet)), ("waits", done.waits_for)]
    show(document, as_json, act_table(done.act, *more))
    return ended(done.act)
