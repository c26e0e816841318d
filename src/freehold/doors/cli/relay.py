"""`freehold relay`: sends what holders signed offline, from a file, and says what gas is paid for that."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid, Mistake, NotFound
from freehold.core.ids import InstructionId
from freehold.core.instruction import WORDS
from freehold.core.signed_acts import SignedAct
from freehold.desks import permits
from freehold.desks.office import Office, open_office
from freehold.desks.outbox import relay as desk
from freehold.desks.outbox.relay import Relayed, Terms
from freehold.doors import signed_acts
from freehold.doors.cli.acting import issuer_option
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings
from freehold.doors.signed_acts import Coming
from freehold.wire.relays import CancelSigned, ClaimSigned, TransferSigned, VoteSigned

KINDS: Mapping[str, type[Coming]] = {
    "transfer": TransferSigned,
    "cancel": CancelSigned,
    "claim": ClaimSigned,
    "vote": VoteSigned,
}
OF_A_TOKEN = ("transfer", "cancel")


@dataclass(frozen=True, slots=True)
class Line:
    """One act of a file: its kind, what was signed, the token, the key under which it is sent once."""

    kind: str
    asked: Coming
    token: str
    key: str


@click.group()
def relay() -> None:
    """Send acts that holders signed, from a file; the gas that is paid for that."""


@relay.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def submit(file: Path, as_json: bool) -> Outcome:
    """Send the signed acts in FILE, a JSON list, and wait until they are final.

    Each act is tried first: one that would fail is not sent and costs nothing. The same file again sends
    nothing twice.
    """
    lines = _lines(file)
    with open_office(settings()) as office:
        read = _signed(office, lines)
        sent = [_relayed(office, line, signed) for line, signed in zip(lines, read, strict=True)]
        ids = [one.instruction.id for one in sent if one.instruction]
        ended = {one.id: WORDS[one.state] for one in desk.carried(office, ids)}
    document = [_answer(*pair, ended) for pair in zip(lines, sent, strict=True)]
    rows = [
        (one["act"], one["state"], one["reason"] or "", str(one["gas"]), one["instruction"] or "")
        for one in document
    ]
    columns = [Column("act"), Column("state"), Column("why not")]
    columns += [Column("gas", number=True), Column("instruction")]
    show({"acts": document}, as_json, Table("", columns, rows))
    done = all(one["state"] == "final" for one in document)
    return Outcome.DONE if done else Outcome.REFUSED


@relay.command()
@issuer_option
@click.option("--issuer-gas", type=click.IntRange(min=0), help="Gas a day for all its holders.")
@click.option("--holder-gas", type=click.IntRange(min=0), help="Gas a day for one holder.")
@json_option
def budgets(
    issuer: str | None, issuer_gas: int | None, holder_gas: int | None, as_json: bool
) -> None:
    """How much gas a day is paid for an issuer's holders; with an option, set it. 0 pays for none."""
    with open_office(settings()) as office:
        found = desk.terms(office, permits.operator(), issuer)
        if issuer_gas is not None or holder_gas is not None:
            whole = found.issuer_gas if issuer_gas is None else issuer_gas
            each = found.holder_gas if holder_gas is None else holder_gas
            found = desk.set_budgets(office, permits.operator(), found.issuer, whole, each)
    _show_budgets(found, as_json)


@relay.command()
@issuer_option
@click.option(
    "--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="So many at most."
)
@json_option
def status(issuer: str | None, limit: int, as_json: bool) -> None:
    """What was relayed for an issuer's holders, the newest first, and how each act stands."""
    with open_office(settings()) as office:
        found = desk.listed(office, permits.keyholder(), issuer, limit)
    document = [
        {
            "act": one.act.kind,
            "holder": one.holder,
            "state": one.state,
            "gas": one.act.gas,
            "at": stamp(one.act.at),
            "instruction": one.act.instruction,
            "digest": one.act.digest,
        }
        for one in found
    ]
    names = ("act", "holder", "state", "gas", "at", "instruction")
    rows = [tuple(str(one[name]) for name in names) for one in document]
    columns = [Column(name, number=name == "gas") for name in names]
    show({"relayed": document}, as_json, Table("", columns, rows))


