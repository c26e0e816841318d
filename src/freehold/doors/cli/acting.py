"""What the commands of acts share: who acts, on what grounds, under which key, and how it is told."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from freehold.core.asset import content_hash
from freehold.core.errors import Invalid
from freehold.core.grounds import Grounds, parse_ground
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended
from freehold.doors.cli.output import Column, Outcome, Table

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
issuer_option = click.option("--issuer", help="The issuer's id, where there are several.")
instrument_option = click.option(
    "--instrument", required=True, help="Class id, symbol or token of the instrument."
)
key_option = click.option(
    "--key",
    help="What makes this act one act: asked again under the same key it is not done again.",
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Ask whether it would be done now; nothing is sent."
)
as_option = click.option(
    "--as",
    "acting",
    type=click.Choice(["agent", "second"]),
    default="agent",
    show_default=True,
    help="Whose key signs: the agent's or the second person's.",
)
_reason_option = click.option(
    "--reason", required=True, help="Why: a code of docs/reference/grounds.md, by number or name."
)
_document_option = click.option(
    "--document",
    required=True,
    type=FILE,
    help="The document behind it; its SHA-256 goes on chain.",
)


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts (`signer`), for which issuer, under which key, and whether it is only tried."""

    issuer: str | None
    key: str
    dry_run: bool
    signer: str


def act_options(command: Command) -> Command:
    """Options that every act has; the command is given them as one `by`."""

    @wraps(command)
    def bundled(
        *args: Any, issuer: str | None, key: str | None, dry_run: bool, acting: str, **more: Any
    ) -> Any:
        return command(*args, by=Acting(issuer, key_or_new(key), dry_run, acting), **more)

    for option in (as_option, dry_run_option, key_option, issuer_option):
        bundled = option(bundled)
    return cast(Command, bundled)


def grounds_options(command: Command) -> Command:
    """Options of an act against somebody's will; the command is given them as `grounds`."""

    @wraps(command)
    def bundled(*args: Any, reason: str, document: Path, **more: Any) -> Any:
        return command(*args, grounds=grounds_of(reason, document), **more)

    return cast(Command, _reason_option(_document_option(bundled)))


def actor_of(office: Office, acting: str) -> Actor:
    """The person behind `--as`."""
    return orders.second(office) if acting == "second" else orders.agent(office)


def grounds_of(reason: str, document: Path) -> Grounds:
    """The code and the document's hash. Raises Invalid."""
    return Grounds(parse_ground(reason), document_hash(document))


def document_hash(document: Path) -> bytes:
    """SHA-256 of a file. Raises Invalid where it cannot be read or is empty."""
    try:
        content = document.read_bytes()
    except OSError as error:
        raise Invalid(f"the document {document} cannot be read: {error.strerror}") from None
    if not content:
        raise Invalid(f"the document {document} is empty", field="document")
    return bytes.fromhex(content_hash(content).removeprefix("sha256:"))


def key_or_new(key: str | None) -> str:
    """The key that was given, or one that nobody has used."""
    return key or secrets.token_hex(8)


def act_document(done: ActOutcome) -> dict[str, Any]:
    """The outcome of an act for a program."""
    return {
        "act": done.act,
        "outcome": str(done.ended),
        "code": done.code,
        "reason": done.reason,
        "key": done.key,
        "actor": done.actor,
        "transactions": [one.mined_hash for one in done.instructions],
        "instructions": [one.id for one in done.instructions],
    }


def act_table(done: ActOutcome, *more: tuple[str, str]) -> Table:
    """The outcome of an act for a person."""
    said = {
        Ended.DONE: "done",
        Ended.TRIED: "would be done; nothing was sent",
        Ended.REFUSED: f"refused, {done.code}" if done.code else "refused",
    }[done.ended]
    rows = [(done.act, said)]
    rows += [("reason", done.reason)] if done.reason else []
    rows += [*more, ("signed by", done.actor), ("key", done.key)]
    rows += [("transaction", str(one.mined_hash)) for one in done.instructions]
    return Table("", [Column("act"), Column("outcome")], rows)


def ended(done: ActOutcome) -> Outcome:
    """What the exit code is made of."""
    return Outcome.REFUSED if done.refused else Outcome.DONE
