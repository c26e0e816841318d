"""`freehold asset`: the record of a real thing, its id, and its title on the ledger."""

import tomllib
from pathlib import Path

import click

from freehold.core import asset as records
from freehold.core.asset import AssetRecord, Document
from freehold.core.errors import Invalid
from freehold.desks.office import open_office
from freehold.desks.securities import assets
from freehold.doors.cli.output import Column, Table, json_option, show
from freehold.doors.cli.settings import settings

RECORD = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def asset() -> None:
    """Record real things: check a record, compute its id, issue its title."""


@asset.command()
@click.argument("record", type=RECORD)
@json_option
def check(record: Path, as_json: bool) -> None:
    """Check an asset record (TOML) and compute its id, touching no ledger."""
    found = read_record(record)
    _show(found, as_json)


@asset.command()
@click.argument("record", type=RECORD)
@click.option("--issuer", help="The issuer's id, where there are several.")
@json_option
def tokenise(record: Path, issuer: str | None, as_json: bool) -> None:
    """Issue the title of a thing to its issuer's own account, with its documents."""
    found = read_record(record)
    with open_office(settings()) as office:
        assets.issue_title(office, issuer, found)
    _show(found, as_json)


@asset.command("list")
@click.option("--issuer", help="The issuer's id, where there are several.")
@json_option
def list_(issuer: str | None, as_json: bool) -> None:
    """The titles of an issuer: who holds them and what stands against them."""
    with open_office(settings()) as office:
        found = assets.titles(office, issuer)
    rows = [(one.name, one.kind, one.id, one.owner, str(one.units_against)) for one in found]
    columns = [Column("name"), Column("kind"), Column("id"), Column("holder")]
    columns.append(Column("units against it", number=True))
    show({"assets": found}, as_json, Table("Assets", columns, rows))


def read_record(file: Path) -> AssetRecord:
    """An asset record from TOML; documents are files beside it, hashed now.

    `kind`, `name`, the fields of the kind, and [[document]] with `name`, `file` and optional `uri`,
    `media_type`. Raises Invalid.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} is not TOML: {error}") from None
    listed = content.pop("document", [])
    documents = [_document(file, one, listed[:number]) for number, one in enumerate(listed)]
    kind, name = str(content.pop("kind", "")), str(content.pop("name", ""))
    return records.asset_record(
        kind, name, {key: str(value) for key, value in content.items()}, documents
    )


def _document(record: Path, content: dict[str, str], earlier: list[dict[str, str]]) -> Document:
    if not isinstance(content, dict) or not {"name", "file"} <= content.keys():
        raise Invalid(f"a [[document]] in {record} needs a name and a file")
    place = record.parent / content["file"]
    try:
        digest = records.content_hash(place.read_bytes())
    except OSError as error:
        raise Invalid(f"the document {place} cannot be read: {error.strerror}") from None
    version = 1 + sum(one.get("name") == content["name"] for one in earlier)
    media_type = content.get("media_type", "application/pdf")
    return Document(content["name"], version, digest, content.get("uri", ""), media_type)


def _show(found: AssetRecord, as_json: bool) -> None:
    rows = [("id", records.asset_id(found)), ("kind", str(found.kind)), ("name", found.name)]
    rows += list(found.facts.items())
    rows += [(f"document {one.name} {one.version}", one.content) for one in found.documents]
    document = {"id": records.asset_id(found), "record": records.as_json(found)}
    show(document, as_json, Table("", [Column("field"), Column("value")], rows))
