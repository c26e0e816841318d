"""What pages share: who is visiting, forms that only our own pages can send, and rendering.

A page is a plain function of a visit. `page` and `public` make it a route that is read, `act` and
`public_act` one that a form is sent to. Forms carry a token derived from the visitor's cookie, and a
request from another site is refused by its Origin besides.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from freehold.config import Config
from freehold.core.errors import Invalid, NotPermitted, PlatformError, Unavailable
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.access import sessions
from freehold.desks.access.proofs import Place
from freehold.desks.access.sessions import Client
from freehold.desks.approvals import approvals
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.platform import auditing, changes, examples
from freehold.desks.platform.readiness import readiness
from freehold.desks.register import ownership
from freehold.desks.securities import draft_reviews
from freehold.doors.api.problems import FULL, status_of, told
from freehold.doors.web import assets, formats, uploads
from freehold.doors.web.network import badge
from freehold.doors.web.packing import is_mask_of, masked, pack
from freehold.doors.web.uploads import Upload

COOKIE = "freehold"
"""The session's token while signed in, any random text before."""
THEME, DENSITY = "theme", "density"
ISSUER = "issuer"
"""The issuer that pages about one issuer showed last."""
FORM_BYTES = 64 << 10
FORM_FIELDS = 100

Form = Mapping[str, str]
"""The fields of a form; of a field that stands several times, its values parted by spaces."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request as pages see it; `actor` is None only on public pages."""

    request: Request
    office: Office
    settings: Config
    client: Client
    cookie: str
    actor: Actor | None

    @property
    def who(self) -> Actor:
        """The actor of a page that needs one."""
        assert self.actor is not None, "public pages have nobody signed in"
        return self.actor

    @property
    def token(self) -> str:
        """What every form of this visitor carries, masked; whoever lacks the cookie cannot know it."""
        return masked(self.secret, self.request)

    @property
    def secret(self) -> bytes:
        """What is under the mask of every form's token."""
        return hashlib.sha256(f"form {self.cookie}".encode()).digest()

    @property
    def is_part(self) -> bool:
        """Whether a script asks for a part of the page."""
        return self.request.headers.get("HX-Request") == "true"

    @property
    def place(self) -> Place:
        """Where browsers find these pages, as passkeys and wallets name it."""
        return Place(self.settings.public_url)

    @property
    def here(self) -> str:
        """This page with its query, to come back to."""
        url = self.request.url
        return url.path + (f"?{url.query}" if url.query else "")

    def path(self, name: str) -> str:
        """A part of the path by its name."""
        return str(self.request.path_params[name])

    def query(self, name: str, otherwise: str = "") -> str:
        return str(self.request.query_params.get(name, otherwise))[:256]


Page = Callable[[Visit], Response]
Act = Callable[[Visit, Form], Response]
Endpoint = Callable[[Request], Any]


def public(page: Page) -> Endpoint:
    """A page for anybody."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_read, page, request, False)

    return endpoint


def page(page: Page) -> Endpoint:
    """A page for whoever is signed in; others are led to sign in and back."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_read, page, request, True)

    return endpoint


def act(act: Act) -> Endpoint:
    """What a form of somebody signed in is sent to."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_take, act, request, await _form(request), True)

    return endpoint


def public_act(act: Act) -> Endpoint:
    """What a form of anybody is sent to."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_take, act, request, await _form(request), False)

    return endpoint


