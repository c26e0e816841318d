"""The pages of meetings: notice and agenda, votes and proxies of holders, the tally, minutes."""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.actions.ballot import Mark, Method, Resolution, Tally
from freehold.core.actions.ballot_words import Said
from freehold.core.errors import Conflict, Invalid, NotFound, PlatformError
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import permits
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest, Tried
from freehold.desks.servicing import ballots, events, meetings, processing
from freehold.desks.servicing.assembly import Assembly, Stage
from freehold.desks.servicing.processing import Act
from freehold.desks.servicing.voting import Given, ProxyRequest, VoteRequest
from freehold.doors.api.meetings import plain_typed
from freehold.doors.web import charts, servicing_lists
from freehold.doors.web.listing import show
from freehold.doors.web.visits import Form, Visit, act, go, issuers_of, page, see, tell

RESOLUTIONS = 6
"""Items of the agenda that the form has room for; more of them come by a file."""
SIDES = ("for", "against", "abstain")
FIELDS = ("issuer", "name", "record", "opens", "closes", "revealed_until", "changeable", "key")
OF_ITEM = ("title", "quorum", "majority", "candidates", "seats")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
_PART = re.compile(r"\d{1,9}(/\d{1,9})?")


@dataclass(frozen=True, slots=True)
class Item:
    """A resolution with its tally: bars of the votes, and whether quorum and majority were reached."""

    resolution: Resolution
    title: str
    tally: Tally | None
    bar: Any
    rows: Sequence[tuple[str, Fraction, Fraction, int]]
    present: Fraction


def routes() -> list[BaseRoute]:
    """The pages, and what their forms are sent to."""
    one = "/meetings/{number}"
    return [
        Route("/meetings", page(listed), methods=["GET"]),
        Route("/meetings/new", page(calling), methods=["GET"]),
        Route("/meetings/new", act(call), methods=["POST"]),
        Route(one, page(meeting), methods=["GET"]),
        Route(f"{one}/notice", page(notice), methods=["GET"]),
        Route(f"{one}/minutes", page(minutes), methods=["GET"]),
        Route(f"{one}/vote/begin", act(begin_vote), methods=["POST"]),
        Route(f"{one}/vote", act(vote), methods=["POST"]),
        Route(f"{one}/proxy/begin", act(begin_proxy), methods=["POST"]),
        Route(f"{one}/proxy", act(appoint), methods=["POST"]),
        Route(f"{one}/reveal", act(reveal), methods=["POST"]),
        Route(f"{one}/close", act(close), methods=["POST"]),
    ]


def listed(visit: Visit) -> Response:
    """Every meeting, those that are open first."""
    found = events.meetings_of(visit.office, visit.who)
    table = servicing_lists.meetings(visit, found)
    asked = [one for one in approvals_of(visit) if one.proposal.act.kind == Act.CALL]
    values: dict[str, Any] = {
        "every": len(found),
        "calls": permits.allows(visit.who, Power.HOLD_MEETINGS),
        "waiting": asked,
        "now": events.now(visit.office),
    }
    return show(visit, "meetings.html", table, **values)


def approvals_of(visit: Visit) -> list[Any]:
    """Proposals about meetings that wait for a second person."""
    if not permits.allows(visit.who, Power.READ_APPROVALS):
        return []
    kinds = [str(one) for one in (Act.CALL, Act.AMEND_MEETING, Act.CALL_OFF)]
    found = approvals.queue(visit.office, visit.who)
    return [one for one in found if one.proposal.act.kind in kinds]


def meeting(visit: Visit) -> Response:
    """One meeting: what is voted on, how it stands, one's own vote."""
    return _shown(visit, number_of(visit))


def number_of(visit: Visit) -> int:
    """The number that a path names. Raises NotFound for what can be none."""
    text = visit.path("number")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound(f"there is no meeting {text[:16]}")
    return int(text)


