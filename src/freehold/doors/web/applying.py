"""The pages of an investor who applies: who he is, papers, wallet, submit, and what became of it."""

import json
from typing import Any

from starlette.responses import Response

from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.identifiers import countries
from freehold.desks.access import wallets
from freehold.desks.onboarding import applying
from freehold.desks.onboarding.applying import MyApplication
from freehold.doors.web.uploads import Upload
from freehold.doors.web.visits import Form, Visit, go, see, tell

FIELDS = ("name", "born", "residence", "address", "email", "tax_id")


def overview(visit: Visit) -> Response:
    """On to the first step that is still to be done, or how far the application is."""
    found = applying.mine(visit.office, visit.who)
    if found is None:
        return see(visit, "apply_none.html")
    if found.known.stage == "DRAFT":
        return go(f"/apply/{found.missing[0] if found.missing else 'review'}")
    return see(visit, "apply_state.html", found=found)


def identity(visit: Visit) -> Response:
    """Who somebody is, where he lives, which status he claims."""
    found = _mine(visit)
    known = found.particulars
    given = {name: str(getattr(known, name) or "") if known else "" for name in FIELDS}
    given |= {"citizenships": " ".join(known.citizenships) if known else "", "status": found.status}
    return _identity(visit, found, given, {})


def state_identity(visit: Visit, form: Form) -> Response:
    """Keep it, sealed."""
    found = _mine(visit)
    given: dict[str, object] = {name: form.get(name, "")[:512] for name in FIELDS}
    given["citizenships"] = form.get("citizenships", "").upper().replace(",", " ").split()[:10]
    status = form.get("status", "")
    try:
        applying.state(visit.office, visit.who, given, status)
    except Invalid as fault:
        shown = {**{name: str(given[name]) for name in FIELDS}, "status": status}
        shown["citizenships"] = form.get("citizenships", "")
        return _identity(visit, found, shown, {one.place: one.message for one in fault.mistakes})
    except Conflict as fault:
        return _conflict(visit, fault)
    return go("/apply/papers")


def papers(visit: Visit) -> Response:
    """What was handed in, and what is still wanted."""
    return _papers(visit, _mine(visit), "")


def hand_in(visit: Visit, form: Form, file: Upload | None) -> Response:
    """One paper; what its file is called at home is not kept."""
    found = _mine(visit)
    if file is None or not file.content:
        return _papers(visit, found, "Choose a file first.")
    try:
        applying.hand_in(visit.office, visit.who, form.get("kind", ""), file.content)
    except (Invalid, Conflict) as fault:
        return _papers(visit, found, fault.message)
    return go("/apply")


def wallet(visit: Visit) -> Response:
    """The wallet that is to hold the units."""
    return _wallet(visit, "")


def begin_wallet(visit: Visit, form: Form) -> Response:
    """The message that proves the wallet."""
    _mine(visit)
    address, who = form.get("address", ""), visit.who
    text = wallets.begin(visit.office, visit.place, wallets.LINK, address, visit.client, who)
    return tell(json.dumps({"message": text}))


def prove_wallet(visit: Visit, form: Form) -> Response:
    """A wallet's signature; the account is to be opened for it."""
    message, signature, who = form.get("message", ""), form.get("signature", ""), visit.who
    _mine(visit)
    try:
        found = wallets.link(visit.office, who, visit.place, message, signature, visit.client)
        applying.use_wallet(visit.office, who, found)
    except (Invalid, Conflict) as fault:
        return _wallet(visit, fault.message)
    return go("/apply")


def use_none(visit: Visit, form: Form) -> Response:
    """No wallet: the agent is to keep the key of the account."""
    _mine(visit)
    try:
        applying.use_none(visit.office, visit.who)
    except Conflict as fault:
        return _wallet(visit, fault.message)
    return go("/apply")


def review(visit: Visit) -> Response:
    """Everything that was stated, to be checked."""
    return see(visit, "apply_review.html", found=_mine(visit), problem="", words=_words)


def submit(visit: Visit, form: Form) -> Response:
    """Hand it over."""
    try:
        applying.submit(visit.office, visit.who)
    except Conflict as fault:
        values: dict[str, Any] = {"found": _mine(visit), "problem": fault.message}
        return see(visit, "apply_review.html", 422, **values, words=_words)
    return go("/apply")


def _mine(visit: Visit) -> MyApplication:
    found = applying.mine(visit.office, visit.who)
    if found is None:
        raise NotFound("you have no application: whoever runs the register invites investors")
    return found


def _identity(
    visit: Visit, found: MyApplication, given: dict[str, str], mistakes: dict[str, str]
) -> Response:
    status = 422 if mistakes else 200
    values = {
        "found": found,
        "given": given,
        "mistakes": mistakes,
        "countries": countries(),
        "statuses": {one: applying.status_words(one) for one in applying.STATUSES},
    }
    return see(visit, "apply_identity.html", status, **values)


def _papers(visit: Visit, found: MyApplication, fault: str) -> Response:
    wanted = [one for one in applying.PAPERS if one != applying.STATUS or found.status]
    values = {"found": found, "problem": fault, "wanted": wanted, "words": _words}
    return see(visit, "apply_papers.html", 422 if fault else 200, **values)


def _wallet(visit: Visit, fault: str) -> Response:
    found = _mine(visit)
    return see(visit, "apply_wallet.html", 422 if fault else 200, found=found, problem=fault)


def _conflict(visit: Visit, fault: Conflict) -> Response:
    return see(visit, "problem.html", 409, kind=409, message=fault.message)


def _words(status: str) -> str:
    return applying.status_words(status)
