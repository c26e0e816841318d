"""`freehold attest`: what a registrar vouches for, written, signed away from the chain, brought there."""

import json
import secrets
from pathlib import Path

import click

from freehold.core.attestation import (
    ATTESTABLE,
    Attestation,
    message_json,
    read_message,
    read_signed,
    typed_data,
)
from freehold.core.attestation import (
    as_json as signed_json,
)
from freehold.core.clock import parse
from freehold.core.errors import Invalid
from freehold.core.evidence import Fact, read_fact
from freehold.core.facts import Kind, Proof
from freehold.core.identifiers import parse_address
from freehold.desks.office import open_keys, open_office
from freehold.desks.onboarding import attestations
from freehold.desks.onboarding.attestations import Stated, Transfer
from freehold.doors.cli.onboard import FILE, issuer_option, policy_option, read_json, scheme
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings

KINDS = {kind.name.lower().replace("_", "-"): kind for kind in Kind if kind in ATTESTABLE}
PROOFS = {(proof.name or "").lower().replace("_", "-"): proof for proof in Proof}
OUT = click.Path(dir_okay=False, path_type=Path)
deadline_option = click.option(
    "--deadline", required=True, help="Until when it may be brought (2026-12-01T00:00:00Z)."
)
out_option = click.option("--out", type=OUT, required=True, help="The file to write.")


@click.group()
def attest() -> None:
    """Attestations of a registrar: state facts, sign them anywhere, let anybody submit them."""


@attest.command("facts")
@click.argument("person")
@click.option("--wallet", required=True, help="The wallet whose facts are stated.")
@deadline_option
@out_option
@issuer_option
@policy_option()
@json_option
def state_facts(
    person: str,
    wallet: str,
    deadline: str,
    out: Path,
    issuer: str | None,
    policy_file: Path | None,
    as_json: bool,
) -> Outcome:
    """Write the facts of a PERSON's wallet for a registrar to sign. Exit code 1: no class takes him."""
    until, address = parse(deadline, "deadline"), parse_address(wallet)
    with open_office(settings()) as office:
        stated = attestations.state(office, issuer, person, address, until, scheme(policy_file))
    return _write(stated, out, as_json)


@attest.command()
@click.argument("instrument")
@click.argument("sender")
@click.argument("receiver")
@click.argument("units", type=int)
@click.option("--kind", type=click.Choice(list(KINDS)), default="sale", help="What it is.")
@click.option(
    "--proof", "proofs", multiple=True, type=click.Choice(list(PROOFS)), help="What was proved."
)
@click.option(
    "--fact",
    "stated",
    multiple=True,
    metavar="NAME=VALUE",
    help="What the policy's gate asks (offshore_transaction=yes); may be repeated.",
)
@deadline_option
@out_option
@issuer_option
@click.option("--key", help="Names the transfer, once; random if left out.")
@json_option
def passage(
    instrument: str,
    sender: str,
    receiver: str,
    units: int,
    kind: str,
    proofs: tuple[str, ...],
    stated: tuple[str, ...],
    deadline: str,
    out: Path,
    issuer: str | None,
    key: str | None,
    as_json: bool,
) -> Outcome:
    """Write one transfer of base UNITS between two wallets for a registrar to sign.

    Exit code 1, with the code, where the rules would refuse it.
    """
    proved = sum((PROOFS[one] for one in proofs), Proof(0))
    wallets = parse_address(sender, "sender"), parse_address(receiver, "receiver")
    asked = Transfer(
        instrument, *wallets, units, KINDS[kind], Proof(proved), key or secrets.token_hex(8)
    )
    facts = read_facts(stated)
    with open_office(settings()) as office:
        found = attestations.passage(office, issuer, asked, parse(deadline, "deadline"), facts)
    return _write(found, out, as_json)


@attest.command()
@click.argument("file", type=FILE)
@out_option
@json_option
def sign(file: Path, out: Path, as_json: bool) -> None:
    """Sign what FILE states, with the signer of the settings; needs no ledger and no book."""
    message = read_message(read_json(file))
    keys = open_keys(settings())
    signed = attestations.sign(keys.agent, message)
    out.write_text(json.dumps(signed_json(signed), indent=2) + "\n")
    rows = [(str(out), str(signed.registrar))]
    show({"file": out, "registrar": signed.registrar}, as_json,
         Table("", [Column("file"), Column("registrar")], rows))  # fmt: skip


@attest.command()
@click.argument("file", type=FILE)
@json_option
def submit(file: Path, as_json: bool) -> None:
    """Bring a signed FILE to its contract; anybody may, with any key that can pay for it."""
    signed = read_signed(read_json(file))
    with open_office(settings()) as office:
        done = attestations.submit(office, signed)
    document = {"transaction": done.mined_hash, "block": done.mined_block, "sender": done.sender}
    rows = [(str(done.mined_hash), str(done.mined_block))]
    show(document, as_json, Table("", [Column("transaction"), Column("block", True)], rows))


def read_facts(texts: tuple[str, ...]) -> dict[str, Fact]:
    """Facts as `name=value`: yes, no, a day, a number, or a word. Raises Invalid."""
    facts: dict[str, Fact] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier() or not value:
            raise Invalid(f"--fact {text!r} is not NAME=VALUE", field="fact")
        facts[name] = read_fact(value)
    return facts


def _write(stated: Stated, out: Path, as_json: bool) -> Outcome:
    if stated.message is None:
        lacking = list(stated.missing)
        document = {"code": stated.code, "reason": stated.reason, "missing": lacking}
        columns = [Column("code", True), Column("reason"), Column("missing facts")]
        rows = [(str(stated.code), stated.reason, ", ".join(lacking))]
        show(document, as_json, Table("", columns, rows))
        return Outcome.REFUSED
    content = message_json(stated.message) | {"typed_data": typed_data(stated.message)}
    out.write_text(json.dumps(content, indent=2) + "\n")
    what = "attestation" if isinstance(stated.message, Attestation) else "passage"
    columns = [Column("file"), Column("to be signed")]
    show({"file": out, "kind": what}, as_json, Table("", columns, [(str(out), what)]))
    return Outcome.DONE
