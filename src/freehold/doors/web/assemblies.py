"""The pages of meetings: notice and agenda, votes and proxies of holders, the tally, minutes."""

import json
import secrets
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.actions.ballot import Tally
from freehold.core.actions.ballot_words import Said
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import permits
from freehold.desks.agent import documents
from freehold.desks.approvals import approvals
from freehold.desks.servicing import ballots, events, meetings, processing
from freehold.desks.servicing.assembly import Assembly, Stage
from freehold.desks.servicing.processing import Act
from freehold.desks.servicing.voting import Given, ProxyRequest, VoteRequest
from freehold.doors.api.meetings import plain_typed
from freehold.doors.web import results, servicing_lists, voting
from freehold.doors.web.listing import show
from freehold.doors.web.visits import Form, Visit, act, go, page, see, tell


def routes() -> list[BaseRoute]:
    """The pages, and what their forms are sent to."""
    one = "/meetings/{number}"
    return [
        Route("/meetings", page(listed), methods=["GET"]),
        Route(one, page(meeting), methods=["GET"]),
        Route(f"{one}/notice", page(notice), methods=["GET"]),
        Route(f"{one}/minutes", page(minutes), methods=["GET"]),
        Route(f"{one}/receipt", page(receipt), methods=["GET"]),
        Route(f"{one}/vote/begin", act(begin_vote), methods=["POST"]),
        Route(f"{one}/vote", act(vote), methods=["POST"]),
        Route(f"{one}/proxy/begin", act(begin_proxy), methods=["POST"]),
        Route(f"{one}/proxy", act(appoint), methods=["POST"]),
        Route(f"{one}/reveal", act(reveal), methods=["POST"]),
        Route(f"{one}/reveal/own", act(reveal_one), methods=["POST"]),
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
            results.item(one, each, None if hidden else tally)
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
        "sides": voting.SIDES,
        "taken": visit.query("voted"),
        "papers": _papers(visit, one),
        "receipt": ballots.receipt(office, who, one, seat.holder) if seat and seat.sealed else None,
        "places": lambda class_id: _decimals(one, class_id),
        "base_units": results.scale_of(one) == 1 and any(e.decimals for e in one.instruments),
    }
    values |= more
    values["shares"] = {
        each.id: voting.shares(one, each, seat.units if seat else {}, values["given"])
        for each in one.agenda
    }
    return see(visit, "meeting.html", status, **values)


def _papers(visit: Visit, one: Assembly) -> list[tuple[str, str, str]]:
    """The documents of the meeting: title, hash, and where it is kept, for whoever may read it there."""
    if not one.notice.documents:
        return []
    kept = {
        version.hash.removeprefix("0x"): f"/documents/{each.id}/{version.version}"
        for each in documents.listed(visit.office, visit.who, one.issuer.id)
        for version in each.versions
    }
    return [(each.title, each.sha256, kept.get(each.sha256, "")) for each in one.notice.documents]


def _whole(one: Assembly, class_id: str, units: int) -> str:
    return format_units(units, _decimals(one, class_id))


def _decimals(one: Assembly, class_id: str) -> int:
    return next(each.decimals for each in one.instruments if each.class_id == class_id)


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


# ---- vote ----


def begin_vote(visit: Visit, form: Form) -> Response:
    """What the holder's wallet signs for the vote in the form."""
    number = number_of(visit)
    permits.require_any(visit.who, (Power.ELECT, None), (Power.HOLD_MEETINGS, None))
    try:
        voter = form.get("voter") or None
        asked = VoteRequest(number, form.get("holder", ""), "", _said(visit, form), voter)
        return tell(json.dumps(plain_typed(ballots.ballot(visit.office, visit.who, asked))))
    except (Invalid, Conflict) as fault:
        return Response(json.dumps({"problem": fault.message}), 422, media_type="application/json")


def vote(visit: Visit, form: Form) -> Response:
    """Take a vote down: by the wallet's signature, or for the agent's key to sign."""
    number, holder = number_of(visit), form.get("holder", "")
    permits.require_any(visit.who, (Power.ELECT, None), (Power.HOLD_MEETINGS, None))
    events.meeting(visit.office, visit.who, number)
    at, sealed = form.get("at", ""), form.get("sealed", "")
    try:
        asked = VoteRequest(
            number,
            holder,
            form.get("key", "")[:128],
            _said(visit, form),
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


def _said(visit: Visit, form: Form) -> Said:
    """What a vote's form says, by the units of the holder it is for. Raises Invalid, NotPermitted."""
    number, holder = number_of(visit), form.get("holder", "")
    one, units = ballots.entitled(
        visit.office, visit.who, number, holder, form.get("voter") or None
    )
    return voting.said(one, form, units)


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


def receipt(visit: Visit) -> Response:
    """What a holder keeps of his sealed vote."""
    number, holder = number_of(visit), visit.query("holder")
    text = ballots.own_receipt(visit.office, visit.who, number, holder)
    return _file(text, f"meeting-{number}-{holder}-sealed-vote.json", "application/json")


def reveal(visit: Visit, form: Form) -> Response:
    """Reveal the sealed votes that the book knows."""
    return _ask(visit, Act.REVEAL)


def reveal_one(visit: Visit, form: Form) -> Response:
    """Open one holder's sealed vote, from what he kept of it where he gives it."""
    number, holder = number_of(visit), form.get("holder", "")
    permits.require_any(visit.who, (Power.ELECT, None), (Power.HOLD_MEETINGS, None))
    try:
        ballots.reveal(visit.office, visit.who, number, holder, form.get("receipt", "").strip())
    except (Invalid, Conflict) as fault:
        return _shown(visit, number, 422, problem=fault.message, given=form, holder=holder)
    return go(f"/meetings/{number}?holder={holder}#reveal")


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
