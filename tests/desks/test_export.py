"""A cap table goes out with what happened on chain since it came in, and comes in again the same."""

import json
import random
from datetime import timedelta

import pytest

from freehold.chain import node
from freehold.chain.contracts import call, content_hash
from freehold.core import captable, clock, ocf
from freehold.core.errors import NotFound
from freehold.core.facts import Kind
from freehold.core.grounds import Ground, Grounds
from freehold.core.holder import Holder, HolderKind
from freehold.core.policy.rows import authorised_row
from freehold.core.policy.starter import HolderClass
from freehold.desks import parties
from freehold.desks.office import create_local_ledger, now_on_chain, set_clock
from freehold.desks.onboarding import holders
from freehold.desks.onboarding.holders import AdmitRequest, MarkRequest
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, carry_out
from freehold.desks.register import captables, registers, takeovers
from freehold.desks.securities import enforcement, issuance, splits, transfers
from freehold.desks.securities.enforcement import ForceRequest
from freehold.desks.securities.issuance import IssueRequest, RedeemRequest
from freehold.desks.securities.splits import SplitRequest
from freehold.desks.securities.transfers import TransferRequest
from tests.company import NORTHWIND, files_of, office_of
from tests.core.ocf.worlds import issuance as issued
from tests.core.ocf.worlds import package, shared, stock_class
from tests.desks.register.test_takeovers import COMPANY, DAY, REGISTER, TOTALS

DOCUMENT = b"\x05" * 32
SEED = 20261126
ZOE = Holder("zoe", "Zoë Marchetti", HolderKind.PERSON, "IT")


def must(outcome):
    done = outcome if hasattr(outcome, "ended") else outcome.act
    assert str(done.ended) == "done", done.reason
    return outcome


class Desk:
    """Acts on one office, each under a key of its own."""

    def __init__(self, office):
        self.office, self.agent, self.number = office, orders.agent(office), 0

    def key(self):
        self.number += 1
        return f"act {self.number}"

    def transfer(self, named, giver, taker, units, kind=Kind.SALE):
        asked = TransferRequest(named, giver, taker, units, self.key(), kind=kind)
        done = transfers.transfer(self.office, self.agent, asked)
        assert done.allowed, done.reason

    def force(self, named, giver, taker, units):
        grounds = Grounds(Ground.CORRECTION, DOCUMENT)
        asked = ForceRequest(named, giver, taker, units, grounds, self.key())
        must(enforcement.force_transfer(self.office, self.agent, asked))

    def issue(self, named, who, units, exemption=""):
        asked = IssueRequest(named, ((who, units),), self.key(), exemption=exemption)
        must(issuance.issue(self.office, self.agent, asked))

    def redeem(self, named, who, units, ground):
        asked = RedeemRequest(named, who, units, Grounds(ground, DOCUMENT), self.key())
        must(issuance.redeem(self.office, self.agent, asked))

    def split(self, named, up, down):
        asked = SplitRequest(named, up, down, DOCUMENT, self.key())
        must(splits.announce(self.office, self.agent, asked))
        must(splits.run(self.office, self.agent, None, named))

    def convert(self, named, who, units, into, up, down):
        owner, source = parties.instrument(self.office, None, named)
        _, target = parties.instrument(self.office, None, into)
        wallet, key = parties.party(self.office, owner, who).wallet, self.key()
        id = key.encode().ljust(32, b"\0")
        given = (id, wallet, target.token, units, up, down, 0, DOCUMENT, [])
        data = call("SecurityToken", "convert_units", *given)
        carry_out(self.office, "convert", [Asked(self.agent.signer, source.token, data, "c", key)])

    def authorise(self, named, units):
        _, source = parties.instrument(self.office, None, named)
        rows = [authorised_row(units, DOCUMENT)]
        announced = call("SecurityToken", "announce_rules", b"\x06" * 32, content_hash(rows))
        for days, data in ((3, announced), (0, call("SecurityToken", "activate_rules", rows))):
            asked = Asked(self.agent.signer, source.token, data, "authorise", self.key())
            carry_out(self.office, "authorise", [asked])
            self.wait(days)

    def wait(self, days):
        set_clock(self.office, clock.to_seconds(now_on_chain(self.office) + timedelta(days=days)))


