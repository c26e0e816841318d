"""The routes of the web pages, and what an error looks like there."""

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from freehold.core.errors import NotFound, PlatformError
from freehold.doors.api import problems
from freehold.doors.web import (
    account,
    admitting,
    amending,
    announcing,
    applying,
    approving,
    assemblies,
    assets,
    calling,
    cash_keeping,
    cashbook,
    claims,
    custody,
    dates,
    desk,
    drafting,
    entering,
    establishing,
    evidence,
    example,
    exits,
    filing,
    gallery,
    homes,
    instructing,
    issuing,
    live,
    messaging,
    owning,
    payments,
    people,
    proving,
    reading,
    records,
    reviewing,
    rules,
    searching,
    servicing,
    subscribing,
    tax,
    transferring,
    unclaimed,
    visits,
    webhooks,
    windups,
)
from freehold.doors.web.visits import Act, Page, act, page, public, public_act, upload
from freehold.wire.problems import KINDS


def routes() -> list[BaseRoute]:
    """Every page and everything that a form is sent to."""
    return [
        Route("/static/{name}", assets.serve, methods=["GET"]),
        _open("/sign-in", entering.sign_in, entering.begin),
        _open("/sign-in/code", None, entering.finish),
        _open("/welcome/{link}", entering.welcome, entering.enrol),
        Route("/sign-out", act(entering.sign_out), methods=["POST"]),
        Route("/", page(homes.home), methods=["GET"]),
        Route("/securities", page(reading.securities), methods=["GET"]),
        Route("/securities/{token}", page(owning.overview), methods=["GET"]),
        Route("/securities/{token}/register", page(reading.register), methods=["GET"]),
        *_papers(),
        *_desk(),
        *records.routes(),
        *custody.routes(),
        *_breadth(),
        Route(live.PLACE, live.stream, methods=["GET"]),
        Route("/activity", page(reading.activity), methods=["GET"]),
        Route("/activity/{id}", page(reading.instruction), methods=["GET"]),
        Route("/approvals", page(approving.queue), methods=["GET"]),
        Route("/approvals/rules", page(approving.rules), methods=["GET"]),
        Route("/approvals/{id}", page(approving.proposal), methods=["GET"]),
        Route("/approvals/{id}/decide", act(approving.decide), methods=["POST"]),
        Route("/approvals/{id}/withdraw", act(approving.withdraw), methods=["POST"]),
        Route("/approvals/{id}/again", act(approving.again), methods=["POST"]),
        Route("/approvals/{id}/break-glass", act(approving.break_glass), methods=["POST"]),
        _signed_in("/acts/issue", issuing.form, issuing.propose),
        _signed_in("/acts/{kind}", approving.form, approving.propose),
        _signed_in("/admissions", admitting.form, admitting.admit),
        _signed_in("/suspensions", admitting.suspending, admitting.suspend),
        _signed_in("/transfers", transferring.form, transferring.transfer),
        Route("/transfers/begin", act(instructing.begin), methods=["POST"]),
        Route("/explorer", page(reading.explorer), methods=["GET"]),
        Route("/explorer/blocks", page(reading.blocks), methods=["GET"]),
        Route("/explorer/blocks/{number}", page(reading.block), methods=["GET"]),
        Route("/explorer/{hash}", page(reading.transaction), methods=["GET"]),
        Route("/find", page(reading.find), methods=["GET"]),
        Route("/audit", page(reading.audit), methods=["GET"]),
        Route("/audit/export", page(filing.audit_log), methods=["GET"]),
        Route("/audit/verify", act(reading.verify_audit), methods=["POST"]),
        Route("/verify", act(reading.verify_registers), methods=["POST"]),
        Route("/gallery", public(gallery.gallery), methods=["GET"]),
        Route("/example/enter", public_act(example.enter), methods=["POST"]),
        Route("/example/clock", act(example.advance), methods=["POST"]),
        *cashbook.routes(),
        *cash_keeping.routes(),
        *tax.routes(),
        _signed_in("/actions/new", announcing.new, announcing.announce),
        *dates.routes(),
        *servicing.routes(),
        *payments.routes(),
        *claims.routes(),
        *subscribing.routes(),
        *unclaimed.routes(),
        *windups.routes(),
        *evidence.routes(),
        *exits.routes(),
        *messaging.routes(),
        *calling.routes(),
        *assemblies.routes(),
        *amending.routes(),
        Route("/problems/{kind}", public(_kind), methods=["GET"]),
        *_ways_in(),
        *_account(),
        *webhooks.routes(),
        *_people(),
        *_investors(),
    ]


