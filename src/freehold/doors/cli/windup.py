"""`freehold windup`: an issuer wound up or sold, from a file of terms to the last holder's money."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from freehold.core.actions.exit_plan import plan_hash
from freehold.core.clock import stamp
from freehold.core.errors import Invalid
from freehold.core.units import format_units, parse_units
from freehold.desks import permits
from freehold.desks.office import Office, open_office
from freehold.desks.outbox.orders import Actor, ActOutcome
from freehold.desks.servicing import claiming, winding_up, windup_reading, windups
from freehold.desks.servicing.windup_reading import PartView, Share, WindupView
from freehold.desks.servicing.windups import Case, Draft
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
from freehold.doors.cli.action_claims import (
    claim,
    claims,
    deadline_option,
    holder_option,
    payee_option,
)
from freehold.doors.cli.output import Column, Outcome, Table, json_option, plain, show
from freehold.doors.cli.settings import settings

terms_argument = click.argument("terms", type=FILE)
id_argument = click.argument("id")
exit_option = click.option("--exit", "exit_", required=True, help="What there is to divide.")


@click.group()
def windup() -> None:
    """Wind an issuer up: every class paid from one pot, per holder, by a plan two persons agree to."""


@windup.command()
@terms_argument
@exit_option
@issuer_option
@json_option
def preview(terms: Path, exit_: str, issuer: str | None, as_json: bool) -> None:
    """What TERMS would pay each class and each holder, on today's register; nothing is kept."""
    with open_office(settings()) as office:
        found = windups.draft(office, _text(terms), exit_, issuer)
        parts, shares = windup_reading.parts(office, found), windup_reading.shares(office, found)
    told = _document(found, parts, shares) | {"windup": found.terms.id, "exit": exit_}
    show(told, as_json, *_tables(found, parts, shares))


@windup.command()
@terms_argument
@exit_option
@issuer_option
@dry_run_option
@as_option
@json_option
def propose(
    terms: Path, exit_: str, issuer: str | None, dry_run: bool, acting: str, as_json: bool
) -> Outcome:
    """Announce the record of every class and put the plan of TERMS forward on chain."""
    with open_office(settings()) as office:
        actor = actor_of(office, acting)
        done = windups.propose(office, actor, _text(terms), exit_, issuer, dry_run=dry_run)
    told = act_document(done.act) | {"windup": done.windup, "plan": done.plan}
    show(told, as_json, act_table(done.act, ("windup", done.windup), ("plan", done.plan)))
    return ended(done.act)


@windup.command()
@id_argument
@click.option(
    "--plan", required=True, help="The hash of the plan that is agreed to, or `proposed`."
)
@click.option(
    "--as",
    "acting",
    type=click.Choice(["agent", "second"]),
    default="second",
    show_default=True,
    help="Whose key signs: not that of whoever proposed it.",
)
@json_option
def confirm(id: str, plan: str, acting: str, as_json: bool) -> Outcome:
    """Agree to the plan of winding-up ID, as the second person."""
    return _acted(
        acting, as_json, lambda office, who: windups.confirm(office, who, id, _hash(plan))
    )


@windup.command()
@id_argument
@click.option("--amount", help="Money of the coin; what the next stage lacks if left out.")
@as_option
@json_option
def fund(id: str, amount: str | None, acting: str, as_json: bool) -> Outcome:
    """Put the money of the next stage of ID into the pot, from the wallet of who signs."""

    def put(office: Office, who: Actor) -> ActOutcome:
        decimals = windups.case(office, id).coin.decimals
        given = parse_units(amount.replace(",", ""), decimals, "amount") if amount else None
        return windups.fund(office, who, id, given)

    return _acted(acting, as_json, put)


@windup.command()
@id_argument
@as_option
@json_option
def pay(id: str, acting: str, as_json: bool) -> Outcome:
    """Pay every stage of ID that is funded and due; stopped in the middle, the same again goes on."""
    return _acted(acting, as_json, lambda office, who: winding_up.pay(office, who, id))


@windup.command()
@id_argument
@as_option
@json_option
def reconcile(id: str, acting: str, as_json: bool) -> None:
    """Compare what the chain's events say with what was due."""
    with open_office(settings()) as office:
        found = winding_up.reconcile(office, actor_of(office, acting), id)
        decimals = windups.case(office, id).coin.decimals
    names = ("paid", "held", "withheld", "settled")
    rows = [(name, format_units(getattr(found, name), decimals)) for name in names]
    rows.append(("accounts", str(found.accounts)))
    columns = [Column("what"), Column("amount", number=True)]
    show(found, as_json, Table(f"{id} reconciles", columns, rows))


@windup.command()
@id_argument
@as_option
@json_option
def close(id: str, acting: str, as_json: bool) -> Outcome:
    """Send the tax to its office, and end winding-up ID."""
    return _acted(acting, as_json, lambda office, who: winding_up.close(office, who, id))


@windup.command()
@id_argument
@as_option
@json_option
def cancel(id: str, acting: str, as_json: bool) -> Outcome:
    """Call winding-up ID off; once a stage is paid, two persons give back the rest."""
    return _acted(acting, as_json, lambda office, who: winding_up.cancel(office, who, id))


@windup.command()
@id_argument
@click.option("--account", type=int, required=True, help="Whose held money goes out.")
@as_option
@json_option
def release(id: str, account: int, acting: str, as_json: bool) -> Outcome:
    """Send money that is held for an account to its wallet, once nothing stands against it."""
    return _acted(acting, as_json, lambda office, who: winding_up.release(office, who, id, account))


