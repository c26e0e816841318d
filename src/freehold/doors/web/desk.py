"""Pages of the transfer agent's desk: control and records, and each holder's file."""

import secrets
from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from freehold.core.clock import parse_day, stamp
from freehold.core.errors import Conflict, Invalid, NotFound, PlatformError
from freehold.core.restraints import RestraintKind
from freehold.core.roles import EVERYWHERE, Power
from freehold.core.takeover import LEGENDS
from freehold.desks import notices, parties, permits
from freehold.desks.agent import (
    controls,
    holder_files,
    recordkeeping,
    registrations,
    restraints,
)
from freehold.desks.agent.restraints import PlaceRequest
from freehold.desks.onboarding import holders
from freehold.desks.register.reports import csv_text
from freehold.desks.rules import restraining
from freehold.desks.servicing import reconciling
from freehold.doors.api.papers import CSV, PDF, file_of
from freehold.doors.papers import control as control_paper
from freehold.doors.web.listing import Column, choosing, finding, from_rows, show
from freehold.doors.web.visits import Form, Visit, go, issuer_of, issuers_of, see

SHOWN = 60
HOLDERS = (
    Column("holder", "Holder", lambda one: (one.name or "").casefold(), lambda one: one.name or ""),
    Column("id", text=lambda one: one.id),
    Column("kind", "Kind", lambda one: one.kind, lambda one: one.kind),
    Column(
        "account", "Account", lambda one: one.account, lambda one: str(one.account), number=True
    ),
    Column("held", "Held under", text=lambda one: _custody(one)),
    Column("wallet", "Wallet", text=lambda one: one.wallet),
)


def _custody(one: Any) -> str:
    return "agent" if one.kept_by_agent else "own"


_CUSTODY = choosing("held", "Held under", (("agent", "Book entry"), ("own", "Own key")), _custody)


def overview(visit: Visit) -> Response:
    """The control report, what lies there to be done, letters that came back, and every holder."""
    return shown(visit)


def control(visit: Visit, form: Form) -> Response:
    """Make a control report now."""
    issuer = form.get("issuer") or None
    controls.report_as(visit.office, visit.who, issuer)
    return go("/desk")


def kept_report(visit: Visit) -> Response:
    """A control report of the past."""
    found = controls.kept(visit.office, visit.who, _number(visit))
    return see(visit, "control.html", report=found.content, kept=found)


def report_csv(visit: Visit) -> Response:
    """A control report of the past as CSV."""
    one = controls.kept(visit.office, visit.who, _number(visit))
    return file_of(control_paper.as_csv(one.content), CSV, f"control-{one.day}.csv")


def report_pdf(visit: Visit) -> Response:
    """A control report of the past as PDF."""
    one = controls.kept(visit.office, visit.who, _number(visit))
    return file_of(control_paper.as_pdf(one.content), PDF, f"control-{one.day}.pdf")


def _number(visit: Visit) -> int:
    permits.require(visit.who, Power.READ_FILES)
    text = visit.path("number")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise NotFound("there is no such report")
    return int(text)


def file(visit: Visit) -> Response:
    """A holder's file."""
    return file_with(visit)


def timeline_csv(visit: Visit) -> Response:
    """All that happened to a holder, as CSV."""
    issuer, holder = visit.path("issuer"), visit.path("holder")
    story = holder_files.of_holder(visit.office, visit.who, issuer, holder)
    columns = ("at", "source", "what", "detail", "by", "evidence", "transaction", "refused", "code")
    rows = [
        (
            stamp(one.at), one.source, one.what, one.detail, one.by, one.evidence, one.transaction,
            "yes" if one.refused else "", str(one.code or ""),
        )
        for one in story.timeline
    ]  # fmt: skip
    return file_of(csv_text(columns, rows), CSV, f"timeline-{story.holder}.csv")


def register(visit: Visit, form: Form) -> Response:
    """Write how a holder's units are registered; parties stand one on a line."""

    def done(issuer: str, holder: str) -> None:
        given = {"form": form.get("form"), "parties": _parties(form.get("parties", ""))}
        given |= {"quorum": form.get("quorum") or None}
        registrations.register(visit.office, visit.who, issuer, holder, given)

    return acted(visit, done, "registration", form)


def address(visit: Visit, form: Form) -> Response:
    """Change a holder's address, or end the hold after a change."""

    def done(issuer: str, holder: str) -> None:
        if form.get("lift"):
            registrations.lift_hold(visit.office, visit.who, issuer, holder)
            return
        lines = form.get("lines", "").replace("\r", "").split("\n")
        mailbox = form.get("mailbox") or None
        registrations.move(visit.office, visit.who, issuer, holder, lines, mailbox)

    return acted(visit, done, "address", form)


def paper(visit: Visit, form: Form) -> Response:
    """Note that a paper was seen."""

    def done(issuer: str, holder: str) -> None:
        dated = parse_day(form.get("dated", ""), "dated")
        document = form.get("document", "")
        kind = form.get("paper", "")
        registrations.file_paper(visit.office, visit.who, issuer, holder, kind, dated, document)

    return acted(visit, done, "paper", form)


def restrain(visit: Visit, form: Form) -> Response:
    """Place a stop, claim, pledge or lien."""

    def done(issuer: str, holder: str) -> None:
        kind = form.get("kind", "")
        if kind not in list(RestraintKind):
            raise Invalid(f"kind is none of {', '.join(RestraintKind)}", field="kind")
        asked = PlaceRequest(
            holder,
            RestraintKind(kind),
            form.get("document", ""),
            form.get("in_favour", ""),
            form.get("words", ""),
            form.get("instrument") or None,
            form.get("units") or None,
            issuer=issuer,
            until=parse_day(form["until"], "until") if form.get("until") else None,
        )
        restraints.place(visit.office, visit.who, asked)

    return acted(visit, done, "restraint", form)