def _ways_in() -> list[BaseRoute]:
    """Passkeys and wallets on the way in, and the fresh proof."""
    return [
        _open("/sign-in/passkey/begin", None, proving.begin_passkey),
        _open("/sign-in/passkey", None, proving.passkey),
        _open("/sign-in/wallet/begin", None, proving.begin_wallet),
        _open("/sign-in/wallet", None, proving.wallet),
        _open("/welcome/{link}/passkey/begin", None, proving.begin_enrolment),
        _open("/welcome/{link}/passkey", None, proving.enrol),
        Route("/prove", page(proving.prove), methods=["GET"]),
        Route("/prove/passkey/begin", act(proving.begin_proof), methods=["POST"]),
        Route("/prove/passkey", act(proving.prove_by_passkey), methods=["POST"]),
        Route("/prove/code", act(proving.prove_by_code), methods=["POST"]),
    ]


def _account() -> list[BaseRoute]:
    """What somebody sees and changes of his own access."""
    return [
        Route("/account", page(account.account), methods=["GET"]),
        Route("/account/passkeys/begin", act(account.begin_passkey), methods=["POST"]),
        Route("/account/passkeys", act(account.add_passkey), methods=["POST"]),
        Route("/account/passkeys/{number}/name", act(account.rename_passkey), methods=["POST"]),
        Route("/account/passkeys/{number}/remove", act(account.remove_passkey), methods=["POST"]),
        Route("/account/wallets/begin", act(account.begin_wallet), methods=["POST"]),
        Route("/account/wallets", act(account.add_wallet), methods=["POST"]),
        Route("/account/wallets/{number}/remove", act(account.remove_wallet), methods=["POST"]),
        Route("/session", page(account.session), methods=["GET"]),
        Route("/account/sessions", page(account.see_sessions), methods=["GET"]),
        Route("/account/sessions/end", act(account.end_session), methods=["POST"]),
        Route("/account/sessions/others", act(account.end_others), methods=["POST"]),
        Route("/developers", page(account.developers), methods=["GET"]),
        Route("/developers/keys", act(account.make_key), methods=["POST"]),
        Route("/developers/keys/end", act(account.end_key), methods=["POST"]),
        Route("/settings", page(account.settings), methods=["GET"]),
        Route("/settings", act(account.choose), methods=["POST"]),
        Route("/settings/letters", act(account.choose_letters), methods=["POST"]),
    ]


def _people() -> list[BaseRoute]:
    """The administrator's pages."""
    return [
        Route("/people", page(people.people), methods=["GET"]),
        Route("/people", act(people.invite), methods=["POST"]),
        Route("/people/powers", page(people.powers), methods=["GET"]),
        Route("/people/{id}", page(people.file), methods=["GET"]),
        Route("/people/{id}/link", act(people.new_link), methods=["POST"]),
        Route("/people/{id}/roles", act(people.give_role), methods=["POST"]),
        Route("/people/{id}/roles/end", act(people.end_role), methods=["POST"]),
        Route("/people/{id}/person", act(people.person), methods=["POST"]),
        Route("/people/{id}/lock", act(people.lock), methods=["POST"]),
        Route("/people/{id}/unlock", act(people.unlock), methods=["POST"]),
        Route("/people/{id}/sessions/end", act(people.end_sessions), methods=["POST"]),
    ]


def _investors() -> list[BaseRoute]:
    """Invitations, applications, and their review."""
    which = "/reviews/applications/{id}"
    return [
        Route("/investors/invite", page(reviewing.invitations), methods=["GET"]),
        Route("/investors/invite", act(reviewing.invite), methods=["POST"]),
        Route("/apply", page(applying.overview), methods=["GET"]),
        Route("/apply/identity", page(applying.identity), methods=["GET"]),
        Route("/apply/identity", act(applying.state_identity), methods=["POST"]),
        Route("/apply/papers", page(applying.papers), methods=["GET"]),
        Route("/apply/papers", upload(applying.hand_in), methods=["POST"]),
        Route("/apply/wallet", page(applying.wallet), methods=["GET"]),
        Route("/apply/wallet/begin", act(applying.begin_wallet), methods=["POST"]),
        Route("/apply/wallet", act(applying.prove_wallet), methods=["POST"]),
        Route("/apply/wallet/none", act(applying.use_none), methods=["POST"]),
        Route("/apply/review", page(applying.review), methods=["GET"]),
        Route("/apply/submit", act(applying.submit), methods=["POST"]),
        Route("/reviews", page(reviewing.queue), methods=["GET"]),
        Route(which, page(reviewing.file), methods=["GET"]),
        Route(f"{which}/papers/{{kind}}", page(reviewing.paper), methods=["GET"]),
        Route(f"{which}/approve", act(reviewing.approve), methods=["POST"]),
        Route(f"{which}/ask", act(reviewing.ask), methods=["POST"]),
        Route(f"{which}/decline", act(reviewing.decline), methods=["POST"]),
        Route("/reviews/hits/{number}", act(reviewing.decide_hit), methods=["POST"]),
    ]


