"""`freehold person`: who somebody is, what class follows from claims, and the account in the register."""

import tomllib
from pathlib import Path

import click

from freehold.core.clock import parse_day
from freehold.core.errors import Invalid
from freehold.core.holder import HolderKind, Particulars
from freehold.core.identifiers import parse_address
from freehold.desks.office import open_office
from freehold.desks.onboarding import erasing, onboarding
from freehold.desks.onboarding.onboarding import PersonFile
from freehold.doors.cli.onboard import (
    FILE,
    claim_table,
    issuer_option,
    policy_option,
    scheme,
    standing_document,
    standing_tables,
)
from freehold.doors.cli.output import Column, Outcome, Table, json_option, plain, show
from freehold.doors.cli.settings import settings


@click.group()
def person() -> None:
    """Persons: record them, class them by their claims, admit them, erase them."""


@person.command()
@click.option("--id", "id_", help="An id of your own; random if left out, so that it says nothing.")
@click.option(
    "--file", type=FILE, help="TOML with the same fields, to keep names out of histories."
)
@click.option("--name", help="The name; it stays in the book, sealed.")
@click.option(
    "--kind", type=click.Choice(list(HolderKind)), help="What it is; a natural person if left out."
)
@click.option("--born", help="Date of birth, or of formation (1980-02-29).")
@click.option("--residence", help="Where he says he lives: ISO 3166-1 alpha-2.")
@click.option(
    "--citizenship", "citizenships", multiple=True, help="A citizenship; may be repeated."
)
@click.option("--alias", "aliases", multiple=True, help="Another name; may be repeated.")
@click.option("--address", help="Postal address.")
@click.option("--email", help="Address for mail.")
@click.option("--tax-id", help="Tax number.")
@json_option
def add(id_: str | None, file: Path | None, as_json: bool, **given: object) -> None:
    """Record a person. What a person states here is not shown yet: claims show it."""
    stated: dict[str, object] = _from_file(file) if file else {}
    stated |= {name: value for name, value in given.items() if value}
    with open_office(settings()) as office:
        made = onboarding.add_person(office, stated, id_)
    show({"person": made.id}, as_json, Table("", [Column("person")], [(made.id,)]))


@person.command("show")
@click.argument("person_id", metavar="PERSON")
@policy_option()
@json_option
def show_one(person_id: str, policy_file: Path | None, as_json: bool) -> None:
    """All that is known of a person: particulars, claims, wallets, standing."""
    with open_office(settings()) as office:
        found = onboarding.person_file(office, person_id, scheme(policy_file))
    known = found.particulars
    states = {one: str(state) for one, state in found.states.items()}
    document = {
        "person": found.person.id,
        "kind": str(found.person.kind),
        "erased_at": found.person.erased_at,
        "particulars": _particulars(known) if known else None,
        "claims": [
            {**plain(one), "state": states[one.id], "why_not": found.why_not[one.id]}
            for one in found.claims
        ],
        "wallets": [{"issuer": one.issuer, "wallet": one.wallet} for one in found.wallets],
        "standing": standing_document(found.standing) if found.standing else None,
    }
    show(document, as_json, *_tables(found, states))


@person.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Everybody, with names where they can still be read."""
    with open_office(settings()) as office:
        everybody = onboarding.list_persons(office)
    rows = [
        (one.id, str(one.kind), known.name if known else "erased", str(one.erased_at or ""))
        for one, known in everybody
    ]
    document = {
        "persons": [
            {"person": one.id, "kind": str(one.kind), "name": known.name if known else None,
             "erased_at": one.erased_at}
            for one, known in everybody
        ]
    }  # fmt: skip
    columns = [Column(name) for name in ("person", "kind", "name", "erased")]
    show(document, as_json, Table("Persons", columns, rows))


@person.command()
@click.argument("person_id", metavar="PERSON")
@click.option("--yes", is_flag=True, help="Yes, for ever: nothing brings the data back.")
@json_option
def erase(person_id: str, yes: bool, as_json: bool) -> None:
    """Make what is written of a person, or of a holder, unreadable for ever; register facts stay."""
    if not yes:
        raise Invalid("erasing cannot be undone: say --yes if it is meant", field="yes")
    with open_office(settings()) as office:
        done = erasing.erase_person(office, person_id)
    erased_at = done.person.erased_at if done.person else None
    document = {"person": done.id, "erased_at": erased_at, "registers": list(done.registers)}
    columns = [Column("person"), Column("erased"), Column("registers")]
    rows = [(done.id, str(erased_at or "yes"), ", ".join(done.registers))]
    show(document, as_json, Table("", columns, rows))


@person.command()
@click.argument("person_id", metavar="PERSON")
@policy_option()
@click.option("--on", "on_day", help="As of a day (2026-11-22); today on the chain if left out.")
@json_option
def classify(
    person_id: str, policy_file: Path | None, on_day: str | None, as_json: bool
) -> Outcome:
    """The class that a person's claims give on a day, why, and until when. Exit code 1: none."""
    day = parse_day(on_day, "on") if on_day else None
    with open_office(settings()) as office:
        found = onboarding.classify(office, person_id, scheme(policy_file), day)
    show(standing_document(found), as_json, *standing_tables(found))
    return Outcome.DONE if found.admitted else Outcome.REFUSED