def held(office):
    found = registers.holdings_on(office, None, now_on_chain(office).date())
    return {key: line for key, line in found.items() if line}


def running_lots(office, day):
    """Who has which lots whose clocks still run, summed by acquisition day and day of release."""
    lots = {}
    for report in registers.registers(office, None):
        for row in report.rows:
            for lot in row.lots:
                if not lot.free_from or lot.free_from > day.isoformat():
                    at = report.instrument, row.holder, lot.acquired, lot.free_from
                    lots[at] = lots.get(at, 0) + int(lot.units)
    return lots


def diluted(files):
    table = captables.table_of_files(files, None)
    return {(one.holder, one.source): one.units for one in captable.fully_diluted(table)}


def objects(files):
    documents = [json.loads(text) for name, text in files.items() if "Manifest" not in name]
    return {(one["object_type"], one["id"]): one for file in documents for one in file["items"]}


def require_the_same_again(office, tmp_path, *, simulated=True):
    """Import what comes out of an office into a fresh ledger and compare the two registers."""
    written = captables.export_company(office, None)
    home = tmp_path / "again"
    create_local_ledger(home, simulated_clock=simulated, seconds=1 if simulated else 0)
    with office_of(home) as other:
        captables.import_company(other, written)
        day = max(now_on_chain(one).date() for one in (office, other))
        assert held(other) == held(office)
        assert running_lots(other, day) == running_lots(office, day)
        again = captables.export_company(other, None)
        assert registers.verify(other).ok
    node.stop(home)
    assert again == ocf.write(ocf.read(written))
    return written


def test_everything_that_happened_since_comes_out_and_in_again(company, tmp_path):
    desk, before = Desk(company), files_of(NORTHWIND)
    desk.wait(1)
    must(holders.admit(company, desk.agent, AdmitRequest(ZOE)))
    seen = MarkRequest("northgate-seed", desk.key(), of_class=HolderClass.ACCREDITED)
    must(holders.mark(company, desk.agent, seen))
    desk.transfer("common", "priya-raman", "zoe", 50_000)
    desk.transfer("common", "priya-raman", "northgate-seed", 10_000)
    desk.transfer("common", "zoe", "treasury", 1_000, Kind.TO_ISSUER)
    desk.force("common", "northgate-seed", "jonas-keller", 2_500)
    desk.wait(3)
    desk.issue("common", "zoe", 700)
    desk.issue("common", "zoe", 800, "Regulation S")
    desk.redeem("common", "zoe", 300, Ground.CANCELLATION)
    desk.redeem("common", "jonas-keller", 400, Ground.REPURCHASE)
    desk.convert("series-seed", "northgate-seed", 1_000, "common", 1, 1)
    desk.wait(1)
    desk.split("common", 3, 1)
    desk.transfer("common", "zoe", "tobias-brandt", 33)
    desk.authorise("series-a", 2_000_000)
    desk.issue("series-a", "alpenrand", 10)
    written = require_the_same_again(company, tmp_path)
    out, came = objects(written), objects(before)
    assert {key: out[key] for key in came} == came
    kinds = {kind for kind, id in out.keys() - came.keys()}
    assert kinds == {
        "STAKEHOLDER",
        "TX_STOCK_ISSUANCE",
        "TX_STOCK_TRANSFER",
        "TX_STOCK_CANCELLATION",
        "TX_STOCK_REPURCHASE",
        "TX_STOCK_CONVERSION",
        "TX_STOCK_CLASS_SPLIT",
        "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT",
    }
    new = {id for kind, id in out.keys() - came.keys() if kind == "STAKEHOLDER"}
    assert new == {"zoe", "treasury"}
    forced = [one for one in out.values() if "forced on ground 7" in str(one.get("comments"))]
    assert [one["quantity"] for one in forced] == ["2500"]
    assert diluted(written)["zoe", "common"] == 3 * (49_000 + 1_500 - 300) - 33


def test_nothing_that_happened_is_the_same_files(company):
    assert captables.export_company(company, None) == ocf.write(ocf.read(files_of(NORTHWIND)))


