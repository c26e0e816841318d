"""`freehold action`: corporate actions from announcement to close, by a file of terms."""

from pathlib import Path
from typing import Any

import click

from freehold.core.actions.seev_codes import Message
from freehold.core.clock import parse_day, stamp
from freehold.core.errors import Invalid
from freehold.core.reasons import message_for
from freehold.desks import permits
from freehold.desks.office import open_office
from freehold.desks.outbox.orders import ActOutcome
from freehold.desks.servicing import actions, feeding, messages, paying, replacing
from freehold.desks.servicing.actions import ActionOutcome, Part, Shown
from freehold.desks.servicing.messages import Wanted
from freehold.doors.cli.acting import (
    FILE,
    act_document,
    act_table,
    actor_of,
    as_option,
    dry_run_option,
    ended,
    issuer_option,
)
from freehold.doors.cli.action_claims import COMMANDS
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings

terms_argument = click.argument("terms", type=FILE)
id_argument = click.argument("id")


@click.group()
def action() -> None:
    """Corporate actions: announce, preview, fund, pay, reconcile, close, amend, cancel."""


for one_of_claims in COMMANDS:
    action.add_command(one_of_claims)


@action.command()
@terms_argument
@issuer_option
@dry_run_option
@as_option
@json_option
def announce(terms: Path, issuer: str | None, dry_run: bool, acting: str, as_json: bool) -> Outcome:
    """Announce the action of a file of TERMS, and its record instant on chain."""
    with open_office(settings()) as office:
        actor = actor_of(office, acting)
        done = actions.announce(office, actor, _text(terms), issuer, dry_run=dry_run)
    return _tell_outcome(done, as_json)


@action.command()
@terms_argument
@as_option
@json_option
def amend(terms: Path, acting: str, as_json: bool) -> Outcome:
    """Put other TERMS in force, while nobody was paid by the old ones."""
    with open_office(settings()) as office:
        done = actions.amend(office, actor_of(office, acting), _text(terms))
    return _tell_outcome(done, as_json)


@action.command()
@id_argument
@terms_argument
@as_option
@json_option
def replace(id: str, terms: Path, acting: str, as_json: bool) -> Outcome:
    """Call action ID off and announce the one of TERMS, which says that it follows, in one act."""
    with open_office(settings()) as office:
        done = replacing.replace(office, actor_of(office, acting), id, _text(terms))
    return _tell_outcome(done, as_json)


@action.command()
@id_argument
@json_option
def preview(id: str, as_json: bool) -> None:
    """What each account gets by action ID, once its record instant has passed."""
    with open_office(settings()) as office:
        plan, parts = actions.preview(office, id)
    others = {code: str(one.gross_total) for code, one in plan.others.items()}
    told = {"action": id, "money": str(plan.money), "currencies": others, "parts": parts}
    names = ("account", "units", "gets", "gives", "gross", "withheld", "net", "rate")
    columns = [*(Column(name, number=True) for name in names), Column("currency"), Column("tax")]
    show(told, as_json, Table(f"Preview of {id}", columns, [_part(one) for one in parts]))


@action.command()
@id_argument
@click.option("--amount", type=int, help="Smallest units of the coin; what is due if left out.")
@as_option
@json_option
def fund(id: str, amount: int | None, acting: str, as_json: bool) -> Outcome:
    """Put the money of action ID into its pot, from the wallet of who signs."""
    with open_office(settings()) as office:
        done = paying.fund(office, actor_of(office, acting), id, amount)
    return _tell(done, as_json)


@action.command()
@id_argument
@click.option("--revenue", type=int, required=True, help="Smallest units of the coin that came in.")
@click.option("--on", "day", required=True, help="The day they came in, such as 2026-11-22.")
@click.option("--reference", required=True, help="Under which the feed happens once.")
@as_option
@json_option
def feed(id: str, revenue: int, day: str, reference: str, acting: str, as_json: bool) -> Outcome:
    """Put the part of revenue that action ID shares into its pot, from the wallet of who signs."""
    on = parse_day(day, "on")
    with open_office(settings()) as office:
        done = feeding.feed(office, actor_of(office, acting), id, revenue, on, reference)
    return _tell(done, as_json)


@action.command()
@id_argument
@as_option
@json_option
def pay(id: str, acting: str, as_json: bool) -> Outcome:
    """Pay everybody and deliver the units; stopped in the middle, the same again goes on."""
    with open_office(settings()) as office:
        done = paying.pay(office, actor_of(office, acting), id)
    return _tell(done, as_json)


@action.command()
@id_argument
@as_option
@json_option
def reconcile(id: str, acting: str, as_json: bool) -> None:
    """Compare what the chain's events say with what was due."""
    with open_office(settings()) as office:
        found = paying.reconcile(office, actor_of(office, acting), id)
    rows = [("paid", str(found.paid)), ("held", str(found.held))]
    rows += [("withheld", str(found.withheld)), ("accounts", str(found.accounts))]
    rows += [("units kept", str(found.units_kept))] if found.units_kept else []
    columns = [Column("what"), Column("amount", number=True)]
    show(found, as_json, Table(f"{id} reconciles", columns, rows))


@action.command()
@id_argument
@as_option
@json_option
def close(id: str, acting: str, as_json: bool) -> Outcome:
    """Send the tax to its office and the dust back, and end action ID."""
    with open_office(settings()) as office:
        done = paying.close(office, actor_of(office, acting), id)
    return _tell(done, as_json)