def _papers() -> list[Route]:
    """Documents, statements, registers as files."""
    return [
        Route("/documents", page(filing.listed), methods=["GET"]),
        Route("/documents", upload(filing.keep), methods=["POST"]),
        Route("/documents/{id}", page(filing.document), methods=["GET"]),
        Route("/documents/{id}/{version}", page(filing.download), methods=["GET"]),
        Route("/documents/{id}/{version}", act(filing.acknowledge), methods=["POST"]),
        Route("/statement", page(filing.statement), methods=["GET"]),
        Route("/statement.pdf", page(filing.statement_pdf), methods=["GET"]),
        Route("/statement.csv", page(filing.statement_csv), methods=["GET"]),
        Route("/securities/{token}/register.pdf", page(filing.register_pdf), methods=["GET"]),
        Route("/securities/{token}/register.csv", page(filing.register_csv), methods=["GET"]),
    ]


def _desk() -> list[Route]:
    """The transfer agent's desk."""
    place = "/files/{issuer}/{holder}"
    return [
        Route("/desk", page(desk.overview), methods=["GET"]),
        Route("/desk/control", act(desk.control), methods=["POST"]),
        Route("/desk/reports/{number}", page(desk.kept_report), methods=["GET"]),
        Route("/desk/reports/{number}/csv", page(desk.report_csv), methods=["GET"]),
        Route("/desk/reports/{number}/pdf", page(desk.report_pdf), methods=["GET"]),
        Route(place, page(desk.file), methods=["GET"]),
        Route(f"{place}/timeline.csv", page(desk.timeline_csv), methods=["GET"]),
        Route(f"{place}/registration", act(desk.register), methods=["POST"]),
        Route(f"{place}/address", act(desk.address), methods=["POST"]),
        Route(f"{place}/paper", act(desk.paper), methods=["POST"]),
        Route(f"{place}/restraint", act(desk.restrain), methods=["POST"]),
        Route(f"{place}/release", act(desk.release), methods=["POST"]),
        Route(f"{place}/notice", act(desk.notice), methods=["POST"]),
    ]


def _breadth() -> list[BaseRoute]:
    """Policies, assets, holders, cap tables, search."""
    return [
        Route("/securities/{token}/policy", page(rules.policy), methods=["GET"]),
        _signed_in("/securities/{token}/policy/edit", rules.edit, rules.examine),
        Route("/securities/{token}/policy/call-off", act(rules.call_off), methods=["POST"]),
        Route("/policies", page(rules.list_of), methods=["GET"]),
        Route("/assets", page(establishing.assets), methods=["GET"]),
        _signed_in("/assets/new", establishing.new, establishing.begin),
        Route("/assets/drafts/{id}/progress", page(establishing.progress), methods=["GET"]),
        Route("/assets/drafts/{id}/discard", act(establishing.discard), methods=["POST"]),
        Route("/assets/drafts/{id}/again", act(establishing.again), methods=["POST"]),
        _signed_in("/assets/drafts/{id}/second", drafting.second, drafting.decide),
        _signed_in("/assets/drafts/{id}/{step}", establishing.step, establishing.keep),
        Route("/issuers/{issuer}/cap-table", page(owning.cap_table), methods=["GET"]),
        Route("/holders", page(owning.holders), methods=["GET"]),
        Route("/search", page(searching.search), methods=["GET"]),
        Route("/reasons/{code}", page(searching.reason), methods=["GET"]),
    ]


def _open(path: str, shown: Page | None, taken: Act) -> Route:
    """A path for anybody: read, and sent a form to."""
    reads = public(shown) if shown else None
    takes = public_act(taken)

    async def endpoint(request: Request) -> Response:
        if request.method == "POST":
            answer: Response = await takes(request)
        else:
            assert reads is not None, "this path takes forms alone"
            answer = await reads(request)
        return answer

    return Route(path, endpoint, methods=["GET", "POST"] if shown else ["POST"])


def _signed_in(path: str, shown: Page, taken: Act) -> Route:
    """A path for whoever is signed in: read, and sent a form to."""
    reads, takes = page(shown), act(taken)

    async def endpoint(request: Request) -> Response:
        answer: Response = await (takes if request.method == "POST" else reads)(request)
        return answer

    return Route(path, endpoint, methods=["GET", "POST"])


def _kind(visit: visits.Visit) -> Response:
    """What a kind of problem document means."""
    wanted = visit.path("kind")
    if found := KINDS.get(wanted):
        said = f"{found.title}."
        heading = wanted if wanted == problems.MISTAKEN else found.status
        return visits.see(visit, "problem.html", 200, kind=heading, message=said)
    raise NotFound("there is no such kind of problem")


def _no_page(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException), "registered for this kind"
    if fault.status_code == 405:
        return PlainTextResponse("This page does not take that.", 405, fault.headers)
    if fault.status_code == 413:
        return PlainTextResponse(str(fault.detail), 413)
    if request.url.path.startswith("/api/"):  # a path that no route of the API can have
        return problems.answer(404, "There is no such route.")
    return visits.problem(request, NotFound("there is no such page"))


def _fault(request: Request, fault: Exception) -> Response:
    return PlainTextResponse("Something went wrong on our side; it was written down.", 500)


EXCEPTIONS: Mapping[Any, Any] = {
    PlatformError: visits.problem,
    HTTPException: _no_page,
    Exception: _fault,
}
