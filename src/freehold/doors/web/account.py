"""What somebody sees and changes of his own access: ways in, sessions, notices, keys, how pages look."""

import json
from collections.abc import Callable

from starlette.responses import Response

from freehold.core import letters
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.letters import Kind
from freehold.core.roles import Power
from freehold.desks import notices, permits
from freehold.desks.access import access, passkeys, sessions, signin, wallets
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.doors.web.visits import (
    DENSITY,
    THEME,
    Form,
    Visit,
    go,
    keep_choice,
    prove_first,
    seconds_left,
    see,
    tell,
    within,
)

LETTERS = {
    Kind.APPROVAL: "A proposal waits for your decision",
    Kind.DECIDED: "What you proposed was decided, lapsed or refused",
    Kind.STATEMENT: "Your statement of a quarter is ready",
    Kind.NEWS: "News of an issuer",
    Kind.REMINDER: "The time to choose in an action, or to vote, ends soon",
}
"""The letters that one may do without, as their checkboxes say them."""
CHOICES = {THEME: ("system", "light", "dark"), DENSITY: ("comfortable", "compact")}


def account(visit: Visit) -> Response:
    """Ways in and notices."""
    return _account(visit, "")


def begin_passkey(visit: Visit, form: Form) -> Response:
    """A challenge for another passkey."""
    return tell(passkeys.begin_adding(visit.office, visit.who, visit.place, visit.client))


def add_passkey(visit: Visit, form: Form) -> Response:
    """Another passkey."""
    answer, name = form.get("answer", ""), form.get("name", "")
    try:
        passkeys.add(visit.office, visit.who, visit.place, answer, name, visit.client)
    except (Invalid, Conflict) as fault:
        return _account(visit, fault.message)
    return go("/account")


def rename_passkey(visit: Visit, form: Form) -> Response:
    """Another name for a passkey."""
    try:
        passkeys.rename(visit.office, visit.who, _number(visit), form.get("name", ""))
    except Invalid as fault:
        return _account(visit, fault.mistakes[0].message if fault.mistakes else fault.message)
    return go("/account")


def remove_passkey(visit: Visit, form: Form) -> Response:
    """One passkey less."""
    return _removed(visit, passkeys.remove)


def begin_wallet(visit: Visit, form: Form) -> Response:
    """The message that links a wallet."""
    address, who = form.get("address", ""), visit.who
    text = wallets.begin(visit.office, visit.place, wallets.LINK, address, visit.client, who)
    return tell(json.dumps({"message": text}))


def add_wallet(visit: Visit, form: Form) -> Response:
    """Another wallet as a way in."""
    message, signature = form.get("message", ""), form.get("signature", "")
    try:
        wallets.link(visit.office, visit.who, visit.place, message, signature, visit.client)
    except (Invalid, Conflict) as fault:
        return _account(visit, fault.message)
    return go(within(form.get("next", "/account")))


def remove_wallet(visit: Visit, form: Form) -> Response:
    """One wallet less."""
    return _removed(visit, wallets.unlink)


def session(visit: Visit) -> Response:
    """How many seconds the session lasts now that it was used, and what forms of this page carry then."""
    said = {"left": seconds_left(visit), "token": visit.token}
    answer = tell(json.dumps(said))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def see_sessions(visit: Visit) -> Response:
    """Where one is signed in."""
    found = sessions.open_sessions(visit.office, visit.who)
    named = [(sessions.short(one), one) for one in found]
    return see(visit, "sessions.html", found=named, here=visit.who.session)


def end_session(visit: Visit, form: Form) -> Response:
    """End one session of one's own."""
    sessions.end_own(visit.office, visit.who, form.get("session", ""))
    return go("/account/sessions")


def end_others(visit: Visit, form: Form) -> Response:
    """End all but this one."""
    sessions.end_others(visit.office, visit.who)
    return go("/account/sessions")


def developers(visit: Visit) -> Response:
    """API keys."""
    return _developers(visit, "", None)


def make_key(visit: Visit, form: Form) -> Response:
    """A new API key, shown this once."""
    if first := prove_first(visit, "/developers"):
        return first
    known = set(Power)
    wanted = frozenset(Power(one) for one in form.get("powers", "").split() if one in known)
    days = form.get("days", "")
    count = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0
    try:
        label = form.get("label", "")
        _, token = sessions.make_key(visit.office, visit.who, label, wanted, count)
    except Invalid as fault:
        said = "; ".join(f"{one.place}: {one.message}" for one in fault.mistakes)
        return _developers(visit, said, None)
    return _developers(visit, "", token)


def end_key(visit: Visit, form: Form) -> Response:
    """End an API key."""
    sessions.end_key(visit.office, visit.who, form.get("key", ""))
    return go("/developers")


def settings(visit: Visit) -> Response:
    """How pages look, and how the platform is set up."""
    office, who = visit.office, visit.who
    found = access.issuers_of(office, who)
    return see(
        visit,
        "settings.html",
        issuers=found,
        chain=visit.office.chain,
        choices=CHOICES,
        config=visit.settings,
        letters=[(str(one), LETTERS[one], on) for one, on in notices.chosen(office, who).items()],
        mailbox=letters.is_mailbox(who.name),
    )


def choose(visit: Visit, form: Form) -> Response:
    """Remember how pages should look in this browser."""
    response = go("/settings")
    for name, known in CHOICES.items():
        if form.get(name) in known:
            keep_choice(response, visit.settings, name, form[name])
    return response


def choose_letters(visit: Visit, form: Form) -> Response:
    """Set which letters one wants, of those that one may do without."""
    known = set(LETTERS)
    wanted = {Kind(one) for one in form.get("letters", "").split() if one in known}
    notices.choose(visit.office, visit.who, wanted)
    return go("/settings")


def _account(visit: Visit, fault: str) -> Response:
    office, who = visit.office, visit.who
    values = {
        "problem": fault,
        "fresh": permits.is_fresh(who, office.clock.now()),
        "passkeys": passkeys.passkeys(office, who),
        "wallets": wallets.linked(office, who),
        "code": signin.has_code(office, who),
        "notices": sessions.notices_of(office, who),
    }
    return see(visit, "account.html", 422 if fault else 200, **values)


def _removed(visit: Visit, remove: Callable[[Office, Actor, int], None]) -> Response:
    if first := prove_first(visit, "/account"):
        return first
    try:
        remove(visit.office, visit.who, _number(visit))
    except Conflict as fault:
        return _account(visit, fault.message)
    return go("/account")


def _developers(visit: Visit, fault: str, token: str | None) -> Response:
    found = sessions.keys(visit.office, visit.who)
    mine = sorted(permits.powers(visit.who))
    values = {"found": found, "mine": mine, "problem": fault, "made": token}
    return see(visit, "developers.html", 422 if fault else 200, **values)


def _number(visit: Visit) -> int:
    text = visit.path("number")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("you have no such way in")
    return int(text)
