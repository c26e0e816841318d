"""A company whose securities are serviced on a running platform: a coin, a clock, two persons who agree."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freehold.book import issuers
from freehold.chain import contracts, deploy
from freehold.chain.contracts import call
from freehold.core.clock import stamp
from freehold.core.roles import Role
from freehold.desks import ledgers
from freehold.desks.office import now_on_chain
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.register import records
from tests.doors.running import ISSUER as COMPANY
from tests.doors.running import Platform, office_of, until

ISSUER, AGENT = Role.ISSUER, Role.TRANSFER_AGENT


def coin_on(platform: Platform, key: str = "coin") -> str:
    """A coin of six decimals, of which the agent has plenty; one for each platform and key.

    A coin in which somebody declared a pot is in the cash book under a code of its own. Whoever else used
    the platform may have changed addresses, and payments would wait: those holds are ended.
    """
    with office_of(platform.home) as office:
        agent = office.keys.agent
        data = contracts.creation("Cash", "Euro", "EUR", 6)
        done = carry_out(office, "coin", [Asked(agent, None, data, "coin", key)])
        address = deploy.created(receipt_of(office, done[0]))
        issued = call("Cash", "issue", agent.address, 10**15)
        carry_out(office, "coin", [Asked(agent, address, issued, "money", f"money {key}")])
        with office.book.reading() as tx:
            holders = issuers.holders(tx, COMPANY)
    for holder in holders:
        ended = platform.ask(AGENT, "DELETE", f"/v1/agent/holders/{holder.id}/address/hold")
        assert ended.status_code in (204, 404, 409), ended.text
    return address


def now_of(platform: Platform) -> datetime:
    with office_of(platform.home) as office:
        return now_on_chain(office)


def next_record(platform: Platform) -> datetime:
    """A day after the last instant that is announced: those of a security come one after the other."""
    with office_of(platform.home) as office:
        announced = [one.instant for one in records.records(office, COMPANY)]
        last = max([now_on_chain(office), *announced])
    return (last + timedelta(days=1)).replace(microsecond=0).astimezone(UTC)


def travel(platform: Platform, instant: datetime) -> None:
    """Let time pass on the simulated clock, and a block at that instant."""
    with office_of(platform.home) as office:
        if instant > now_on_chain(office):
            ledgers.set_clock(office, instant)


def dividend(platform: Platform, coin: str, id: str, amount: str = "0.25") -> str:
    """Terms of a dividend with its record tomorrow and its payment two days later."""
    record = next_record(platform)
    return (
        f'id = "{id}"\nkind = "cash-dividend"\ninstrument = "series-a"\n'
        f"record = {stamp(record)}\npayment = {stamp(record + timedelta(days=2))}\n"
        f'[cash]\ncoin = "{coin}"\ndecimals = 6\nper_unit = "{amount}"\n'
    )


def asked(
    platform: Platform, path: str, body: Any, key: str, method: str = "POST", role: Role = ISSUER
) -> dict[str, Any]:
    """A proposal, made by one person."""
    answer = platform.ask(role, method, path, body, {"Idempotency-Key": key})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def agreed(platform: Platform, made: dict[str, Any], role: Role = AGENT) -> None:
    """Another person approves what was proposed, and the worker carries it out."""
    body = {"difference": made["difference"]["digest"]}
    path = f"/v1/approvals/{made['id']}"
    done = platform.ask(role, "POST", f"{path}/approval", body)
    assert done.status_code == 200, done.text
    states = ("carried-out", "refused")
    until(lambda: platform.ask(role, "GET", path).json()["state"] in states, 60)
    ended = platform.ask(role, "GET", path).json()
    assert ended["state"] == "carried-out", ended["why"]


def state_of(platform: Platform, id: str) -> str:
    return str(platform.ask(ISSUER, "GET", f"/v1/actions/{id}").json().get("state"))
