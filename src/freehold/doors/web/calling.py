"""The form that calls a meeting: a notice of every kind of item, or the notice as a file.

What was entered becomes the file that the command line reads too, and what is wrong in it is found when it
is read, so page, API and command line call the same meetings.
"""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.actions.ballot import Basis, Method
from freehold.core.errors import Conflict, Invalid, NotFound, PlatformError
from freehold.core.roles import Power
from freehold.core.vaulted import About, Document
from freehold.desks import permits
from freehold.desks.agent import documents
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest, Tried
from freehold.desks.securities import instruments
from freehold.doors.web.uploads import Upload
from freehold.doors.web.visits import Form, Visit, act, go, issuers_of, page, see, upload

RESOLUTIONS = 6
"""Items of the agenda that the form has room for; more of them come by a file."""
FIELDS = (
    "issuer", "name", "place", "record", "opens", "closes", "revealed_until", "changeable", "papers",
    "file", "key",
)  # fmt: skip
OF_ITEM = (
    "title", "method", "quorum", "majority", "basis", "votes", "separate", "candidates", "seats",
)  # fmt: skip
METHODS = {
    Method.ORDINARY: "For or against",
    Method.CUMULATIVE: "Election, votes cumulated",
    Method.RANKED: "Election by ranked choice",
}
BASES = {
    Basis.CAST: "of votes cast for and against",
    Basis.PRESENT: "of all present, abstentions too",
    Basis.ENTITLED: "of all entitled",
}
OF_FILE = {"votes_per_unit": "votes", "more_than": "majority"}
"""Fields of the file that have another name here."""
VOTES_WRITTEN = "votes of a unit stand by class, such as common 1, series-a 10"
MOST_TEXT = 1 << 16
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
_PART = re.compile(r"\d{1,9}(/\d{1,9})?")
_WEIGHT = re.compile(r"(\S+)[\s:=]+(\d{1,9}(?:[./]\d{1,9})?)")
_MORE = re.compile(r"(?:more than|>)\s*(.+)", re.I)


def routes() -> list[BaseRoute]:
    """The form, and what it is sent to."""
    return [
        Route("/meetings/new", page(calling), methods=["GET"]),
        Route("/meetings/new", act(call), methods=["POST"]),
        Route("/meetings/new/file", upload(by_file), methods=["POST"]),
    ]


def calling(visit: Visit) -> Response:
    """The form of a notice."""
    permits.require(visit.who, Power.HOLD_MEETINGS)
    issuer = visit.query("issuer")
    return _calling(visit, {"key": secrets.token_hex(16), "quorum-1": "0", "issuer": issuer})


def by_file(visit: Visit, form: Form, file: Upload | None) -> Response:
    """The notice as a file, shown as what it calls."""
    permits.require(visit.who, Power.HOLD_MEETINGS)
    try:
        text = file.content.decode() if file and file.content else ""
    except UnicodeDecodeError:
        text = ""
    if not text.strip() or len(text) > MOST_TEXT:
        said = f"choose a notice in TOML, a text in UTF-8 of at most {MOST_TEXT >> 10} kB"
        return _calling(visit, form, said, mistakes={"notice-file": said})
    return call(visit, {**form, "file": text})


def call(visit: Visit, form: Form) -> Response:
    """Show what the notice calls; confirmed, propose it."""
    permits.require(visit.who, Power.HOLD_MEETINGS)
    if form.get("edit") == "yes":
        return _calling(visit, form)
    try:
        text = form.get("file", "").replace("\r\n", "\n") or notice_text(visit, form)
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


# ---- the form as a file ----


def notice_text(visit: Visit, form: Form) -> str:
    """The notice as a file, from the form."""
    lines = [f"name = {json.dumps(form.get('name', '').strip())}"]
    if place := form.get("place", "").strip():
        lines.append(f"place = {json.dumps(place)}")
    for name in ("record", "opens", "closes", "revealed_until"):
        if text := form.get(name, "").strip():
            known = _INSTANT.fullmatch(text)
            lines.append(f"{name} = {text}:00Z" if known else f"{name} = {json.dumps(text)}")
    if form.get("changeable"):
        lines.append("changeable = true")
    for place_ in range(1, RESOLUTIONS + 1):
        given = {name: form.get(f"{name}-{place_}", "").strip() for name in OF_ITEM}
        if given["title"]:
            lines += _resolution(place_, given)
    return "\n".join([*lines, *_papers(visit, form)]) + "\n"


