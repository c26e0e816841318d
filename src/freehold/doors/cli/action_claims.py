"""`freehold action`: claims with their proofs, money that nobody claimed, the report of sweeps.

`claims` and `claim` are commands of `freehold windup` too.
"""

from pathlib import Path

import click

from freehold.core.actions import claim_file
from freehold.core.clock import stamp
from freehold.core.errors import Invalid
from freehold.core.units import format_units
from freehold.desks import permits
from freehold.desks.office import open_office
from freehold.desks.register import reports
from freehold.desks.servicing import claiming, subscribing, subscriptions, unclaimed
from freehold.desks.servicing.claiming import Signed
from freehold.doors.cli.acting import (
    act_document,
    act_table,
    actor_of,
    as_option,
    ended,
    issuer_option,
)
from freehold.doors.cli.output import Column, Outcome, Table, json_option, plain, show
from freehold.doors.cli.settings import settings

id_argument = click.argument("id")
holder_option = click.option("--holder", required=True, help="Whose claim, by id or wallet.")
payee_option = click.option("--payee", help="The wallet to which the holder signs that it goes.")
deadline_option = click.option(
    "--deadline", type=int, help="The last second of the signature; the end of claims if left out."
)
pot_option = click.option(
    "--pot", type=int, default=0, help="The number of one pot alone, where the holder has several."
)