@action.command()
@id_argument
@as_option
@json_option
def cancel(id: str, acting: str, as_json: bool) -> Outcome:
    """Call action ID off; once somebody was paid, two persons give back the rest."""
    with open_office(settings()) as office:
        done = paying.cancel(office, actor_of(office, acting), id)
    return _tell(done, as_json)


@action.command()
@id_argument
@click.option("--holder", required=True, help="Who elects, by id or wallet.")
@click.option("--choice", required=True, help="tender, subscribe, reinvest or a currency.")
@click.option("--units", type=int, default=0, help="Base units tendered or subscribed.")
@as_option
@json_option
def elect(id: str, holder: str, choice: str, units: int, acting: str, as_json: bool) -> None:
    """Record what a holder elects in action ID; the last word before the payment counts."""
    with open_office(settings()) as office:
        actions.elect(office, actor_of(office, acting), id, holder, choice, units)
    told = {"action": id, "holder": holder, "choice": choice, "units": units}
    show(told, as_json, Table("", [Column("action"), Column("elected")], [(id, choice)]))


@action.command()
@id_argument
@click.option("--account", type=int, required=True, help="Whose held money and units go out.")
@as_option
@json_option
def release(id: str, account: int, acting: str, as_json: bool) -> Outcome:
    """Send money and units that are held for an account to its wallet, once nothing stands against it."""
    with open_office(settings()) as office:
        done = paying.release(office, actor_of(office, acting), id, account)
    return _tell(done, as_json)


@action.command("list")
@issuer_option
@json_option
def list_(issuer: str | None, as_json: bool) -> None:
    """The actions of an issuer, and where each stands."""
    with open_office(settings()) as office:
        found = actions.every(office, issuer)
    rows = [
        (one.terms.id, str(one.terms.kind), one.terms.instrument, stamp(one.terms.record),
         stamp(one.terms.payment), str(one.state))
        for one in found
    ]  # fmt: skip
    names = ("action", "kind", "instrument", "record", "payment", "state")
    told = {"actions": [_shown(one) for one in found]}
    show(told, as_json, Table("Corporate actions", [Column(name) for name in names], rows))


@action.command("show")
@id_argument
@json_option
def show_(id: str, as_json: bool) -> None:
    """One action: its terms, its record, and every step that was taken."""
    with open_office(settings()) as office:
        found = actions.show(office, id)
    rows = [(step, f"{stamp(at)} by {by}") for step, at, by in found.steps]
    rows = [("state", str(found.state)), ("terms", f"version {found.version}"), *rows]
    rows += [
        (
            f"kept for account {one.portion.account}",
            f"{one.portion.gets} units: {message_for(one.code)}",
        )
        for one in found.kept
    ]
    show(_shown(found), as_json, Table(id, [Column("what"), Column("value")], rows))


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"the terms {file} cannot be read: {error}", field="terms") from None


@action.command()
@id_argument
@click.option(
    "--as",
    "message",
    type=click.Choice([str(one) for one in Message]),
    default=str(Message.NOTIFICATION),
    show_default=True,
    help="seev.031 announces or replaces, seev.036 confirms to an account, seev.039 calls off.",
)
@click.option("--account", type=int, help="The account that seev.036 confirms to.")
@click.option("--currency", default="", help="ISO 4217, if the cash book does not know the coin's.")
@click.option("--out", type=click.Path(path_type=Path), help="A file instead of the screen.")
@json_option
def export(
    id: str, message: str, account: int | None, currency: str, out: Path | None, as_json: bool
) -> None:
    """Action ID as a message of ISO 20022, in XML."""
    with open_office(settings()) as office:
        wanted = Wanted(id, Message(message), account, currency)
        found = messages.export(office, permits.keyholder(), wanted)
    told = {"action": id, "message": message, "name": found.name, "xml": found.text}
    if out is not None:
        out.write_text(found.text, encoding="utf-8")
    if as_json:
        show(told, as_json)
    else:
        click.echo(found.text if out is None else f"{message} of {id} is in {out}")


def _tell_outcome(done: ActionOutcome, as_json: bool) -> Outcome:
    state = str(done.state) if done.state else "not announced"
    told: dict[str, Any] = act_document(done.act) | {"action": done.action, "state": state}
    show(told, as_json, act_table(done.act, ("action", done.action), ("state", state)))
    return ended(done.act)


def _tell(done: ActOutcome, as_json: bool) -> Outcome:
    show(act_document(done), as_json, act_table(done))
    return ended(done)


def _part(one: Part) -> tuple[str, ...]:
    figures = (one.account, one.units, one.gets, one.gives, one.gross, one.withheld, one.net)
    return (*map(str, figures), str(one.rate), one.currency, one.tax_note)


def _shown(one: Shown) -> dict[str, Any]:
    return {
        "action": one.terms.id,
        "kind": str(one.terms.kind),
        "instrument": one.terms.instrument,
        "state": str(one.state),
        "record": one.record,
        "record_instant": one.terms.record,
        "ex_date": one.terms.ex_date,
        "payment": one.terms.payment,
        "version": one.version,
        "steps": [{"step": step, "at": at, "by": by} for step, at, by in one.steps],
        "kept": [
            {"account": each.portion.account, "units": each.portion.gets, "code": each.code}
            for each in one.kept
        ],
    }