def _resolution(place: int, given: Mapping[str, str]) -> list[str]:
    lines = ["[[resolution]]", f'id = "item-{place}"', f"title = {json.dumps(given['title'])}"]
    lines.append(f"quorum = {_part(given['quorum'] or '0')}")
    names = _listed(given["candidates"])
    method = given["method"] or str(Method.CUMULATIVE if names else Method.ORDINARY)
    lines.append(f"method = {json.dumps(method)}")
    if names:
        lines.append(f"candidates = {json.dumps(names)}")
    if method == Method.ORDINARY:
        lines += _majority(given)
    elif method == Method.CUMULATIVE:
        lines.append(f"seats = {given['seats'] if given['seats'].isdigit() else 1}")
    if given["votes"]:
        lines.append(f"votes_per_unit = {_weights(given['votes'])}")
    if given["separate"]:
        lines.append(f"separate = {json.dumps(_listed(given['separate']))}")
    return lines


def _majority(given: Mapping[str, str]) -> list[str]:
    lines = [f"basis = {json.dumps(given['basis'])}"] if given["basis"] else []
    if more := _MORE.fullmatch(given["majority"]):
        return [*lines, f"majority = {_part(more[1].strip())}", "more_than = true"]
    return [*lines, f"majority = {_part(given['majority'])}"] if given["majority"] else lines


def _weights(text: str) -> str:
    """Votes of a unit by class as a TOML table; what is none stays a text, which the reader refuses."""
    parts = _listed(text)
    found = [_WEIGHT.fullmatch(one) for one in parts]
    if not all(found):
        return json.dumps(text)
    return "{ " + ", ".join(f'{json.dumps(one[1])} = "{one[2]}"' for one in found if one) + " }"


def _papers(visit: Visit, form: Form) -> list[str]:
    """The documents that were chosen, by name and hash."""
    lines = []
    chosen = form.get("papers", "").split()
    for one in _kept(visit, form.get("issuer", "")) if chosen else ():
        if one.id in chosen:
            lines += ["[[document]]", f"title = {json.dumps(one.name)}"]
            lines.append(f'sha256 = "{one.versions[0].hash.removeprefix("0x")}"')
    return lines


def _kept(visit: Visit, issuer: str) -> list[Document]:
    """The documents of an issuer that its holders may read."""
    if not issuer or not permits.allows(visit.who, Power.READ_REGISTER, issuer):
        return []
    listed = documents.listed(visit.office, visit.who, issuer)
    return [one for one in listed if one.about is not About.HOLDER]


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _part(text: str) -> str:
    return json.dumps(text) if "/" in text or not _PART.fullmatch(text) else text


def _mistakes(fault: PlatformError, form: Form) -> dict[str, str]:
    """What is wrong by field; what is about no field of the form stands together at the name."""
    rest = "notice-file" if form.get("file") else "name"
    listed = [n for n in range(1, RESOLUTIONS + 1) if form.get(f"title-{n}", "").strip()]
    found: dict[str, str] = {}
    for one in getattr(fault, "mistakes", ()):
        field, told = _placed(one.place, one.message, listed, rest)
        found[field] = f"{found[field]}; {told}" if field in found else told
    field = str(fault.facts.get("field", ""))
    return found or ({field: fault.message} if field in FIELDS and rest == "name" else {})


def _placed(place: str, message: str, listed: list[int], rest: str) -> tuple[str, str]:
    """A mistake's field in the form, and what is said there."""
    if rest != "name":
        return rest, f"{place}: {message}"
    words = re.split(r"[.: ]+", place)
    item = re.search(r"\bresolution (\d+): (\w+)", place)
    if item and (field := OF_FILE.get(item[2], item[2])) in OF_ITEM:
        said = VOTES_WRITTEN if "is a table" in message else f"{field}: {message}"
        return f"{field}-{listed[int(item[1]) - 1]}", said
    return (words[-1], message) if words[-1] in FIELDS else (rest, f"{place}: {message}")


def _calling(
    visit: Visit,
    given: Form,
    problem: str = "",
    *,
    mistakes: Mapping[str, str] | None = None,
    tried: Tried | None = None,
    text: str = "",
) -> Response:
    places = range(1, RESOLUTIONS + 1)
    names = [*FIELDS, *(f"{name}-{place}" for place in places for name in OF_ITEM)]
    owners = [
        (id, name)
        for id, name in issuers_of(visit)
        if permits.allows(visit.who, Power.HOLD_MEETINGS, id)
    ]
    issuer = given.get("issuer", "") or next((id for id, _ in owners), "")
    classes = instruments.instruments(visit.office, visit.who)
    values: dict[str, Any] = {
        "given": {name: given.get(name, "") for name in names},
        "owners": owners,
        "places": places,
        "problem": problem,
        "mistakes": mistakes or {},
        "tried": tried if tried and not tried.refused else None,
        "text": text,
        "methods": METHODS,
        "bases": BASES,
        "classes": [one.class_id for one in classes if one.issuer == issuer],
        "issuer": issuer,
        "kept": _kept(visit, issuer),
        "keeps": permits.allows(visit.who, Power.KEEP_FILES),
    }
    return see(visit, "meeting_new.html", 422 if problem else 200, **values)
