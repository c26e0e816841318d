"""Pages about one issuer, where there are several: the one asked for, the one shown last, the first."""

import pytest
from starlette.requests import Request

from freehold import config
from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import permits
from freehold.desks.access import signin
from freehold.desks.access.sessions import Client
from freehold.desks.register import captables
from freehold.doors.web import cashbook, desk, filing
from freehold.doors.web.visits import Visit, issuer_of
from tests.core.ocf.worlds import issuance, package


@pytest.fixture
def visit(company, monkeypatch):
    captables.import_company(company, package([issuance("A", "2024-06-03", "ann", "10")]))
    made, _ = signin.invite(
        company, permits.operator(), "agent", [(Role.TRANSFER_AGENT, EVERYWHERE)]
    )
    with company.book.reading() as tx:
        actor = permits.actor_of(tx, made)

    def of(query: str = "", last: str = "") -> Visit:
        headers = [(b"cookie", f"issuer={last}".encode())] if last else []
        scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
        request = Request(scope | {"query_string": query.encode()})
        return Visit(request, company, config.load(), Client("127.0.0.1", "test"), "cookie", actor)

    return of


def test_the_one_asked_for_goes_before_the_last_and_the_last_before_the_first(visit):
    assert issuer_of(visit()) == "northwind-optics"
    assert issuer_of(visit(last="company")) == "company"
    assert issuer_of(visit("issuer=northwind-optics", last="company")) == "northwind-optics"
    assert issuer_of(visit(last="nobody")) == "northwind-optics"


@pytest.mark.parametrize(
    "page", [cashbook.book, cashbook.reconciliation, desk.overview, filing.listed]
)
def test_a_page_shows_one_and_lets_choose_the_other(visit, page):
    first, other = page(visit()), page(visit("issuer=company"))
    assert first.status_code == other.status_code == 200
    chosen = '<option value="company" selected>'
    assert chosen in other.body.decode() and chosen not in first.body.decode()
    kept = [text.decode() for name, text in other.raw_headers if name == b"set-cookie"]
    assert any(text.startswith("issuer=company") for text in kept)
