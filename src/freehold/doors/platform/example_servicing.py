"""The part of the example world in which securities are serviced: a coin, a dividend paid, a coupon ahead,
a meeting that is open."""

from datetime import datetime, timedelta

from freehold.core.clock import stamp
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox import orders
from freehold.desks.permits import keyholder
from freehold.desks.servicing import actions, assembly, cashbook, meetings, paying, testcoin
from freehold.desks.servicing.meetings import MeetingRequest

CODE = "USDX"


def coin(office: Office, issuer: str) -> str:
    """A coin of six decimals, of which the agent has ten million, in the issuer's cash book."""
    address = testcoin.coin(office, "Example dollar", CODE, 6, 10_000_000 * 10**6)
    agent = office.keys.agent.address
    cashbook.add_coin(office, keyholder(), issuer, address, agent, CODE)
    return address


def announce_dividend(office: Office, issuer: str, named: str, id: str, record: datetime) -> None:
    """A dividend of 12 cents for each unit, two days after its record."""
    if known(office, issuer, id):
        return
    text = (
        f'id = "{id}"\nkind = "cash-dividend"\ninstrument = "{named}"\n'
        f"record = {stamp(record)}\npayment = {stamp(record + timedelta(days=2))}\n"
        'narrative = "From the profit of the last year."\n'
        f'[cash]\ncoin = "{coin(office, issuer)}"\ndecimals = 6\nper_unit = "0.12"\n'
    )
    actions.announce(office, orders.agent(office), text, issuer)


def pay_dividend(office: Office, id: str) -> None:
    """Fund, pay, prove and close, once its payment is due; begun again where it was left."""
    agent = orders.agent(office)
    taken = {step for step, _, _ in actions.show(office, id).steps}
    if "fund" not in taken:
        paying.fund(office, agent, id)
    if "deliver" not in taken:
        paying.pay(office, agent, id)
    if "reconcile" not in taken:
        paying.reconcile(office, agent, id)
    if "close" not in taken:
        paying.close(office, agent, id)


def known(office: Office, issuer: str, id: str) -> bool:
    """Whether an action was announced already."""
    return any(one.terms.id == id for one in actions.every(office, issuer))


def announce_coupon(office: Office, issuer: str, named: str, record: datetime) -> None:
    """A year's interest at 4.25 % on notes of 1,000, at a record that is announced already."""
    if known(office, issuer, f"coupon-{record:%Y}"):
        return
    text = (
        f'id = "coupon-{record:%Y}"\nkind = "coupon"\ninstrument = "{named}"\n'
        f"record = {stamp(record)}\npayment = {stamp(record + timedelta(days=5))}\n"
        f'[cash]\ncoin = "{coin(office, issuer)}"\ndecimals = 6\nper_unit = "42.5"\n'
    )
    actions.announce(office, orders.agent(office), text, issuer)


def call_meeting(office: Office, issuer: str) -> None:
    """A members' meeting whose record is an hour away and whose votes are open for two weeks."""
    if assembly.every(office, issuer):
        return
    record = now_on_chain(office) + timedelta(hours=1)
    text = (
        'name = "Members\' meeting"\n'
        f"record = {stamp(record)}\nopens = {stamp(record + timedelta(hours=1))}\n"
        f"closes = {stamp(record + timedelta(days=14))}\nchangeable = true\n"
        '[[resolution]]\nid = "roof"\ntitle = "The roof is renewed for 240,000 USD"\n'
        'quorum = "1/3"\nmajority = "2/3"\n'
        '[[resolution]]\nid = "managers"\ntitle = "Two managers are elected"\nquorum = 0\n'
        'method = "cumulative"\ncandidates = ["Blake", "Ferrer", "Sato"]\nseats = 2\n'
    )
    asked = MeetingRequest(text, "example: members' meeting", issuer)
    meetings.announce(office, orders.agent(office), asked)