def _show_budgets(found: Terms, as_json: bool) -> None:
    document = {
        "issuer": found.issuer,
        "issuer_gas": found.issuer_gas,
        "holder_gas": found.holder_gas,
        "spent": found.spent,
    }
    row = [found.issuer, *(f"{document[name]:,}" for name in ("issuer_gas", "holder_gas", "spent"))]
    heads = ("gas a day for all holders", "for one holder", "spent in 24 hours")
    columns = [Column("issuer"), *(Column(name, number=True) for name in heads)]
    show(document, as_json, Table("", columns, [row]))


# ---- the file ------------------------------------------------------------------------------------


def _lines(file: Path) -> list[Line]:
    """The acts of a file. Raises Invalid with every mistake and its place."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError) as fault:
        raise Invalid(f"{file} is no JSON: {fault}") from None
    listed: list[Any] = found if isinstance(found, list) else [found]
    mistakes: list[Mistake] = []
    lines = [_line(number, one, mistakes) for number, one in enumerate(listed, 1)]
    if not listed:
        mistakes.append(Mistake("acts", "there is none"))
    if mistakes:
        raise Invalid(f"the signed acts in {file} cannot be read", mistakes)
    return [one for one in lines if one]


def _line(number: int, one: Any, mistakes: list[Mistake]) -> Line | None:
    place = f"acts.{number}"
    if not isinstance(one, dict) or one.get("act") not in KINDS:
        said = f"write an object with `act`, one of {', '.join(KINDS)}"
        mistakes.append(Mistake(f"{place}.act", said))
        return None
    kind, token = str(one["act"]), one.get("token", "")
    given = {name: value for name, value in one.items() if name not in ("act", "token")}
    before = len(mistakes)
    if kind in OF_A_TOKEN and not re.fullmatch(r"0x[0-9a-fA-F]{40}", str(token)):
        said = "write the address of the instrument's token: 0x and 40 hexadecimal digits"
        mistakes.append(Mistake(f"{place}.token", said))
    try:
        asked = KINDS[kind].model_validate(given)
    except ValidationError as fault:
        mistakes += [
            Mistake(".".join([place, *map(str, each["loc"])]), each["msg"])
            for each in fault.errors()
        ]
        return None
    words = json.dumps(one, sort_keys=True).encode()
    key = f"file-{hashlib.sha256(words).hexdigest()}"
    return None if len(mistakes) > before else Line(kind, asked, token, key)


def _signed(office: Office, lines: Sequence[Line]) -> list[SignedAct]:
    """What each line signs. Raises Invalid with every mistake, before anything is sent."""
    read: list[SignedAct] = []
    mistakes: list[Mistake] = []
    for number, line in enumerate(lines, 1):
        try:
            found = signed_acts.read(office, permits.keyholder(), line.asked, line.token)
            read.append(found)
        except Invalid as fault:
            mistakes += fault.mistakes or [Mistake(f"acts.{number}", fault.message)]
    if mistakes:
        raise Invalid("these signed acts cannot be sent", mistakes)
    return read


def _relayed(office: Office, line: Line, signed: SignedAct) -> Relayed:
    """One act sent, or why not: what was relayed before is not sent again, and the others go on."""
    try:
        return desk.relay(office, permits.keyholder(), signed, line.asked.signature, line.key)
    except (Conflict, NotFound, Invalid) as fault:
        return Relayed(0, fault.message, None)


def _answer(line: Line, sent: Relayed, ended: Mapping[InstructionId, str]) -> dict[str, Any]:
    id = sent.instruction.id if sent.instruction else None
    return {
        "act": line.kind,
        "state": ended[id] if id else "not sent",
        "instruction": id,
        "gas": sent.gas,
        "code": sent.code or None,
        "reason": sent.reason or None,
    }
