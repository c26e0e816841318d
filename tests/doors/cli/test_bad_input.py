"""What nobody may slip through while a security is serviced: one clear sentence, and nothing is begun.

All on one company: a dividend whose record has passed, a meeting that is closed and one that is open, and
a clock that stands a day after a tax form ran out.
"""

import shutil
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from freehold.book import people, schema
from freehold.chain import contracts, deploy, node
from freehold.chain.contracts import call
from freehold.core.clock import parse, stamp
from freehold.core.holder import Particulars
from freehold.desks import ledgers
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.servicing import actions, meetings
from freehold.desks.servicing.meetings import MeetingRequest
from tests.company import office_of

TODAY = "2025-01-01T12:00:00Z"
"""A form that was signed in 2021 ran out on 31 December 2024: yesterday."""
AHEAD = stamp(parse(TODAY) + timedelta(days=5))
LATER = stamp(parse(TODAY) + timedelta(days=7))
KEPT = {"audit_entry", "change"}
"""A refusal is audited, and the feed of changes tells of the entry; nothing else is written."""
NOTICE = (
    'name = "Meeting"\nrecord = {record}\nopens = {opens}\ncloses = {closes}\n'
    '[[resolution]]\nid = "accounts"\nquorum = 0\n'
)
EXIT = (
    'kind = "exit"\nname = "Sold"\ncurrency = "USD"\non = 2026-12-31\n'
    '[[class]]\nid = "first"\nunits = 10\nprice = "1"\nsenior_to = ["second"]\n'
    '[[class]]\nid = "second"\nunits = 10\nprice = "1"\nsenior_to = ["first"]\n'
)


@pytest.fixture(scope="module")
def serviced(northwind_home, tmp_path_factory):
    """An open office of the company, the coin, and the numbers of the two meetings."""
    home = tmp_path_factory.mktemp("bad") / "home"
    shutil.copytree(northwind_home, home, ignore=shutil.ignore_patterns("*.sock", "*.socket"))
    with office_of(home) as office:
        agent = orders.agent(office)
        data = contracts.creation("Cash", "Euro", "EUR", 6)
        done = carry_out(office, "coin", [Asked(agent.signer, None, data, "coin", "coin")])
        coin = deploy.created(receipt_of(office, done[0]))
        issued = call("Cash", "issue", agent.signer.address, 10**15)
        carry_out(office, "coin", [Asked(agent.signer, coin, issued, "money", "money")])
        ledgers.set_clock(office, parse("2024-12-01T00:00:00Z"))
        short = _terms("cash-dividend", "2024-12-02T00:00:00Z", LATER, _cash(coin, "pot = 1000"))
        assert actions.announce(office, agent, short).act.reason == ""
        closed = _called(office, agent, "2024-12-03T00:00:00Z", "2024-12-05T00:00:00Z")
        still = _called(office, agent, "2024-12-04T00:00:00Z", "2026-12-05T00:00:00Z")
        with office.book.transaction() as tx:
            who = Particulars("Priya Raman", residence="DE")
            people.add(tx, office.people.vault(), "p-priya", who, office.clock.now())
        ledgers.set_clock(office, parse(TODAY))
        yield office, coin, closed, still
    node.stop(home)


def _called(office, agent, record, closes):
    opens = stamp(parse(record) + timedelta(hours=1))
    notice = NOTICE.format(record=record, opens=opens, closes=closes)
    return meetings.announce(office, agent, MeetingRequest(notice, record)).number


def _terms(kind, record, payment, more):
    head = f'id = "{kind}"\nkind = "{kind}"\ninstrument = "series-a"\n'
    return f"{head}record = {record}\npayment = {payment}\n{more}"


def _cash(coin, what, decimals=6):
    return f'[cash]\ncoin = "{coin}"\ndecimals = {decimals}\n{what}\n'


