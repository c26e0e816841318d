"""Forms of the agent's records: items and their turnaround, lost holders, letters, legends of lots.

What is wrong stands above the desk, the letter or the holder's file from which a form was sent.
"""

from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import Route

from freehold.core.clock import parse_day
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.letters import Letter
from freehold.core.roles import EVERYWHERE, Power
from freehold.desks import notices, permits
from freehold.desks.agent import recordkeeping, restraints
from freehold.desks.agent.restraints import LegendRequest
from freehold.doors.platform import mail
from freehold.doors.web import desk
from freehold.doors.web.visits import Form, Visit, act, go, page, see


def routes() -> list[Route]:
    """Where the forms are sent to, and the pages of letters."""
    file, letter = "/files/{issuer}/{holder}", "/desk/letters/{id}"
    return [
        Route("/desk/items", act(receive), methods=["POST"]),
        Route("/desk/items/{number}/turn", act(turn), methods=["POST"]),
        Route("/desk/lost/{number}/search", act(search), methods=["POST"]),
        Route("/desk/lost/{number}/found", act(found), methods=["POST"]),
        Route("/desk/letters", page(letters), methods=["GET"]),
        Route(letter, page(letter_page), methods=["GET"]),
        Route(f"{letter}/decide", act(decide), methods=["POST"]),
        Route(f"{file}/lost", act(lose), methods=["POST"]),
        Route(f"{file}/search", act(search_from_file), methods=["POST"]),
        Route(f"{file}/found", act(found_from_file), methods=["POST"]),
        Route(f"{file}/legend", act(stamp), methods=["POST"]),
        Route(f"{file}/legend/removal", act(unstamp), methods=["POST"]),
    ]


# ---- the desk ----


def receive(visit: Visit, form: Form) -> Response:
    """Write that an item came in by hand; the form's key makes it one item."""

    def done(issuer: str | None) -> None:
        recordkeeping.receive(
            visit.office,
            visit.who,
            issuer,
            form.get("holder", "").strip(),
            form.get("what", ""),
            routine=bool(form.get("routine")),
            note=form.get("note", ""),
            once=form.get("key", "")[:128] or None,
        )

    return _at_the_desk(visit, done, "items", form)


def turn(visit: Visit, form: Form) -> Response:
    """Write that an item is done, rejected or sent back."""

    def done(issuer: str | None) -> None:
        outcome = form.get("outcome", "")
        recordkeeping.turn_around(visit.office, visit.who, issuer, _number(visit), outcome)

    return _at_the_desk(visit, done, "items", form)


def search(visit: Visit, form: Form) -> Response:
    """Write that a database was searched for a lost holder."""

    def done(_: str | None) -> None:
        _search(visit, _number(visit), form)

    return _at_the_desk(visit, done, "lost", form)


def found(visit: Visit, form: Form) -> Response:
    """Write that a lost holder was found."""

    def done(_: str | None) -> None:
        recordkeeping.found(visit.office, visit.who, _number(visit))

    return _at_the_desk(visit, done, "lost", form)


def _at_the_desk(
    visit: Visit, done: Callable[[str | None], None], place: str, form: Form
) -> Response:
    """Do it and show the desk anew; what is wrong stands above it, and what was typed stays."""
    permits.require(visit.who, Power.KEEP_FILES)
    issuer = form.get("issuer") or None
    try:
        done(issuer)
    except (Invalid, Conflict, NotFound) as fault:
        return desk.shown(visit, place, fault, form)
    return go(f"/desk#{place}")


# ---- a holder's file ----


def lose(visit: Visit, form: Form) -> Response:
    """Write that mail to the holder came back and no new address is known."""

    def done(issuer: str, holder: str) -> None:
        day = parse_day(form.get("day", ""), "day")
        recordkeeping.lose(visit.office, visit.who, issuer, holder, day)

    return desk.acted(visit, done, "lost", form)


def search_from_file(visit: Visit, form: Form) -> Response:
    """As `search`, from the holder's file."""

    def done(issuer: str, holder: str) -> None:
        _search(visit, _lost(visit, issuer, holder), form)

    return desk.acted(visit, done, "lost", form)