def upload(act: Callable[[Visit, Form, Upload | None], Response]) -> Endpoint:
    """What a form of somebody signed in is sent to that brings a file."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        form, file = uploads.read(request.headers.get("content-type", ""), body)
        taking: Act = lambda visit, form: act(visit, form, file)  # noqa: E731
        return await run_in_threadpool(_take, taking, request, form, True)

    return endpoint


def see(visit: Visit, template: str, status: int = 200, **values: Any) -> Response:
    """Render a template; every page knows the visitor, the network and what the nav may show."""
    content = (
        _templates()
        .get_template(template)
        .render(
            visit=visit,
            actor=visit.actor,
            powers=permits.powers(visit.actor) if visit.actor else frozenset(),
            Power=Power,
            **_of_the_frame(visit),
            to_approve=_to_approve(visit.office, visit.actor) if visit.actor else 0,
            announced=_announced(visit),
            theme=visit.request.cookies.get(THEME, "system"),
            density=visit.request.cookies.get(DENSITY, "comfortable"),
            asset=assets.url,
            changed=lambda: changes.head(visit.office),
            **values,
        )
    )
    response = HTMLResponse(content, status, {"Vary": "HX-Request, Cookie"})
    pack(response, visit.request)
    if COOKIE not in visit.request.cookies:
        keep_cookie(response, visit.settings, visit.cookie)
    if status == 200 and (named := visit.query(ISSUER)):
        keep_choice(response, visit.settings, ISSUER, named)
    return response


def _to_approve(office: Office, actor: Actor) -> int:
    """How many proposals and drafts wait for this person."""
    return approvals.waiting_for(office, actor) + len(draft_reviews.waiting(office, actor))


def issuer_of(visit: Visit) -> str | None:
    """The issuer that a page about one issuer shows: the one asked for, the one shown last, the first
    that the visitor may read; None where he may read none."""
    known = [id for id, _ in issuers_of(visit)]
    known += [one.partition("/")[0] for one in sorted(permits.scopes(visit.who, Power.READ_OWN))]
    wanted = visit.query(ISSUER)
    last = visit.request.cookies.get(ISSUER)
    return wanted or (last if last in known else next(iter(known), None))


def issuers_of(visit: Visit) -> list[tuple[str, str]]:
    """Id and name of each issuer between which such a page lets its visitor choose."""
    if not permits.allows(visit.who, Power.READ_REGISTER):
        return []
    return [(one.id, one.name) for one in ownership.issuers_of(visit.office, visit.who)]


def _of_the_frame(visit: Visit) -> dict[str, Any]:
    """What stands around every page of somebody signed in: the state of ledger and world."""
    if visit.actor is None:
        return {"network": None, "network_badge": None, "world": None, "session_left": 0}
    found = readiness(visit.office)
    shown = badge(found, visit.settings, simulated=visit.office.simulated)
    world = examples.world(visit.office)
    return {
        "network": found,
        "network_badge": shown,
        "world": world,
        "session_left": seconds_left(visit),
    }


def seconds_left(visit: Visit) -> int:
    """Until the visitor's session ends, if he does nothing more; 0 where it is none of a session."""
    until = visit.actor.until if visit.actor else None
    return max(0, int((until - visit.office.clock.now()).total_seconds())) if until else 0


def _announced(visit: Visit) -> Sequence[object]:
    """What everybody concerned has to hear, on every page."""
    if visit.actor is None or not permits.allows(visit.actor, Power.READ_APPROVALS):
        return []
    return approvals.announcements(visit.office, visit.actor)


def go(where: str) -> Response:
    """On to another page, read anew."""
    return RedirectResponse(where, 303)


def tell(text: str) -> Response:
    """JSON that a script of a page asked for."""
    return Response(text, media_type="application/json")


def prove_first(visit: Visit, back: str) -> Response | None:
    """Where somebody has to go before a dangerous act, and from there back; None if he is fresh."""
    if permits.is_fresh(visit.who, visit.office.clock.now()):
        return None
    return go(f"/prove?next={quote(back, safe='')}")


def keep_cookie(response: Response, settings: Config, value: str) -> None:
    """Give the visitor his cookie: not for scripts, not for other sites."""
    response.set_cookie(COOKIE, value, **_cookie(settings))


def keep_choice(response: Response, settings: Config, name: str, value: str) -> None:
    """Remember a choice of how pages look, in this browser, for a year."""
    response.set_cookie(name, value, max_age=31_536_000, **_cookie(settings))