def random_acts(desk, chance, count):
    """Acts that the register allows, drawn by chance."""
    people, classes = ["ann", "ben", "cid", "zoe"], ["common", "preferred"]
    for _ in range(count):
        now = held(desk.office)
        named = chance.choice(classes)
        line = {who: units for who, units in now.get(named, {}).items() if units > 10}
        act = chance.choice(["issue", "force", "force", "redeem", "convert", "split", "wait"])
        if act == "wait":
            desk.wait(chance.randint(1, 40))
        elif act == "issue" or not line:
            exemption = chance.choice(["", "Reg D", "Regulation S", "Regulation Crowdfunding"])
            desk.issue(named, chance.choice(people), chance.randint(1, 10**6), exemption)
        elif act == "split":
            desk.split(named, chance.choice([2, 3]), 1)
        else:
            who = chance.choice(sorted(line))
            units = chance.choice([line[who], chance.randint(1, line[who])])
            if act == "force":
                desk.force(named, who, chance.choice([one for one in people if one != who]), units)
            elif act == "redeem":
                desk.redeem(named, who, units, chance.choice(list(Ground)[:3]))
            else:
                other = next(one for one in classes if one != named)
                desk.convert(named, who, units, other, chance.choice([1, 3]), 1)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_by_chance_comes_in_again_the_same(tmp_path, seed):
    past = [
        issued("A", "2025-01-06", "ann", "1000"),
        issued("B", "2025-02-03", "ben", "300") | {"security_law_exemptions": [
            {"description": "Reg D 506(b)", "jurisdiction": "US"}]},
        issued("C", "2025-03-03", "ben", "450") | {"security_law_exemptions": [
            {"description": "Regulation S", "jurisdiction": "US"}]},
        issued("D", "2025-03-03", "cid", "50", "preferred"),
    ]  # fmt: skip
    files = package(past, [stock_class(key) for key in ("common", "preferred")])
    create_local_ledger(tmp_path / "home", simulated_clock=True, seconds=1)
    with office_of(tmp_path / "home") as office:
        captables.import_company(office, files)
        desk = Desk(office)
        desk.wait(1)
        must(holders.admit(office, desk.agent, AdmitRequest(ZOE)))
        random_acts(desk, random.Random(SEED + seed), 12)
        require_the_same_again(office, tmp_path)
    node.stop(tmp_path / "home")


def test_a_split_that_leaves_fractions_keeps_every_holders_units(tmp_path):
    past = [issued(key, "2025-01-06", "ann", "7") for key in "ABC"]
    past.append(issued("D", "2025-01-06", "ben", "5"))
    create_local_ledger(tmp_path / "home", simulated_clock=True, seconds=1)
    with office_of(tmp_path / "home") as office:
        captables.import_company(office, package(past))
        desk = Desk(office)
        desk.wait(1)
        desk.split("common", 3, 2)
        assert held(office)["common"] == {"ann": 31, "ben": 7}
        require_the_same_again(office, tmp_path)
    node.stop(tmp_path / "home")


def test_the_formats_own_sample_goes_on_and_comes_in_again(empty, tmp_path):
    files = shared("acme_holdings_limited")
    captables.import_company(empty, files)
    desk = Desk(empty)
    must(holders.admit(empty, desk.agent, AdmitRequest(ZOE)))
    (named, line), *_ = sorted(held(empty).items(), key=lambda item: -sum(item[1].values()))
    who = max(line, key=lambda one: line[one])
    desk.transfer(named, who, "zoe", 5)
    desk.redeem(named, who, 3, Ground.CANCELLATION)
    written = require_the_same_again(empty, tmp_path, simulated=False)
    assert {key: objects(written)[key] for key in objects(files)} == objects(files)


def test_an_issuer_that_came_from_a_register_has_no_such_files(tmp_path):
    with office_of(tmp_path / "home") as office:
        takeovers.post(office, COMPANY, REGISTER, TOTALS, DAY)
        with pytest.raises(NotFound, match="did not come from cap table files"):
            captables.export_company(office, None)
    node.stop(tmp_path / "home")
