"""`freehold approvals`: acts that two persons agree to, proposed and decided by people with API keys.

The home's owner alone is nobody here: each person proves who he is with an API key of his own, in a
file. Every command answers with the document that the API would give.
"""

from pathlib import Path
from typing import Any

import click

from freehold.core.approvals import Difference, State
from freehold.core.errors import Invalid, NotPermitted
from freehold.core.grounds import Grounds
from freehold.desks.access import sessions
from freehold.desks.approvals import approvals as desk
from freehold.desks.approvals import ruling
from freehold.desks.approvals.approvals import ProposalView, ProposeRequest
from freehold.desks.office import Office, open_office
from freehold.desks.permits import Actor
from freehold.doors.api.approvals import approval, rules, tried
from freehold.doors.cli.acting import FILE, grounds_of, key_or_new
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings

key_of = click.option(
    "--key-file", required=True, type=FILE, help="A file with the API key of whoever acts."
)
seen_option = click.option(
    "--seen",
    required=True,
    help="The digest of the difference that was seen; `show` prints it.",
)


@click.group()
def approvals() -> None:
    """Acts that two persons agree to: propose, see what would change, approve, decline."""


@approvals.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([one.lower().replace("_", "-") for one in State]),
    help="Only proposals in this state; may be given several times.",
)
@click.option(
    "--limit", type=click.IntRange(1, 500), default=100, show_default=True, help="At most."
)
@key_of
@json_option
def list_(states: tuple[str, ...], limit: int, key_file: Path, as_json: bool) -> None:
    """The last proposals, the newest first."""
    wanted = [State(one.upper().replace("-", "_")) for one in states]
    with open_office(settings()) as office:
        who = person_of(office, key_file)
        found = desk.proposals(office, who, wanted, None, limit)
    rows = [
        (
            one.proposal.id,
            one.title,
            one.state.lower().replace("_", " "),
            one.proposal.act.amount or "",
            one.proposer,
            "yes" if one.may_decide else "",
        )
        for one in found
    ]
    names = ("id", "act", "state", "amount", "proposed by", "waits for you")
    table = Table("Approvals", [Column(name) for name in names], rows)
    show({"items": [_document(one) for one in found]}, as_json, table)


@approvals.command("show")
@click.argument("id")
@key_of
@json_option
def show_(id: str, key_file: Path, as_json: bool) -> None:
    """One proposal with what it would change."""
    with open_office(settings()) as office:
        found = desk.proposal(office, person_of(office, key_file), id)
    _show(found, as_json)


@approvals.command("rules")
@click.option("--issuer", help="The issuer's id, where there are several.")
@key_of
@json_option
def rules_(issuer: str | None, key_file: Path, as_json: bool) -> None:
    """Which act needs how many persons, and who may be the second one."""
    with open_office(settings()) as office:
        found = rules(ruling.table(office, person_of(office, key_file), issuer))
    rows = [
        (
            one.act,
            one.named or "any",
            _amounts(one.above, one.up_to),
            str(one.persons),
            ", ".join(one.approvers if one.persons > 1 else []),
        )
        for one in found.items
    ]
    names = ("act", "for", "amount", "persons", "who may approve")
    title = f"Approval rules of {found.issuer}; a proposal lapses after {found.hours} hours"
    table = Table(title, [Column(name) for name in names], rows)
    show(found.model_dump(mode="json"), as_json, table)