def _shown(visit: Visit, number: int, status: int = 200, **more: Any) -> Response:
    office, who = visit.office, visit.who
    one = events.meeting(office, who, number)
    _, standing = meetings.show(office, one.issuer.id, number)
    votes = permits.allows(who, Power.ELECT) or permits.allows(who, Power.HOLD_MEETINGS)
    seats = ballots.chairs(office, who, one) if votes else []
    wanted = visit.query("holder") or str(more.get("holder", ""))
    chair = next((each for each in seats if each.holder == wanted), seats[0] if seats else None)
    seat = ballots.seat(office, one, chair) if chair else None
    tallies: Sequence[Tally | None] = standing.tallies if standing else [None] * len(one.agenda)
    hidden = one.chain.terms.revealed_until is not None and one.stage in (
        Stage.ANNOUNCED,
        Stage.OPEN,
    )
    values: dict[str, Any] = {
        "one": one,
        "terms": one.chain.terms,
        "items": [
            _item(one, each, None if hidden else tally)
            for each, tally in zip(one.agenda, tallies, strict=True)
        ],
        "hidden": hidden,
        "compared": standing.compared if standing else 0,
        "seats": seats,
        "seat": seat,
        "own": permits.allows(who, Power.ELECT),
        "holds": permits.allows(who, Power.HOLD_MEETINGS, one.issuer.id),
        "votes_now": one.stage is Stage.OPEN and seat is not None,
        "whole": lambda class_id, units: _whole(one, class_id, units),
        "orders": processing.waiting(office, f"meeting {number}"),
        "waiting": [
            each
            for each in approvals_of(visit)
            if each.proposal.act.arguments.get("meeting") == str(number)
        ],
        "now": events.now(office),
        "key": secrets.token_hex(16),
        "problem": "",
        "given": {},
        "sides": SIDES,
        "taken": visit.query("voted"),
    }
    return see(visit, "meeting.html", status, **(values | more))


def _item(one: Assembly, each: Resolution, tally: Tally | None) -> Item:
    title = one.notice.titles[each.id]
    if tally is None:
        return Item(each, title, None, None, (), Fraction())
    whole = tally.count.entitled or Fraction(1)
    shown = [
        charts.Part(name, votes / whole, place)
        for place, (name, votes) in enumerate(tally.count.votes.items(), 1)
    ]
    rows = [
        (part.name, tally.count.votes[part.name], part.share, min(part.colour, charts.MOST_PARTS))
        for part in shown
    ]
    kept = [part for part in shown if part.share]
    drawn = charts.stacked([charts.Part(p.name, p.share, min(p.colour, 6)) for p in kept])
    return Item(each, title, tally, drawn, rows, tally.count.present / whole)


def _whole(one: Assembly, class_id: str, units: int) -> str:
    decimals = {each.class_id: each.decimals for each in one.instruments}
    return format_units(units, decimals[class_id])


# ---- files ----


def notice(visit: Visit) -> Response:
    """The notice, word for word: its SHA-256 is on chain. Of a changed one any version."""
    one = events.meeting(visit.office, visit.who, number_of(visit))
    text, wanted = one.kept.notice, visit.query("version")
    if wanted:
        known = {str(each.version): each.notice for each in one.every_version}
        if wanted not in known:
            raise NotFound(f"meeting {one.number} has no version {wanted[:16]} of its notice")
        text = known[wanted]
    return _file(text, f"meeting-{one.number}-notice.toml", "text/plain; charset=utf-8")


def minutes(visit: Visit) -> Response:
    """The minutes, once the result stands."""
    one = events.meeting(visit.office, visit.who, number_of(visit))
    if one.kept.minutes is None:
        raise NotFound(f"meeting {one.number} has no minutes yet")
    return _file(one.kept.minutes, f"meeting-{one.number}-minutes.json", "application/json")


def _file(text: str, name: str, kind: str) -> Response:
    said = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=kind, headers=said)


# ---- call one ----


def calling(visit: Visit) -> Response:
    """The form of a notice."""
    permits.require(visit.who, Power.HOLD_MEETINGS)
    return _calling(visit, {"key": secrets.token_hex(16), "quorum-1": "0"})


def call(visit: Visit, form: Form) -> Response:
    """Show what the notice calls; confirmed, propose it."""
    permits.require(visit.who, Power.HOLD_MEETINGS)
    if form.get("edit") == "yes":
        return _calling(visit, form)
    try:
        text = notice_text(form)
        issuer = form.get("issuer") or None
        asked = ProposeRequest("call-meeting", {"notice": text}, form.get("key", "")[:128], issuer)
        if form.get("confirm") != "yes":
            found = approvals.dry_run(visit.office, visit.who, asked)
            return _calling(visit, form, found.reason, tried=found, text=text)
        made = approvals.propose(visit.office, visit.who, asked)
    except (Invalid, NotFound, Conflict) as fault:
        return _calling(visit, form, fault.message, mistakes=_mistakes(fault, form))
    if made.proposal is None:
        return _calling(visit, form, made.tried.reason)
    return go(f"/approvals/{made.proposal.id}")