@person.command()
@click.argument("person_id", metavar="PERSON")
@click.option("--wallet", help="The person's own wallet; left out, the agent keeps a key.")
@issuer_option
@policy_option()
@json_option
def admit(
    person_id: str,
    wallet: str | None,
    issuer: str | None,
    policy_file: Path | None,
    as_json: bool,
) -> Outcome:
    """Open an account in the class that claims give. Exit code 1 where no class takes the person."""
    address = parse_address(wallet) if wallet else None
    with open_office(settings()) as office:
        done = onboarding.admit(office, issuer, person_id, address, scheme(policy_file))
    document = {
        "person": person_id,
        "admitted": done.allowed,
        "wallet": done.wallet,
        "commitment": done.commitment,
        "transaction": done.instruction.mined_hash if done.instruction else None,
        "standing": standing_document(done.standing),
    }
    account = Table(
        "", [Column("wallet"), Column("commitment")], [(done.wallet or "", done.commitment)]
    )
    shown = [account] if done.allowed else []
    show(document, as_json, *shown, *standing_tables(done.standing))
    return Outcome.DONE if done.allowed else Outcome.REFUSED


@person.command()
@click.argument("person_id", metavar="[PERSON]", required=False)
@issuer_option
@policy_option()
@click.option("--change", is_flag=True, help="Class everybody by another policy from now on.")
@json_option
def refresh(
    person_id: str | None,
    issuer: str | None,
    policy_file: Path | None,
    change: bool,
    as_json: bool,
) -> None:
    """Bring the register to what claims say today: of one person, or of everybody."""
    with open_office(settings()) as office:
        pushed = onboarding.refresh(office, issuer, person_id, scheme(policy_file), change=change)
    document = {
        "changed": [
            {"wallet": one.wallet, "transaction": one.instruction.mined_hash,
             "standing": standing_document(one.standing)}
            for one in pushed
        ]
    }  # fmt: skip
    rows = [
        (one.standing.person, str(one.wallet), one.standing.class_name or "no class")
        for one in pushed
    ]
    columns = [Column("person"), Column("wallet"), Column("class")]
    show(document, as_json, Table(f"{len(rows)} changed", columns, rows))


@person.command("rotate-key")
@json_option
def rotate_key(as_json: bool) -> None:
    """Wrap every person's key with a new key of the office; the data itself stays as it is."""
    with open_office(settings()) as office:
        count = erasing.rotate_key(office)
    show(
        {"wrapped": count}, as_json, Table("", [Column("keys wrapped anew", True)], [(str(count),)])
    )


def _from_file(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise Invalid(f"{file} is no TOML: {wrong}", file=str(file)) from None


def _particulars(known: Particulars) -> dict[str, object]:
    return {name: getattr(known, name) for name in Particulars.__dataclass_fields__} | {
        "kind": str(known.kind)
    }


def _tables(found: PersonFile, states: dict[str, str]) -> list[Table]:
    known = found.particulars
    if known is None:
        title = f"{found.person.id}: erased on {found.person.erased_at:%Y-%m-%d}"
        rows = [(one.issuer, str(one.wallet)) for one in found.wallets]
        return [Table(title, [Column("issuer"), Column("wallet")], rows)]
    lines = [(name, str(value)) for name, value in plain(_particulars(known)).items() if value]
    head = Table(found.person.id, [Column("field"), Column("value")], lines)
    standing = standing_tables(found.standing) if found.standing else []
    return [head, claim_table(found.claims, states), *standing]