def found_from_file(visit: Visit, form: Form) -> Response:
    """As `found`, from the holder's file."""

    def done(issuer: str, holder: str) -> None:
        recordkeeping.found(visit.office, visit.who, _lost(visit, issuer, holder))

    return desk.acted(visit, done, "lost", form)


def stamp(visit: Visit, form: Form) -> Response:
    """Put a legend on a lot, which the form names by its instrument and vintage."""

    def done(issuer: str, holder: str) -> None:
        token, _, vintage = form.get("lot", "").partition(":")
        number = (
            int(vintage) if vintage.isascii() and vintage.isdigit() and len(vintage) < 11 else 0
        )
        code, document = form.get("code", ""), form.get("document", "")
        if not number:
            raise Invalid("lot: choose the lot that bears the legend", field="lot")
        asked = LegendRequest(holder, token, number, code, document, issuer)
        restraints.stamp_legend(visit.office, visit.who, asked)

    return desk.acted(visit, done, "legends", form)


def unstamp(visit: Visit, form: Form) -> Response:
    """Remove a legend on counsel's letter."""

    def done(issuer: str, holder: str) -> None:
        text = form.get("legend", "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 13 else 0
        known = restraints.legends_of(visit.office, visit.who, issuer, holder)
        if number not in {one.number for one in known}:
            raise NotFound(f"{holder} has no legend {text[:12]}")
        restraints.remove_legend(visit.office, visit.who, number, form.get("document", ""))

    return desk.acted(visit, done, "legends", form)


# ---- letters ----


def letters(visit: Visit) -> Response:
    """The last letters with how far each has come; those that wait for a decision first."""
    office, who = visit.office, visit.who
    waiting, sent = notices.queue(office, who), notices.outbox(office, who)
    known = {one.id for one in waiting}
    others = [one for one in sent if one.id not in known]
    return see(visit, "letters.html", waiting=waiting, others=others)


def letter_page(visit: Visit) -> Response:
    """One letter: what it says, how far it has come, and what may be done with it."""
    return _letter(visit)


def decide(visit: Visit, form: Form) -> Response:
    """Send a letter again, drop it, or note that it came back."""
    permits.require(visit.who, Power.KEEP_FILES, EVERYWHERE)
    id, note = visit.path("id"), form.get("note", "").strip()
    try:
        notices.decide(visit.office, visit.who, id, form.get("decision", ""), note)
    except (Invalid, Conflict) as fault:
        return _letter(visit, fault.message)
    return go(f"/desk/letters/{id}")


def _letter(visit: Visit, problem: str = "") -> Response:
    one = notices.letter(visit.office, visit.who, visit.path("id"))
    subject, lines = _said(one)
    values = {
        "one": one,
        "subject": subject,
        "lines": lines,
        "problem": problem[:1].upper() + problem[1:],
        "keeps": permits.allows(visit.who, Power.KEEP_FILES, EVERYWHERE),
        "queued": one.state in notices.QUEUE,
    }
    return see(visit, "letter.html", 422 if problem else 200, **values)


def _said(one: Letter) -> tuple[str, list[str]]:
    """What a letter says; nothing of one that was dropped, because its words are forgotten."""
    return mail.said(one) if one.facts else ("", [])


# ---- parts ----


def _search(visit: Visit, number: int, form: Form) -> None:
    day = parse_day(form.get("day", ""), "day")
    recordkeeping.search(visit.office, visit.who, number, day, form.get("source", ""))


def _lost(visit: Visit, issuer: str, holder: str) -> int:
    """The entry under which a holder is lost now. Raises Conflict where he is not."""
    known = recordkeeping.lost_as(visit.office, visit.who, issuer, holder)
    if known is None:
        raise Conflict(f"{holder} is not written down as lost", holder=holder)
    return known.lost.number


def _number(visit: Visit) -> int:
    text = visit.path("number")
    if not (text.isascii() and text.isdigit() and len(text) < 13):
        raise NotFound("there is nothing with this number")
    return int(text)