def release(visit: Visit, form: Form) -> Response:
    """Release a restraint on a paper."""

    def done(issuer: str, holder: str) -> None:
        id, document = form.get("restraint", ""), form.get("document", "")
        restraints.release(visit.office, visit.who, id, document)

    return acted(visit, done, "release", form)


def notice(visit: Visit, form: Form) -> Response:
    """The claimant was told: the period of the claim begins."""

    def done(issuer: str, holder: str) -> None:
        restraints.give_notice(visit.office, visit.who, form.get("restraint", ""))

    return acted(visit, done, "release", form)


def acted(visit: Visit, done: Callable[[str, str], None], place: str, form: Form) -> Response:
    """Do it and show the file anew; what is wrong stands above the form, which keeps what was typed."""
    permits.require(visit.who, Power.KEEP_FILES)
    issuer, holder = visit.path("issuer"), visit.path("holder")
    try:
        done(issuer, holder)
    except (Invalid, Conflict, NotFound) as fault:
        return file_with(visit, place, fault, form)
    return go(f"/files/{issuer}/{holder}#{place}")


def file_with(
    visit: Visit,
    place: str = "",
    fault: PlatformError | None = None,
    form: Form | None = None,
    link: str = "",
) -> Response:
    """A holder's file; what is wrong with a form stands above, `link` is a way in, shown this once."""
    issuer, holder = visit.path("issuer"), visit.path("holder")
    one = registrations.file(visit.office, visit.who, issuer, holder)
    report = holders.holder(visit.office, issuer, holder)
    values: dict[str, Any] = {
        "one": one,
        "report": report,
        "forms": restraining.rules().forms,
        "papers": restraining.rules().papers,
        "kinds": list(RestraintKind),
        "codes": LEGENDS,
        "keeps": permits.allows(visit.who, Power.KEEP_FILES, one.issuer),
        "story": holder_files.of_holder(visit.office, visit.who, one.issuer, one.holder),
        "shown": SHOWN,
        "problem": _said(fault),
        "place": place,
        "link": link,
        "invites": permits.allows(visit.who, Power.ADMIT, one.issuer),
        "form": form or {},
        "now": visit.office.clock.now(),
        "typed": _typed(one),
    }
    return see(visit, "file.html", 400 if fault else 200, **values)


def _said(fault: PlatformError | None) -> str:
    """What is wrong, in one sentence or several; nothing where nothing is."""
    if fault is None:
        return ""
    mistakes = fault.mistakes if isinstance(fault, Invalid) else ()
    said = "; ".join(map(str, mistakes)) or fault.message
    return said[:1].upper() + said[1:]


def shown(
    visit: Visit, place: str = "", fault: PlatformError | None = None, form: Form | None = None
) -> Response:
    """The desk; what is wrong with a form of it stands above, and what was typed stays."""
    permits.require(visit.who, Power.READ_FILES)
    office, who = visit.office, visit.who
    try:
        owner = parties.owner(office, (form or {}).get("issuer") or issuer_of(visit))
    except (NotFound, Conflict) as missing:
        return see(visit, "desk.html", owner=None, problem=missing.message)
    kept = controls.history(office, who, owner.id)
    all_of_it = permits.allows(who, Power.READ_FILES, EVERYWHERE)
    table = from_rows(
        visit,
        "holders",
        holders.holders(office, owner.id),
        HOLDERS,
        (finding("Name or number", lambda one: one.name or "", lambda one: one.id), _CUSTODY),
        prefix="holder-",
        path="/desk",
    )
    values: dict[str, Any] = {
        "owner": owner,
        "owners": issuers_of(visit),
        "problem": _said(fault),
        "place": place,
        "form": form or {},
        "key": (form or {}).get("key") or secrets.token_hex(16),
        "receiving": visit.query("receive")[:128],
        "keeps": permits.allows(who, Power.KEEP_FILES, owner.id),
        "report": kept[0].content if kept else None,
        "kept": kept[:SHOWN],
        "failed": controls.failed(office, who, owner.id),
        "month": recordkeeping.report(office, who, owner.id),
        "items": recordkeeping.open_items(office, who, owner.id),
        "what": recordkeeping.WHAT,
        "outcomes": recordkeeping.OUTCOMES,
        "letters": all_of_it,
        "queue": notices.queue(office, who) if all_of_it else [],
        "bound": [
            one for one in restraints.of_issuer(office, who, owner.id) if not one.released_at
        ],
        "cash": _cash(visit, owner.id),
    }
    return show(visit, "desk.html", table, status=422 if fault else 200, **values)


def _cash(visit: Visit, issuer: str) -> reconciling.Standing | None:
    """How the cash book stands, for whoever may read it."""
    if not permits.allows(visit.who, Power.READ_CASH, issuer):
        return None
    return reconciling.standing(visit.office, visit.who, issuer)


def _parties(text: str) -> list[dict[str, str]]:
    """`role: name; born 2012-02-29; share 1/2`, one on a line."""
    found = []
    for line in text.replace("\r", "").split("\n"):
        if line.strip():
            role, _, rest = line.partition(":")
            name, *more = (part.strip() for part in rest.split(";"))
            row = {"role": role.strip(), "name": name}
            row |= {word: value for word, _, value in (part.partition(" ") for part in more)}
            found.append(row)
    return found


def _typed(one: registrations.File) -> str:
    """The parties on file as the form takes them."""
    if one.registration is None:
        return ""
    lines = []
    for party in one.registration.parties:
        born = f"; born {party.born}" if party.born else ""
        share = f"; share {party.share}" if party.share is not None else ""
        lines.append(f"{party.role}: {party.name}{born}{share}")
    return "\n".join(lines)
