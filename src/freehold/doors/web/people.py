"""The administrator's pages: who may come in, as what; roles, locks, sessions, one-time links."""

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.roles import EVERYWHERE, GRANTED, Power, Role
from freehold.desks import permits
from freehold.desks.access import access, humans, signin
from freehold.doors.web.formats import words
from freehold.doors.web.listing import Column, Filter, choosing, finding, from_rows, show
from freehold.doors.web.visits import Form, Visit, go, prove_first, see

STATES = ("Set up", "Link not used", "Locked", "Ended")


@dataclass(frozen=True, slots=True)
class Row:
    """An identity with the roles it has, and whether it can come in."""

    known: Any
    given: list[Any]
    ready: bool

    @property
    def roles(self) -> list[str]:
        return [str(one.role) for one in self.given]

    @property
    def state(self) -> str:
        if self.known.ended_at:
            return "Ended"
        return "Locked" if self.known.locked_at else "Set up" if self.ready else "Link not used"


PEOPLE = (
    Column(
        "name",
        "Signs in as",
        lambda one: one.known.sign_in_name.casefold(),
        lambda one: one.known.sign_in_name,
    ),
    Column("id", text=lambda one: one.known.id),
    Column(
        "roles",
        "Roles",
        lambda one: one.roles,
        lambda one: "; ".join(f"{each.role}={each.scope}" for each in one.given),
    ),
    Column("state", "State", lambda one: STATES.index(one.state), lambda one: one.state),
)


def people(visit: Visit) -> Response:
    """Everybody, and the form to invite somebody."""
    return _people(visit)


def invite(visit: Visit, form: Form) -> Response:
    """Somebody new; the one-time link is shown this once."""
    if first := _first(visit, "/people"):
        return first
    name, same = form.get("name", "")[:128], form.get("same_as", "")[:128] or None
    try:
        given = [(_role(form), form.get("scope", EVERYWHERE))]
        if given[0][1] not in access.scopes(visit.office, visit.who):
            raise Invalid("choose for what the role is given", field="scope")
        made, token = signin.invite(visit.office, visit.who, name, given, same)
    except (Invalid, Conflict, NotFound) as fault:
        return _people(visit, fault=_said(fault), name=name)
    return _people(visit, invited=made.sign_in_name, link=_link(visit, token))


def file(visit: Visit) -> Response:
    """One identity's access."""
    return _file(visit)


def new_link(visit: Visit, form: Form) -> Response:
    """A new one-time link for somebody who lost his way in."""
    if first := _first(visit, _back(visit)):
        return first
    found = access.file(visit.office, visit.who, visit.path("id"))
    token = signin.new_link(visit.office, visit.who, found.known.sign_in_name)
    return _file(visit, link=_link(visit, token))


def give_role(visit: Visit, form: Form) -> Response:
    """One role more."""
    if first := _first(visit, _back(visit)):
        return first
    try:
        scope, which = form.get("scope", ""), visit.path("id")
        access.give_role(visit.office, visit.who, which, _role(form), scope)
    except (Invalid, Conflict) as fault:
        return _file(visit, fault=_said(fault))
    return go(_back(visit))


def end_role(visit: Visit, form: Form) -> Response:
    """One role less."""
    if first := _first(visit, _back(visit)):
        return first
    try:
        scope, which = form.get("scope", ""), visit.path("id")
        access.end_role(visit.office, visit.who, which, _role(form), scope)
    except (Invalid, Conflict) as fault:
        return _file(visit, fault=_said(fault))
    return go(_back(visit))


def person(visit: Visit, form: Form) -> Response:
    """Two identities are the same human being, or one is of nobody else after all."""
    if first := _first(visit, _back(visit)):
        return first
    try:
        if other := form.get("same_as", "")[:128]:
            humans.same(visit.office, visit.who, visit.path("id"), other)
        else:
            humans.part(visit.office, visit.who, visit.path("id"))
    except (Invalid, Conflict, NotFound) as fault:
        return _file(visit, fault=_said(fault))
    return go(_back(visit))


def lock(visit: Visit, form: Form) -> Response:
    """Keep somebody out."""
    if first := _first(visit, _back(visit)):
        return first
    try:
        access.lock(visit.office, visit.who, visit.path("id"))
    except Conflict as fault:
        return _file(visit, fault=_said(fault))
    return go(_back(visit))


def unlock(visit: Visit, form: Form) -> Response:
    """Let somebody come in again."""
    if first := _first(visit, _back(visit)):
        return first
    access.unlock(visit.office, visit.who, visit.path("id"))
    return go(_back(visit))


def end_sessions(visit: Visit, form: Form) -> Response:
    """End somebody's sessions and API keys."""
    access.end_sessions(visit.office, visit.who, visit.path("id"))
    return go(_back(visit))


def powers(visit: Visit) -> Response:
    """The table of powers in force."""
    permits.require(visit.who, Power.MANAGE_IDENTITIES)
    return see(visit, "powers.html", roles=list(Role), all=list(Power), granted=GRANTED)


def _first(visit: Visit, back: str) -> Response | None:
    """Require the power, then a fresh proof; where to go for it, None if there is one."""
    permits.require(visit.who, Power.MANAGE_IDENTITIES)
    return prove_first(visit, back)


def _people(
    visit: Visit, fault: str = "", name: str = "", invited: str = "", link: str = ""
) -> Response:
    found = [Row(*one) for one in signin.people(visit.office, visit.who)]
    roles = [(one, words(one)) for one in Role]
    filters = [
        finding("Name", lambda one: one.known.sign_in_name),
        Filter("given", "Role", lambda one, role: role in one.roles, roles),
        choosing("state", "State", [(one, one) for one in STATES], lambda one: one.state),
    ]
    table = from_rows(visit, "people", found, PEOPLE, filters, path="/people")
    values: dict[str, Any] = {
        "problem": fault,
        "name": name,
        "invited": invited,
        "link": link,
        **_choices(visit),
    }
    return show(visit, "people.html", table, status=422 if fault else 200, **values)


def _file(visit: Visit, fault: str = "", link: str = "") -> Response:
    found = access.file(visit.office, visit.who, visit.path("id"))
    values = {"one": found, "problem": fault, "link": link, **_choices(visit)}
    return see(visit, "access.html", 422 if fault else 200, **values)


def _choices(visit: Visit) -> dict[str, object]:
    listed = [one for one in Role if one is not Role.INVESTOR]
    return {"roles": listed, "scopes": access.scopes(visit.office, visit.who)}


def _role(form: Form) -> Role:
    """The role that a form names. Raises Invalid."""
    try:
        return Role(form.get("role", ""))
    except ValueError:
        raise Invalid("choose one of the roles", field="role") from None


def _back(visit: Visit) -> str:
    return f"/people/{visit.path('id')}"


def _link(visit: Visit, token: str) -> str:
    return f"{visit.settings.public_url}/welcome/{token}"


def _said(fault: Invalid | Conflict | NotFound | NotPermitted) -> str:
    mistakes = fault.mistakes if isinstance(fault, Invalid) else ()
    return "; ".join(one.message for one in mistakes) or fault.message
