"""`freehold transfer`: units from one holder to another, by the rules."""

import click

from freehold.core.errors import Invalid
from freehold.core.facts import Proof
from freehold.core.registration import Signed
from freehold.core.units import format_units
from freehold.desks import parties
from freehold.desks.office import open_office
from freehold.desks.securities import transfers
from freehold.desks.securities.transfers import KINDS, TransferOutcome, TransferRequest
from freehold.doors.cli.acting import Acting, act_options, actor_of, instrument_option
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings

KIND_NAMES = {kind.name.lower().replace("_", "-"): kind for kind in KINDS}
PROOF_NAMES = {(proof.name or "").lower().replace("_", "-"): proof for proof in Proof}


@click.command()
@click.argument("sender")
@click.argument("receiver")
@click.argument("units")
@instrument_option
@click.option(
    "--kind",
    type=click.Choice(list(KIND_NAMES)),
    default="sale",
    show_default=True,
    help="What kind of transfer the agent attests.",
)
@click.option(
    "--proof",
    "proofs",
    multiple=True,
    type=click.Choice(list(PROOF_NAMES)),
    help="A fact about this transfer that the agent attests; may be given several times.",
)
@click.option(
    "--lot", "lots", multiple=True, type=int, help="Take from this vintage; may be given again."
)
@click.option(
    "--signed-by", "signers", multiple=True, help="Who signed the instruction; may be given again."
)
@click.option(
    "--paper", "papers", multiple=True, help="A paper that came with it; may be given again."
)
@click.option("--representative", default="", help="Who signs for the estate of a dead owner.")
@act_options
@json_option
def transfer(
    sender: str,
    receiver: str,
    units: str,
    instrument: str,
    kind: str,
    proofs: tuple[str, ...],
    lots: tuple[int, ...],
    signers: tuple[str, ...],
    papers: tuple[str, ...],
    representative: str,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Ask the rules for a transfer of UNITS from SENDER to RECEIVER, and post it if they allow it.

    Holders are named by id or wallet, the issuer's own account as treasury. A refusal tells code,
    sentence and the day on which it would pass, where one can be told; exit code 1.
    """
    if len(lots) > 8:
        raise Invalid("an account has at most 8 lots", field="lot")
    known = Proof(0)
    for name in proofs:
        known |= PROOF_NAMES[name]
    with open_office(settings()) as office:
        asked = TransferRequest(
            instrument,
            sender,
            receiver,
            parties.units_of(office, by.issuer, instrument, units),
            by.key,
            by.issuer,
            KIND_NAMES[kind],
            known,
            lots,
            Signed(frozenset(signers), frozenset(papers), representative),
        )
        decimals = parties.instrument(office, by.issuer, instrument)[1].decimals
        if by.dry_run:
            done = transfers.ask(office, asked)
        else:
            done = transfers.transfer(office, actor_of(office, by.signer), asked)
    shown = format_units(done.units, decimals)
    document = transfer_document(done) | {"units": shown, "kind": kind, "dry_run": by.dry_run}
    show(document, as_json, transfer_table([(done, shown)]))
    return Outcome.DONE if done.allowed else Outcome.REFUSED


def transfer_document(one: TransferOutcome) -> dict[str, object]:
    """The outcome of a transfer for a program."""
    return {
        "from": one.sender,
        "to": one.receiver,
        "units": one.units,
        "allowed": one.allowed,
        "code": one.code,
        "reason": one.reason,
        "passes_on": one.passes_on,
        "key": one.key,
        "instruction": one.instruction.id if one.instruction else None,
        "transaction": one.instruction.mined_hash if one.instruction else None,
    }


def transfer_table(outcomes: list[tuple[TransferOutcome, str]]) -> Table:
    """Outcomes of transfers for a person, each with its units as text."""
    rows = []
    for one, units in outcomes:
        passed = "accepted" if one.instruction else "would pass; nothing was sent"
        said = passed if one.allowed else f"refused, {one.code}: {one.reason}"
        when = f"would pass on {one.passes_on}" if one.passes_on else ""
        rows.append((one.sender, one.receiver, units, said, when))
    columns = [Column("from"), Column("to"), Column("units", number=True), Column("outcome")]
    return Table("Transfers", [*columns, Column("")], rows)