@windup.command()
@id_argument
@holder_option
@payee_option
@deadline_option
@json_option
def proof(id: str, holder: str, payee: str | None, deadline: int | None, as_json: bool) -> None:
    """What proves a holder's claims in ID; with --payee what his wallet signs for each, too."""
    with open_office(settings()) as office:
        found = claiming.proofs(office, permits.keyholder(), id, holder)
    told = [{**plain(one), "gross": str(one.gross), "withheld": str(one.withheld)} for one in found]
    if payee:
        for each, one in zip(told, found, strict=True):
            until = deadline or claiming.deadline_of(one)
            each["message"] = claiming.message(one, payee, until)
    names = ("part", "distribution", "account", "gross", "withheld", "root", "paid")
    rows = [tuple(str(getattr(one, name)) for name in names) for one in found]
    columns = [Column(name) for name in names]
    show({"windup": id, "claims": told}, as_json, Table(f"Claims in {id}", columns, rows))


for shared in (claims, claim):
    windup.add_command(shared)


@windup.command("list")
@issuer_option
@json_option
def list_(issuer: str | None, as_json: bool) -> None:
    """The winding-ups of an issuer, and where each stands."""
    with open_office(settings()) as office:
        found = windup_reading.every(office, issuer)
    rows = [
        (one.of.id, one.of.terms.exit.name, f"{one.of.known.exit} {one.of.terms.exit.currency}",
         stamp(one.of.terms.record), str(one.state), one.next)
        for one in found
    ]  # fmt: skip
    names = ("windup", "name", "exit", "record", "state", "next")
    told = {"windups": [_stands(one) for one in found]}
    show(told, as_json, Table("Winding-ups", [Column(name) for name in names], rows))


@windup.command()
@id_argument
@json_option
def status(id: str, as_json: bool) -> None:
    """One winding-up: what each class and holder gets, what became of it, what comes next."""
    with open_office(settings()) as office:
        found = windup_reading.view(office, windups.case(office, id))
        parts = windup_reading.parts(office, found.of)
        shares = windup_reading.shares(office, found.of)
    rows = [("state", str(found.state)), ("next", found.next), ("plan", plan_hash(found.of.plan))]
    rows += [("in the pot", f"{_coins(found.of, found.of.funded)} of {_total(found.of)}")]
    rows += [(one.step, f"{stamp(one.at)} by {one.by}") for one in found.of.taken]
    told = _stands(found) | _document(found.of, parts, shares)
    life = Table(id, [Column("what"), Column("value")], rows)
    show(told, as_json, life, *_tables(found.of, parts, shares))


def _hash(plan: str) -> str | None:
    return None if plan == "proposed" else plan


# ---- how it is told ----


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"the terms {file} cannot be read: {error}", field="terms") from None


def _acted(acting: str, as_json: bool, act: Callable[[Office, Actor], ActOutcome]) -> Outcome:
    with open_office(settings()) as office:
        done = act(office, actor_of(office, acting))
    show(act_document(done), as_json, act_table(done))
    return ended(done)


def _coins(of: Case | Draft, amount: int) -> str:
    return format_units(amount, of.coin.decimals)


def _total(of: Case) -> str:
    return f"{_coins(of, sum(one.amount for one in of.stages))} {of.coin.symbol}"


def _stands(one: WindupView) -> dict[str, Any]:
    of = one.of
    return {
        "windup": of.id,
        "name": of.terms.exit.name,
        "exit": of.known.exit,
        "currency": of.terms.exit.currency,
        "state": str(one.state),
        "next": one.next,
        "plan": plan_hash(of.plan),
        "number": of.number,
        "record": of.terms.record,
        "payment": of.terms.payment,
        "funded": _coins(of, of.funded),
        "steps": [{"step": each.step, "at": each.at, "by": each.by} for each in of.taken],
    }


def _document(of: Case | Draft, parts: list[PartView], shares: list[Share]) -> dict[str, Any]:
    coins = {"coin": of.coin.address, "symbol": of.coin.symbol, "decimals": of.coin.decimals}
    stages = [{"id": one.id, "amount": _coins(of, one.amount)} for one in of.stages]
    return {
        **coins,
        "stages": stages,
        "parts": [
            {
                "id": one.id,
                "kind": one.kind,
                "does": one.does,
                "total": _coins(of, one.total),
                "paid": _coins(of, one.paid),
                "stages": {id: _coins(of, amount) for id, amount in one.stages.items()},
            }
            for one in parts
        ],
        "holders": [
            {
                "class": one.class_id,
                "account": one.account,
                "holder": one.holder,
                "units": str(one.units),
                "gross": _coins(of, one.gross),
                "withheld": _coins(of, one.withheld),
                "net": _coins(of, one.net),
                "held": _coins(of, one.held),
                "state": one.became,
            }
            for one in shares
        ],
    }


def _tables(of: Case | Draft, parts: list[PartView], shares: list[Share]) -> tuple[Table, Table]:
    stages = [Column(one.id, number=True) for one in of.stages] if len(of.stages) > 1 else []
    columns = [Column("paid to"), Column("as"), Column("does"), *stages]
    columns += [Column("total", number=True), Column("paid", number=True)]
    rows = []
    for one in parts:
        split = [_coins(of, amount) for amount in one.stages.values()] if stages else []
        row = (one.id, one.kind, one.does, *split, _coins(of, one.total), _coins(of, one.paid))
        rows.append(row)
    names = ("units", "gross", "tax", "net")
    heads = [Column("class"), Column("holder"), *(Column(name, number=True) for name in names)]
    listed = [
        (
            one.class_id,
            one.holder or f"account {one.account}",
            str(one.units),
            _coins(of, one.gross),
            _coins(of, one.withheld),
            _coins(of, one.net),
            one.became,
        )
        for one in shares
    ]
    title = f"{of.terms.exit.name}, in {of.coin.symbol}"
    return Table(title, columns, rows), Table("Holders", [*heads, Column("state")], listed)