def notice_text(form: Form) -> str:
    """The notice as a file, from the form; what is wrong in it is found when it is read."""
    lines = [f"name = {json.dumps(form.get('name', '').strip())}"]
    for name in ("record", "opens", "closes", "revealed_until"):
        if text := form.get(name, "").strip():
            lines.append(
                f"{name} = {text}:00Z"
                if _INSTANT.fullmatch(text)
                else f"{name} = {json.dumps(text)}"
            )
    if form.get("changeable"):
        lines.append("changeable = true")
    for place in range(1, RESOLUTIONS + 1):
        given = {name: form.get(f"{name}-{place}", "").strip() for name in OF_ITEM}
        if given["title"]:
            lines += _resolution(place, given)
    return "\n".join(lines) + "\n"


def _resolution(place: int, given: Mapping[str, str]) -> list[str]:
    lines = ["[[resolution]]", f'id = "item-{place}"', f"title = {json.dumps(given['title'])}"]
    lines.append(f"quorum = {_part(given['quorum'] or '0')}")
    names = [one.strip() for one in given["candidates"].split(",") if one.strip()]
    if names:
        lines += ['method = "cumulative"', f"candidates = {json.dumps(names)}"]
        lines.append(f"seats = {given['seats'] if given['seats'].isdigit() else 1}")
    elif given["majority"]:
        lines.append(f"majority = {_part(given['majority'])}")
    return lines


def _part(text: str) -> str:
    return json.dumps(text) if "/" in text or not _PART.fullmatch(text) else text


def _mistakes(fault: PlatformError, form: Form) -> dict[str, str]:
    """What is wrong by field; what is about no field of the form stands together at the name."""
    listed = [n for n in range(1, RESOLUTIONS + 1) if form.get(f"title-{n}", "").strip()]
    found: dict[str, str] = {}
    for one in getattr(fault, "mistakes", ()):
        field = re.split(r"[.: ]+", one.place)[-1]
        item = re.search(r"\bresolution (\d+): ", one.place)
        if item and field in OF_ITEM:
            field, told = f"{field}-{listed[int(item[1]) - 1]}", f"{field}: {one.message}"
        else:
            told = one.message if field in FIELDS else str(one)
            field = field if field in FIELDS else "name"
        found[field] = f"{found[field]}; {told}" if field in found else told
    field = str(fault.facts.get("field", ""))
    return found or ({field: fault.message} if field in FIELDS else {})


def _calling(
    visit: Visit,
    given: Form,
    problem: str = "",
    *,
    mistakes: Mapping[str, str] | None = None,
    tried: Tried | None = None,
    text: str = "",
) -> Response:
    names = [
        *FIELDS,
        *(f"{name}-{place}" for place in range(1, RESOLUTIONS + 1) for name in OF_ITEM),
    ]
    values: dict[str, Any] = {
        "given": {name: given.get(name, "") for name in names},
        "owners": [
            (id, name)
            for id, name in issuers_of(visit)
            if permits.allows(visit.who, Power.HOLD_MEETINGS, id)
        ],
        "places": range(1, RESOLUTIONS + 1),
        "problem": problem,
        "mistakes": mistakes or {},
        "tried": tried if tried and not tried.refused else None,
        "text": text,
    }
    return see(visit, "meeting_new.html", 422 if problem else 200, **values)


# ---- vote ----


def begin_vote(visit: Visit, form: Form) -> Response:
    """What the holder's wallet signs for the vote in the form."""
    number = number_of(visit)
    permits.require_any(visit.who, (Power.ELECT, None), (Power.HOLD_MEETINGS, None))
    try:
        one = events.meeting(visit.office, visit.who, number)
        voter = form.get("voter") or None
        asked = VoteRequest(number, form.get("holder", ""), "", _said(one, form), voter)
        return tell(json.dumps(plain_typed(ballots.ballot(visit.office, visit.who, asked))))
    except (Invalid, Conflict) as fault:
        return Response(json.dumps({"problem": fault.message}), 422, media_type="application/json")