def state(office):
    """How far the chain is and how much every table of the book has."""
    with office.book.reading() as tx:
        tables = [one for one in schema.metadata.sorted_tables if one.name not in KEPT]
        rows = {
            one.name: tx.execute(select(func.count()).select_from(one)).scalar() for one in tables
        }
    return office.w3.eth.block_number, rows


PER_UNIT = 'per_unit = "0.25"'
BAD = {
    "a record instant in the past": (
        lambda coin: ("coupon", "2024-12-31T00:00:00Z", LATER, _cash(coin, PER_UNIT)),
        "the record instant 2024-12-31T00:00:00Z has passed: a record is announced ahead",
    ),
    "payment before record": (
        lambda coin: ("coupon", LATER, AHEAD, _cash(coin, PER_UNIT)),
        f"payment: {AHEAD} is before the record {LATER}",
    ),
    "cash of the wrong decimals": (
        lambda coin: ("coupon", AHEAD, LATER, _cash(coin, PER_UNIT, decimals=2)),
        "the terms say 2 decimals, the coin EUR has 6",
    ),
    "a split that would make caps absurd": (
        lambda coin: ("split", AHEAD, LATER, "[units]\nratio = 10001\n"),
        "ratio: 10001 is absurd: at most 10000 for 1 or 1 for 10000",
    ),
    "a class that converts into itself": (
        lambda coin: ("conversion", AHEAD, LATER, '[units]\nratio = 2\ninto = "series-a"\n'),
        "units: leads from series-a into itself",
    ),
}
REFUSED = ("a proxy loop", "a vote after the close")
"""Acts that make sense and are refused; all else is no sense at all."""
FILED = ("--form", "w8ben", "--signed", "2021-06-01", "--residence", "DE")
WORDS = {
    "a pot smaller than declared": (
        lambda closed, still: ("action", "fund", "cash-dividend", "--amount", 5),
        "the pot 5 is smaller than declared: 1000000000 is due; fund 999999995 more",
    ),
    "a proxy loop": (
        lambda closed, still: (
            "meeting", "proxy", still, "--holder", "jonas-keller", "--to", "jonas-keller",
        ),
        "runs in a circle",
    ),
    "a vote after the close": (
        lambda closed, still: (
            "meeting", "vote", closed, "--holder", "mara-lindqvist", "--for", "accounts",
        ),
        "2024-12-05T00:00:00Z",
    ),
    "a tax form that ran out yesterday": (
        lambda closed, still: ("tax", "form", "p-priya", *FILED),
        "signed: the form signed on 2021-06-01 ran out on 2024-12-31: ask for a new one",
    ),
}  # fmt: skip


def told(answer):
    """The sentence of an error, or of an act that was refused."""
    if "error" in answer.document:
        return answer.said
    return answer.document.get("reason") or answer.document["vote"]["reason"]


@pytest.mark.parametrize("slip", [*BAD, *WORDS, "circular seniority"])
def test_a_slip_is_refused_in_one_sentence_and_nothing_is_begun(
    run, serviced, monkeypatch, tmp_path, slip
):
    office, coin, closed, still = serviced
    monkeypatch.setenv("FREEHOLD_HOME", str(office.home))
    file = tmp_path / "terms.toml"
    if slip in BAD:
        made, sentence = BAD[slip]
        file.write_text(_terms(*made(coin)))
        words = ("action", "announce", file)
    elif slip in WORDS:
        made, sentence = WORDS[slip]
        words = made(closed, still)
    else:
        file.write_text(EXIT)
        sentence = "senior_to: seniority runs in a circle: first > second > first"
        words = ("waterfall", file, "--exit", 100)
    before = state(office)
    answer = run(*words)
    assert sentence in told(answer)
    assert answer.code == (1 if slip in REFUSED else 2)
    after = state(office)
    changed = {name for name in before[1] if before[1][name] != after[1][name]}
    assert (after[0], changed - KEPT) == (before[0], set())