def within(where: str) -> str:
    """A place to go on to if it is one of ours, else the first page."""
    parts = urlsplit(where)
    ours = where.startswith("/") and not where.startswith(("//", "/\\")) and not parts.netloc
    return where if ours and where.isprintable() else "/"


def problem(request: Request, fault: Exception) -> Response:
    """An error as a page; a missing power is recorded and named."""
    assert isinstance(fault, PlatformError), "registered for this kind"
    try:
        return _problem(_visit(request), request, fault)
    except Unavailable as away:  # not even who asks can be looked up
        return _problem(_stranger(request), request, away)


def _problem(visit: Visit, request: Request, fault: PlatformError) -> Response:
    status = 400 if isinstance(fault, Invalid) else status_of(fault)
    if isinstance(fault, NotPermitted):
        route = getattr(request.scope.get("route"), "path", "unknown")
        who = visit.actor.id if visit.actor else "unknown"
        try:
            auditing.denied(visit.office, who, f"{request.method} {route}", fault.message)
        except Unavailable as unwritten:  # a denial that cannot be recorded is answered with why
            fault, status = unwritten, status_of(unwritten)
    words = {500: "Something does not agree here.", 507: FULL}
    message = words.get(status) or told(fault)
    return see(visit, "problem.html", status, kind=status, message=message)


def _cookie(settings: Config) -> dict[str, Any]:
    secure = settings.public_url.startswith("https://")
    return {"httponly": True, "samesite": "lax", "path": "/", "secure": secure}


def _read(page: Page, request: Request, signed_in: bool) -> Response:
    visit = _visit(request)
    if signed_in and visit.actor is None:
        return go(f"/sign-in?next={quote(visit.here, safe='')}")
    return page(visit)


def _take(act: Act, request: Request, form: Form, signed_in: bool) -> Response:
    visit = _visit(request)
    if signed_in and visit.actor is None:
        return go("/sign-in")
    _require_ours(visit, form)
    return act(visit, form)


def _require_ours(visit: Visit, form: Form) -> None:
    """Raises NotPermitted for a form that none of our own pages sent."""
    origin = visit.request.headers.get("origin", visit.settings.public_url)
    host = visit.request.headers.get("host", "")
    ours = origin == visit.settings.public_url or origin == f"http://{host}"
    known = COOKIE in visit.request.cookies
    if not (ours and known and is_mask_of(form.get("token", ""), visit.secret)):
        raise NotPermitted("this form was not sent by a page of ours, or is too old: load it anew")


def client_of(request: Request, visitor: str = "") -> Client:
    """Where a request comes from."""
    address = request.client.host if request.client else "unknown"
    return Client(address, request.headers.get("user-agent", "")[:512], visitor)


def _visit(request: Request) -> Visit:
    visit = _stranger(request)
    actor = sessions.actor_of_session(visit.office, visit.cookie, visit.client)
    return replace(visit, actor=actor)


def _stranger(request: Request) -> Visit:
    """A request of whoever it may be."""
    office: Office = request.app.state.office
    cookie = request.cookies.get(COOKIE) or secrets.token_urlsafe(32)
    visitor = hashlib.sha256(f"visitor {cookie}".encode()).hexdigest()
    client = client_of(request, visitor)
    return Visit(request, office, request.app.state.settings, client, cookie, None)


async def _form(request: Request) -> Form:
    """The fields of a form. Raises Invalid."""
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    body = await request.body()
    if kind != "application/x-www-form-urlencoded" or len(body) > FORM_BYTES:
        raise Invalid("this is no form of ours: send it as application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS)
    except (UnicodeDecodeError, ValueError):
        raise Invalid("this form cannot be read") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields[name] = f"{fields[name]} {value}" if name in fields else value
    return fields


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("freehold.doors.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(formats.FILTERS)
    return made
