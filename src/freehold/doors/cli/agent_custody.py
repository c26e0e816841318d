"""`freehold agent own-wallet`: a holder takes his units from the agent's key under his own."""

from pathlib import Path

import click

from freehold.core.grounds import Ground, Grounds
from freehold.desks import permits
from freehold.desks.agent import custody
from freehold.desks.office import open_office
from freehold.desks.outbox import orders
from freehold.desks.securities import recoveries
from freehold.desks.securities.recoveries import ProposeRequest
from freehold.doors.cli.acting import FILE, act_table, document_hash, ended, issuer_option
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings


@click.command()
@click.argument("holder")
@click.argument("wallet")
@issuer_option
@json_option
def own_wallet(holder: str, wallet: str, issuer: str | None, as_json: bool) -> None:
    """Begin to move HOLDER's account to his own WALLET: prints the text that the wallet has to sign."""
    with open_office(settings()) as office:
        asked = custody.ask(office, permits.keyholder(), issuer, holder, wallet)
    one = asked.exit
    document = {"exit": one.id, "wallet": one.wallet, "until": one.expires_at, "text": asked.text}
    show(document, as_json, Table(asked.text, [Column("exit")], [(one.id,)]))


@click.command()
@click.argument("exit")
@click.argument("signature")
@json_option
def prove_wallet(exit: str, signature: str, as_json: bool) -> None:
    """Give the wallet's SIGNATURE (ERC-191) of the text that `own-wallet` printed."""
    with open_office(settings()) as office:
        one = custody.prove(office, permits.keyholder(), exit, signature)
    rows = [(one.id, one.wallet)]
    columns = [Column("exit"), Column("proved wallet")]
    show({"exit": one.id, "wallet": one.wallet}, as_json, Table("", columns, rows))


@click.command()
@click.argument("exit")
@click.option("--document", required=True, type=FILE, help="On what the identity was checked.")
@json_option
def check_holder(exit: str, document: Path, as_json: bool) -> Outcome:
    """Note that the holder's identity was checked, and propose that his wallet opens the account.

    A second person confirms with `freehold recover confirm` after the delay.
    """
    digest = document_hash(document)
    with open_office(settings()) as office:
        one = custody.check_identity(office, permits.keyholder(), exit, digest.hex())
        asked = ProposeRequest(
            one.holder, Grounds(Ground.OWN_KEY, digest), one.id, one.issuer, one.wallet
        )
        done = recoveries.propose(office, orders.agent(office), asked)
    shown = {"exit": one.id, "wallet": one.wallet, "waits_for": done.waits_for}
    show(shown, as_json, act_table(done.act, ("waits for", done.waits_for)))
    return ended(done.act)


COMMANDS = (own_wallet, prove_wallet, check_holder)
