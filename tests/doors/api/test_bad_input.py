"""Ten slips in servicing a security, sent to the API: one sentence in a problem document, nothing begun.

On the running platform: no instruction, order, proposal, action, vote or form may come of any of them.
"""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from freehold.book import schema
from freehold.core.clock import parse, stamp
from freehold.core.roles import Role
from tests.doors.running import HOLDER, office_of, until
from tests.doors.running import ISSUER as COMPANY
from tests.doors.serviced import (
    AGENT,
    ISSUER,
    agreed,
    asked,
    coin_on,
    dividend,
    next_record,
    travel,
)
from tests.doors.test_servicing import called, notice

MANAGER = Role.ISSUER
BEGUN = (
    "instruction", "work_order", "proposal", "corporate_action", "action_terms", "action_step",
    "meeting", "meeting_vote", "tax_form", "request",
)  # fmt: skip
"""Where anything that was begun would stand."""
EXIT = (
    'kind = "exit"\nname = "Sold"\ncurrency = "USD"\non = 2026-12-31\n'
    '[[class]]\nid = "first"\nunits = 10\nprice = "1"\nsenior_to = ["second"]\n'
    '[[class]]\nid = "second"\nunits = 10\nprice = "1"\nsenior_to = ["first"]\n'
)
SAID = [{"resolution": "accounts", "marks": [{"ranking": ["for"]}]}]


@pytest.fixture(scope="module")
def there(platform):
    """A coin, a dividend behind its record, a meeting that is closed, and days that lie ahead."""
    coin = coin_on(platform, "bad input")
    meeting = called(platform, notice(platform), "bad-meeting")
    travel(platform, parse(meeting["closes"]) + timedelta(seconds=1))
    text = dividend(platform, coin, "bad-pot", "0.5")
    agreed(platform, asked(platform, "/v1/actions", {"terms": text}, "bad-pot"))
    one = platform.ask(ISSUER, "GET", "/v1/actions/bad-pot").json()
    travel(platform, parse(one["record_instant"]) + timedelta(seconds=1))
    until(lambda: not provisional(platform))
    still = called(platform, notice(platform), "bad-still")
    ahead = next_record(platform) + timedelta(days=30)
    yield {
        "coin": coin,
        "closed": meeting["number"],
        "open": still["number"],
        "past": stamp(parse(one["record_instant"])),
        "ahead": stamp(ahead),
        "later": stamp(ahead + timedelta(days=2)),
    }
    agreed(platform, asked(platform, "/v1/actions/bad-pot/cancellation", None, "bad-pot-off"))


def provisional(platform):
    return platform.ask(ISSUER, "GET", "/v1/actions/bad-pot/entitlements").json()["provisional"]


def terms(kind, record, payment, more):
    head = f'id = "bad-{kind}"\nkind = "{kind}"\ninstrument = "series-a"\n'
    return "POST", "/v1/actions", {"terms": f"{head}record = {record}\npayment = {payment}\n{more}"}


def cash(there, decimals=6):
    return f'[cash]\ncoin = "{there["coin"]}"\ndecimals = {decimals}\nper_unit = "0.25"\n'


def of(action, there, record="ahead", payment="later", more=""):
    return terms(action, there[record], there[payment], more or cash(there))


SLIPS = {
    "a record instant in the past": (
        lambda at: of("coupon", at, record="past"),
        422, "the record instant {past} has passed: a record is announced ahead",
    ),
    "payment before record": (
        lambda at: of("coupon", at, record="later", payment="ahead"),
        422, "payment: {ahead} is before the record {later}",
    ),
    "a pot smaller than declared": (
        lambda at: ("POST", "/v1/actions/bad-pot/funding", {"amount": "0.000005"}),
        422, "the pot 5 is smaller than declared: ",
    ),
    "cash of the wrong decimals": (
        lambda at: of("coupon", at, more=cash(at, decimals=2)),
        422, "the terms say 2 decimals, the coin EUR has 6",
    ),
    "a split that would make caps absurd": (
        lambda at: of("split", at, more="[units]\nratio = 10001\n"),
        422, "ratio: 10001 is absurd: at most 10000 for 1 or 1 for 10000",
    ),
    "a class that converts into itself": (
        lambda at: of("conversion", at, more='[units]\nratio = 2\ninto = "series-a"\n'),
        422, "units: leads from series-a into itself",
    ),
    "circular seniority": (
        lambda at: ("POST", f"/v1/issuers/{COMPANY}/waterfall", {"exit": "100", "terms": EXIT}),
        422, "senior_to: seniority runs in a circle: first > second > first",
    ),
    "a proxy loop": (
        lambda at: (
            "POST", f"/v1/meetings/{at['open']}/proxies",
            {"holder": "mara-lindqvist", "proxy": "mara-lindqvist"},
        ),
        409, "the appointment is refused: mara-lindqvist cannot be its own proxy",
    ),
    "a vote after the close": (
        lambda at: (
            "POST", f"/v1/meetings/{at['closed']}/votes", {"holder": HOLDER, "said": SAID},
        ),
        422, "closed",
    ),
    "a tax form that ran out": (
        lambda at: (
            "PUT", "/v1/persons/nobody/tax-form",
            {"form": "w8ben", "signed": "2012-06-01", "residence": "DE"},
        ),
        422, "signed: the form signed on 2012-06-01 ran out on 2015-12-31: ask for a new one",
    ),
}  # fmt: skip


def begun(platform):
    """How many rows stand where anything begun would stand."""
    with office_of(platform.home) as office, office.book.reading() as tx:
        tables = {one.name: one for one in schema.metadata.sorted_tables}
        assert set(BEGUN) <= set(tables), set(BEGUN) - set(tables)
        return {
            name: tx.execute(select(func.count()).select_from(tables[name])).scalar()
            for name in BEGUN
        }


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_answered_in_one_sentence_and_nothing_is_begun(platform, there, slip):
    make, status, sentence = SLIPS[slip]
    method, path, body = make(there)
    before = begun(platform)
    role = AGENT if "meetings" in path else MANAGER
    answer = platform.ask(
        role, method, path, body, {"Idempotency-Key": f"bad-{list(SLIPS).index(slip)}"}
    )
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    assert answer.status_code == status, answer.text
    told = answer.json()
    said = [
        told["detail"],
        *(f"{one['place']}: {one['message']}" for one in told.get("mistakes", ())),
    ]
    wanted = sentence.format(**there)
    assert any(wanted in one for one in said), said
    assert all(len(one.split()) >= 4 for one in said)
    assert begun(platform) == before