@approvals.command()
@click.argument("kind")
@click.argument("arguments", nargs=-1, metavar="[NAME=TEXT]...")
@click.option("--issuer", help="The issuer's id, where there are several.")
@click.option("--reason", help="Why: a code of docs/reference/grounds.md, by number or name.")
@click.option("--document", type=FILE, help="The document behind it; its SHA-256 goes on chain.")
@click.option("--reference", default="", help="A file or case number.")
@click.option("--key", help="What makes this one proposal: asked again, it is not made again.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@key_of
@json_option
def propose(
    kind: str,
    arguments: tuple[str, ...],
    issuer: str | None,
    reason: str | None,
    document: Path | None,
    reference: str,
    key: str | None,
    dry_run: bool,
    key_file: Path,
    as_json: bool,
) -> Outcome:
    """Propose an act of a KIND (issue, freeze, force-transfer, recovery, ...); @FILE reads a text."""
    texts = dict(_argument(one) for one in arguments)
    grounds = _grounds(reason, document)
    asked = ProposeRequest(kind, texts, key_or_new(key), issuer, grounds, reference)
    with open_office(settings()) as office:
        who = person_of(office, key_file)
        if dry_run:
            found = desk.dry_run(office, who, asked)
            answer = tried(found).model_dump(mode="json")
            show(answer, as_json, Table(found.reason, _columns(), _rows(found.difference)))
            return Outcome.REFUSED if found.refused else Outcome.DONE
        made = desk.propose(office, who, asked)
        if made.proposal is None:
            refused = tried(made.tried).model_dump(mode="json")
            told = [(made.tried.reason, str(made.tried.code))]
            show(refused, as_json, Table("", [Column("refused"), Column("code")], told))
            return Outcome.REFUSED
        view = desk.proposal(office, who, made.proposal.id)
    _show(view, as_json)
    return Outcome.DONE


@approvals.command()
@click.argument("id")
@seen_option
@click.option("--note", default="", help="For the audit log.")
@key_of
@json_option
def approve(id: str, seen: str, note: str, key_file: Path, as_json: bool) -> None:
    """Approve what somebody else proposed; the worker of `freehold serve` carries it out."""
    with open_office(settings()) as office:
        who = person_of(office, key_file)
        desk.approve(office, who, id, seen, note)
        found = desk.proposal(office, who, id)
    _show(found, as_json)


@approvals.command()
@click.argument("id")
@click.option("--note", required=True, help="Why; for the audit log.")
@key_of
@json_option
def decline(id: str, note: str, key_file: Path, as_json: bool) -> None:
    """Decline what somebody else proposed."""
    with open_office(settings()) as office:
        who = person_of(office, key_file)
        desk.decline(office, who, id, note)
        found = desk.proposal(office, who, id)
    _show(found, as_json)


@approvals.command()
@click.argument("id")
@key_of
@json_option
def withdraw(id: str, key_file: Path, as_json: bool) -> None:
    """Take back what one proposed oneself."""
    with open_office(settings()) as office:
        who = person_of(office, key_file)
        desk.withdraw(office, who, id)
        found = desk.proposal(office, who, id)
    _show(found, as_json)


@approvals.command("break-glass")
@click.argument("id")
@seen_option
@click.option("--reason", required=True, help="Why one person has to act alone; it is announced.")
@key_of
@json_option
def break_glass(id: str, seen: str, reason: str, key_file: Path, as_json: bool) -> None:
    """Approve alone; it is logged and announced to everybody concerned."""
    with open_office(settings()) as office:
        who = person_of(office, key_file)
        desk.break_glass(office, who, id, seen, reason)
        found = desk.proposal(office, who, id)
    _show(found, as_json)


def person_of(office: Office, key_file: Path) -> Actor:
    """The person behind the API key. Raises NotPermitted."""
    found = sessions.actor_of_key(office, key_file.read_text(encoding="utf-8").strip())
    if found is None:
        raise NotPermitted("this API key is unknown, ended or expired: make another one")
    return found


def _amounts(above: str | None, up_to: str | None) -> str:
    if up_to is not None:
        return f"up to {up_to}"
    return "any" if above is None else f"above {above}"


def _argument(text: str) -> tuple[str, str]:
    name, given, value = text.partition("=")
    if not given or not name:
        raise Invalid(f"{text[:64]!r} is no NAME=TEXT", field="arguments")
    if value.startswith("@"):
        try:
            return name, Path(value[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise Invalid(f"{value[1:]} cannot be read: {fault}", field=name) from None
    return name, value


def _grounds(reason: str | None, document: Path | None) -> Grounds | None:
    if reason is None and document is None:
        return None
    if reason is None or document is None:
        raise Invalid("a ground has both --reason and --document", field="reason")
    return grounds_of(reason, document)


def _rows(found: Difference) -> list[tuple[str, ...]]:
    return [(one.subject, one.record, one.before, one.after, one.by) for one in found.changes]


def _columns() -> list[Column]:
    return [Column(name) for name in ("holder", "record", "before", "after", "change")]


def _document(view: ProposalView) -> dict[str, Any]:
    return approval(view).model_dump(mode="json")


def _show(view: ProposalView, as_json: bool) -> None:
    found = view.proposal.difference
    state = view.state.lower().replace("_", " ")
    title = f"{view.title}, {state}, {view.proposal.id}\nseen: {found.digest}"
    show(_document(view), as_json, Table(title, _columns(), _rows(found)))