def vote(visit: Visit, form: Form) -> Response:
    """Take a vote down: by the wallet's signature, or for the agent's key to sign."""
    number, holder = number_of(visit), form.get("holder", "")
    permits.require_any(visit.who, (Power.ELECT, None), (Power.HOLD_MEETINGS, None))
    one = events.meeting(visit.office, visit.who, number)
    at, sealed = form.get("at", ""), form.get("sealed", "")
    try:
        asked = VoteRequest(
            number,
            holder,
            form.get("key", "")[:128],
            _said(one, form),
            form.get("voter") or None,
            signature=form.get("signature", "").lower() or None,
            at=int(at) if at.isascii() and at.isdigit() and len(at) < 12 else 0,
            sealed=int(sealed) if sealed.isascii() and sealed.isdigit() and len(sealed) < 79 else 0,
        )
        done = ballots.vote(visit.office, visit.who, asked)
    except (Invalid, Conflict, NotFound) as fault:
        return _shown(visit, number, 422, problem=fault.message, given=form, holder=holder)
    if done.given is Given.REFUSED:
        return _shown(visit, number, 422, problem=done.reason, given=form, holder=holder)
    return go(f"/meetings/{number}?voted=yes&holder={holder}#vote")


def _said(one: Assembly, form: Form) -> Said:
    """What a form says on each resolution: a side, units on each side, or units on candidates.

    Raises Invalid where nothing is said, or units are no numbers.
    """
    said: dict[tuple[str, str | None], tuple[Mark, ...]] = {}
    for each in one.agenda:
        choices = each.candidates or SIDES
        chosen = form.get(f"side-{each.id}", "")
        divided = {
            name: form.get(f"units-{each.id}-{place}", "").replace(",", "").strip()
            for place, name in enumerate(choices)
        }
        if any(divided.values()):
            class_id = form.get(f"class-{each.id}") or next(iter(each.votes_per_unit))
            said[each.id, class_id] = tuple(
                Mark((name,), _number(text, each, name)) for name, text in divided.items() if text
            )
        elif each.method is Method.RANKED and (ranking := form.get(f"ranking-{each.id}", "")):
            names = tuple(name.strip() for name in ranking.split(",") if name.strip())
            said[each.id, None] = (Mark(names),)
        elif chosen in choices:
            said[each.id, None] = (Mark((chosen,)),)
    if not said:
        raise Invalid("choose for at least one item of the agenda", field="side")
    return said


def _number(text: str, each: Resolution, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 39):
        raise Invalid(
            f"{each.id}: {text[:32]!r} for {name} is no whole number of units", field="units"
        )
    return int(text)


# ---- proxies ----


def begin_proxy(visit: Visit, form: Form) -> Response:
    """What the holder's wallet signs to appoint a proxy."""
    number = number_of(visit)
    permits.require_any(visit.who, (Power.ELECT, None), (Power.HOLD_MEETINGS, None))
    try:
        asked = _proxy(number, form)
        typed = ballots.appointment(visit.office, visit.who, asked)
        return tell(json.dumps(plain_typed(typed)))
    except (Invalid, Conflict, NotFound) as fault:
        return Response(json.dumps({"problem": fault.message}), 422, media_type="application/json")


def appoint(visit: Visit, form: Form) -> Response:
    """Appoint a proxy, or take the appointment back."""
    number, holder = number_of(visit), form.get("holder", "")
    permits.require_any(visit.who, (Power.ELECT, None), (Power.HOLD_MEETINGS, None))
    events.meeting(visit.office, visit.who, number)
    try:
        ballots.appoint(visit.office, visit.who, _proxy(number, form))
    except (Invalid, Conflict, NotFound) as fault:
        return _shown(visit, number, 422, problem=fault.message, given=form, holder=holder)
    return go(f"/meetings/{number}?holder={holder}#proxy")


def _proxy(number: int, form: Form) -> ProxyRequest:
    revokes, named = form.get("revoke") == "yes", form.get("proxy", "").strip()
    if not revokes and not named:
        raise Invalid("name the proxy by holder number or wallet", field="proxy")
    at = form.get("at", "")
    return ProxyRequest(
        number,
        form.get("holder", ""),
        None if revokes else named,
        form.get("key", "")[:128],
        may_substitute=form.get("may_substitute") == "yes",
        signature=form.get("signature", "").lower() or None,
        at=int(at) if at.isascii() and at.isdigit() and len(at) < 12 else 0,
    )


# ---- the end ----


def reveal(visit: Visit, form: Form) -> Response:
    """Reveal the sealed votes that the book knows."""
    return _ask(visit, Act.REVEAL)


def close(visit: Visit, form: Form) -> Response:
    """Count, and let the result stand."""
    return _ask(visit, Act.CONCLUDE)


def _ask(visit: Visit, what: Act) -> Response:
    number = number_of(visit)
    permits.require(visit.who, Power.HOLD_MEETINGS)
    try:
        processing.ask_at(visit.office, visit.who, number, what)
    except Conflict as fault:
        return _shown(visit, number, 422, problem=fault.message)
    return go(f"/meetings/{number}")
