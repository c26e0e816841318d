"""Passkeys and wallets on the way in, and the page that asks for a fresh proof before a dangerous act.

A script asks for a challenge (`.../begin`), the device or the wallet answers, and the answer comes as an
ordinary form. Everything else is for the desks.
"""

import json

from starlette.responses import Response

from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.desks.access import passkeys, signin, wallets
from freehold.doors.web import entering
from freehold.doors.web.visits import Form, Visit, go, see, tell, within


def begin_passkey(visit: Visit, form: Form) -> Response:
    """A challenge for any passkey of ours."""
    return tell(passkeys.begin_sign_in(visit.office, visit.place, visit.client))


def passkey(visit: Visit, form: Form) -> Response:
    """A passkey's answer; a session if it is good."""
    step = passkeys.sign_in(visit.office, visit.place, form.get("answer", ""), visit.client)
    return entering.come_in(visit, step, within(form.get("next", "/")))


def begin_wallet(visit: Visit, form: Form) -> Response:
    """The message that a wallet has to sign to sign in."""
    address = form.get("address", "")
    text = wallets.begin(visit.office, visit.place, wallets.SIGN_IN, address, visit.client, None)
    return tell(json.dumps({"message": text}))


def wallet(visit: Visit, form: Form) -> Response:
    """A wallet's signature; a session if it is good."""
    message, signature = form.get("message", ""), form.get("signature", "")
    step = wallets.sign_in(visit.office, visit.place, message, signature, visit.client)
    return entering.come_in(visit, step, within(form.get("next", "/")))


def begin_enrolment(visit: Visit, form: Form) -> Response:
    """A challenge for the first passkey of whoever holds a one-time link."""
    link = visit.path("link")
    return tell(passkeys.begin_enrolment(visit.office, visit.place, link, visit.client))


def enrol(visit: Visit, form: Form) -> Response:
    """The first passkey; a session if it is good."""
    link, answer, name = visit.path("link"), form.get("answer", ""), form.get("name", "")
    try:
        token = passkeys.enrol(visit.office, visit.place, link, answer, name, visit.client)
    except (Invalid, Conflict) as fault:
        return entering.enrolment(visit, 422, None, fault.message)
    except NotFound as gone:
        return see(visit, "problem.html", 404, kind=404, message=gone.message)
    return entering.welcome_in(visit, token, "/")


def prove(visit: Visit) -> Response:
    """The page that asks who somebody is once more."""
    return _prove(visit, within(visit.query("next", "/")), "")


def begin_proof(visit: Visit, form: Form) -> Response:
    """A challenge for one of the visitor's own passkeys."""
    return tell(passkeys.begin_proof(visit.office, visit.who, visit.place, visit.client))


def prove_by_passkey(visit: Visit, form: Form) -> Response:
    """A passkey's answer; on to where he was going."""
    answer, back = form.get("answer", ""), within(form.get("next", "/"))
    fault = passkeys.prove(visit.office, visit.who, visit.place, answer, visit.client)
    return _prove(visit, back, fault) if fault else go(back)


def prove_by_code(visit: Visit, form: Form) -> Response:
    """A one-time code; on to where he was going."""
    back = within(form.get("next", "/"))
    fault = signin.prove(visit.office, visit.who, form.get("code", ""), visit.client)
    return _prove(visit, back, fault) if fault else go(back)


def _prove(visit: Visit, back: str, fault: str) -> Response:
    values = {
        "next": back,
        "problem": fault,
        "keys": bool(passkeys.passkeys(visit.office, visit.who)),
        "code": signin.has_code(visit.office, visit.who),
    }
    return see(visit, "prove.html", 422 if fault else 200, **values)