@click.command()
@id_argument
@click.option(
    "--currency", default="", help="Of which pot, by its currency or number; the first if left out."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The file to write.")
@json_option
def claims(id: str, currency: str, out: Path, as_json: bool) -> None:
    """Write a claim file of action or winding-up ID: every account's claim, and the root."""
    with open_office(settings()) as office:
        found = claiming.claims(office, permits.keyholder(), id, currency)
    try:
        out.write_text("".join(claim_file.write(found.claims, found.root)))
    except OSError as error:
        raise Invalid(f"the file {out} cannot be written: {error}", field="out") from None
    told = {"action": id, "root": found.root, "claims": len(found.claims), "file": str(out)}
    rows = [(name, str(value)) for name, value in told.items()]
    show(told, as_json, Table("", [Column("what"), Column("value")], rows))


@click.command()
@id_argument
@holder_option
@payee_option
@deadline_option
@json_option
def proof(id: str, holder: str, payee: str | None, deadline: int | None, as_json: bool) -> None:
    """What proves a holder's claim in action ID; with --payee what his wallet signs, too."""
    with open_office(settings()) as office:
        one = claiming.proof(office, permits.keyholder(), id, holder)
    told = {**plain(one), "gross": str(one.gross), "withheld": str(one.withheld)}
    if payee:
        message = claiming.message(one, payee, deadline or claiming.deadline_of(one))
        told["message"] = message
    names = ("distribution", "account", "gross", "withheld", "root", "claim_until", "paid")
    rows = [(name, str(told[name])) for name in names]
    rows += [("proof", word) for word in one.proof]
    show(told, as_json, Table(f"Claim in {id}", [Column("what"), Column("value")], rows))


@click.command()
@id_argument
@holder_option
@payee_option
@deadline_option
@click.option("--signature", help="65 bytes by the holder's wallet, where --payee is named.")
@pot_option
@as_option
@json_option
def claim(
    id: str,
    holder: str,
    payee: str | None,
    deadline: int | None,
    signature: str | None,
    pot: int,
    acting: str,
    as_json: bool,
) -> Outcome:
    """Bring a holder's proofs: his money of ID goes to his wallet, or where he signed that it goes."""
    if bool(payee) != bool(signature):
        raise Invalid("--payee and --signature belong together", field="signature")
    with open_office(settings()) as office:
        signed = None
        if payee and signature:
            one = claiming.proof(office, permits.keyholder(), id, holder, pot)
            signed = Signed(payee, deadline or claiming.deadline_of(one), signature)
        done = claiming.claim(office, actor_of(office, acting), id, holder, signed, pot)
    show(act_document(done), as_json, act_table(done))
    return ended(done)


@click.command()
@id_argument
@click.option("--holder", required=True, help="Who subscribed, by id.")
@click.option(
    "--signature", default="", help="65 bytes by his wallet; without, what is to be paid."
)
@click.option("--kept", is_flag=True, help="The agent keeps his account: its key signs.")
@as_option
@json_option
def permit(
    id: str, holder: str, signature: str, kept: bool, acting: str, as_json: bool
) -> Outcome | None:
    """What a holder owes for what he subscribed in ID; with --signature or --kept, let it be taken."""
    with open_office(settings()) as office:
        if signature or kept:
            done = subscribing.permit(office, actor_of(office, acting), id, holder, signature)
            show(act_document(done), as_json, act_table(done))
            return ended(done)
        one = subscriptions.price(office, permits.keyholder(), id, holder)
        typed = {} if one.allowed >= one.amount else subscribing.message(office, id, holder)
    told = {**plain(one), "missing": one.missing, "message": typed}
    rows = [(name, str(told[name])) for name in ("holder", "wallet", "amount", "has", "allowed")]
    rows.append(("missing", one.missing or "nothing"))
    show(told, as_json, Table(f"Price in {id}", [Column("what"), Column("value")], rows))
    return None


@click.command("unclaimed")
@issuer_option
@click.option("--action", default="", help="Of one action alone.")
@json_option
def unclaimed_(issuer: str | None, action: str, as_json: bool) -> None:
    """What is held or not claimed, and the day from which two persons may sweep it."""
    with open_office(settings()) as office:
        found = unclaimed.left(office, permits.keyholder(), issuer, action)
    rows = [
        (one.action, one.holder or f"account {one.account}", one.jurisdiction,
         format_units(one.amount, one.decimals), one.currency, "held" if one.held else "not claimed",
         stamp(one.due_on), "yes" if one.due else "")
        for one in found
    ]  # fmt: skip
    names = ("action", "holder", "jurisdiction", "amount", "currency", "why", "due on", "due")
    columns = [Column(name, number=name == "amount") for name in names]
    show({"unclaimed": [plain(one) for one in found]}, as_json, Table("Unclaimed", columns, rows))


@click.command()
@id_argument
@click.option("--payee", required=True, help="The wallet of whoever keeps unclaimed property.")
@as_option
@json_option
def sweep(id: str, payee: str, acting: str, as_json: bool) -> Outcome:
    """Send what nobody claimed of action or winding-up ID to its keeper, by two persons, after its time."""
    with open_office(settings()) as office:
        done = unclaimed.sweep(office, actor_of(office, acting), id, payee)
    show(act_document(done), as_json, act_table(done))
    return ended(done)


@click.command()
@issuer_option
@click.option("--year", type=int, help="The year of the sweep; this one if left out.")
@click.option("--csv", "out", type=click.Path(path_type=Path), help="Write it as a CSV file, too.")
@json_option
def escheat(issuer: str | None, year: int | None, out: Path | None, as_json: bool) -> None:
    """The report of unclaimed property: what was swept in a year, by jurisdiction."""
    with open_office(settings()) as office:
        of = year or unclaimed.this_year(office)
        found = unclaimed.report(office, permits.keyholder(), issuer, of)
    heads = ("jurisdiction", "holder", "name", "account", "action", "currency", "amount", "paid_on",
             "swept_on", "payee")  # fmt: skip
    rows = [
        (one.jurisdiction, one.holder, one.name, str(one.account), one.action, one.currency,
         format_units(one.amount, one.decimals), one.paid_on.isoformat(),
         one.swept_on.isoformat(), one.payee)
        for one in found
    ]  # fmt: skip
    if out is not None:
        try:
            out.write_text(reports.csv_text(heads, rows))
        except OSError as error:
            raise Invalid(f"the file {out} cannot be written: {error}", field="csv") from None
    told = {"year": of, "swept": [dict(zip(heads, row, strict=True)) for row in rows]}
    show(told, as_json, Table(f"Swept in {of}", [Column(name) for name in heads], rows))


COMMANDS = (claims, proof, claim, permit, unclaimed_, sweep, escheat)
