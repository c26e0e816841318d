"""The law through the desk and the chain: a policy is adopted, one input changes, and the token's own
answer changes with it. `explain` asks the chain and raises where the policy says something else."""

import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import pytest

from freehold.book import issuers
from freehold.book.issuers import KnownAsset, KnownIssuer
from freehold.chain import node
from freehold.core.asset import AssetKind, AssetRecord
from freehold.core.clock import day_number, to_seconds
from freehold.core.errors import Invalid
from freehold.core.facts import Flags, Kind, Proof, unpack_vintage
from freehold.core.holder import Holder, HolderKind
from freehold.core.ids import HolderId
from freehold.core.instrument import InstrumentKind, Issuer, ShareClass
from freehold.core.policy.case import NO_PROOFS
from freehold.core.policy.coverage import Home
from freehold.core.policy.model import class_of
from freehold.core.reasons import Reason
from freehold.desks.office import Office, create_local_ledger, now_on_chain, set_clock
from freehold.desks.onboarding import holders
from freehold.desks.onboarding.holders import AdmitRequest, MarkRequest
from freehold.desks.outbox import following, orders
from freehold.desks.outbox.orders import Ended
from freehold.desks.platform import establishment
from freehold.desks.register.history import company_record
from freehold.desks.rules import adoption, information
from freehold.desks.rules.explaining import Question, explain
from freehold.desks.rules.information import InformRequest
from freehold.desks.rules.policies import catalogue, read_file
from freehold.desks.securities import issuance, transfers
from freehold.desks.securities.issuance import IssueRequest
from freehold.desks.securities.transfers import TransferRequest
from freehold.indexer import read
from tests.company import office_of

DUAL = 'use = ["us.reg_d.506c", "us.reg_s.cat3"]'
US, ACC, QIB, QP = "us_person", "us_person accredited", "us_person qib", "us_person qp"
FUND = '[questions]\nholds_securities = "yes"\nholds_commodity_interests = "no"\n'
WIDE = 'use = ["us.reg_d.506c", "us.ica.3c1", "us.erisa.25", "us.reg_s.cat3"]\n' + FUND
"""More than five hundred rows in one activation."""
VENUE, CONSENT = Kind.VENUE, Proof.ISSUER_CONSENT
OTHERWISE = {
    "US-OFAC": "tests/desks/onboarding/test_screening.py: a confirmed hit freezes the person on chain",
    "US-144-TACK": "test_an_affiliates_sale_starts_the_clock_anew, below",
    "US-144-AFF": "test_an_affiliates_sale_starts_the_clock_anew, below",
    "US-144C": "test_current_information_opens_the_second_half_of_the_year, below",
    "US-506B": "test_an_issue_asks_who_gets_the_units, below",
    "US-501A": "test_an_issue_asks_who_gets_the_units, below",
    "US-506C": "test_an_issue_asks_who_gets_the_units, below",
    "SG-275/305": "test_an_issue_asks_who_gets_the_units, below",
}


@dataclass(frozen=True)
class Ask:
    """A sale of ten units, or whatever else is said; `days` after the issue."""

    code: int
    buyer: str = US
    kind: Kind = Kind.SALE
    proofs: Proof = NO_PROOFS
    days: int = 0
    units: int = 10


@dataclass(frozen=True)
class Situation:
    """The rows that it shows, the policy, under which family 100 units are issued, what is asked."""

    rows: str
    policy: str
    asks: list[Ask]
    family: str = ""
    seller: str = ACC
    more: str = field(default="")


SITUATIONS = [
    Situation("US-144D US-144A US-4A7 US-904", DUAL, [
        Ask(140, ACC), Ask(0, QIB), Ask(0, ACC, proofs=Proof.FOUR_A_SEVEN), Ask(125, ""),
        Ask(0, "", proofs=Proof.OFFSHORE), Ask(0, US, Kind.GIFT), Ask(140, ACC, days=365),
        Ask(0, ACC, days=366)], "D"),
    Situation("US-REGS3 US-905 US-REGS-USP", DUAL, [
        Ask(124, US), Ask(125, ""), Ask(0, "", proofs=Proof.OFFSHORE), Ask(124, US, days=365),
        Ask(0, US, days=366)], "S", ""),
    Situation("US-REGS2", 'use = ["us.reg_s.cat2"]\n[issuer]\nsecurity = "debt"', [
        Ask(124, US), Ask(0, ""), Ask(124, US, days=40), Ask(0, US, days=41)], "S2", ""),
    Situation("US-CF-RESALE", 'use = ["us.reg_cf"]', [
        Ask(142, US), Ask(0, ACC), Ask(142, US, Kind.GIFT), Ask(0, US, Kind.GIFT, Proof.FAMILY),
        Ask(142, US, days=365), Ask(0, US, days=366)], "CF"),
    Situation("US-144I", 'use = ["us.reg_d.506c"]\n[issuer]\nshell = true', [
        Ask(147, ACC), Ask(0, QIB)]),
    Situation("US-REG", 'use = ["us.reg_d.506c"]\n[profile."us.resale"]\nresale_registered = true', [
        Ask(140, US), Ask(0, US, Kind.PUBLIC_SALE)], "D"),
    Situation("US-12G", 'use = ["us.12g"]\n[profile."us.12g"]\nmax_holders = 1', [
        Ask(150, ACC), Ask(0, ACC, units=100)], seller="accredited"),
    Situation("US-3C1", f'use = ["us.ica.3c1"]\n[profile."us.ica.3c1"]\nmax_owners = 1\n{FUND}', [
        Ask(152, US), Ask(0, "us_person knowledgeable_employee"), Ask(0, US, units=100)], seller=US),
    Situation("US-3C7", f'use = ["us.ica.3c7"]\n{FUND}', [Ask(123, ACC), Ask(0, QP)], seller=QP),
    Situation("US-ERISA", 'use = ["us.erisa.25"]', [
        Ask(155, "benefit_plan_investor"), Ask(0, "benefit_plan_investor", proofs=CONSENT)],
        seller=""),
    Situation("US-BD", 'use = ["us.market"]', [Ask(190, "", VENUE), Ask(0, "")], seller=""),
    Situation("US-BD", 'use = ["us.market"]\n[venue]\nmode = "ats"', [Ask(0, "", VENUE)], seller=""),
    Situation("EU-CSDR", 'use = ["eu.csdr"]', [Ask(192, "", VENUE), Ask(0, "")], seller=""),
    Situation("UK-DSS", 'use = ["uk.dss"]', [Ask(190, "", VENUE), Ask(0, "")], seller=""),
    Situation("CH-VINK", 'use = ["us.sanctions"]\n[consent]\nrequired = true', [
        Ask(193, ""), Ask(0, "", proofs=CONSENT)], seller=""),
    Situation("JP-ERTR", 'use = ["jp.ertr"]', [
        Ask(193, "jp_qualified"), Ask(0, "jp_qualified", proofs=CONSENT),
        Ask(118, "", proofs=CONSENT)], seller="jp_qualified"),
    Situation("SG-272A/302B", 'use = ["sg.small_offer"]', [
        Ask(148, ""), Ask(0, "relevant_person"), Ask(148, "", days=181), Ask(0, "", days=185)],
        "SG", ""),
]  # fmt: skip


class World(NamedTuple):
    office: Office
    owner: KnownIssuer
    assets: list[KnownAsset]
    classes: dict[str, int]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home = tmp_path_factory.mktemp("law") / "home"
    create_local_ledger(home, simulated_clock=True, seconds=to_seconds_of(date(2026, 1, 15)))
    with office_of(home) as found:
        known = Issuer("acme", "Acme", "US")
        owner = establishment.issuer(found, known)
        records = (company_record(known), AssetRecord(AssetKind.OTHER, "Works", {}))
        assets = [establishment.tokenise(found, owner, one) for one in records]
        for name in ("seller", "buyer"):
            who = Holder(HolderId(name), name, HolderKind.PERSON, "US")
            holders.admit(found, orders.agent(found), AdmitRequest(who))
        yield World(found, owner, assets * 16, {})
    node.stop(home)


def to_seconds_of(day):
    return to_seconds(datetime.combine(day, time(12), UTC))


def new_instrument(world, text, tmp_path):
    """A class of units of its own, with the policy in force."""
    office, owner, assets, _ = world
    name = f"class-{os.urandom(4).hex()}"
    share = ShareClass(name, name, name[:8].upper(), InstrumentKind.COMMON)
    establishment.instrument(office, owner, assets.pop(), share)
    path = tmp_path / "policy.toml"
    path.write_text(f'[policy]\nname = "{name}"\nas_of = 2026-11-22\n{text}\n')
    waiting = adoption.adopt(office, None, name, read_file(path, office.clock.now()))
    while waiting.activated_at is None:
        forward(office, to_seconds(waiting.effective_at) + 60)
        waiting = adoption.activate(office, None, name)
    return name


def forward(office, seconds):
    set_clock(office, max(seconds, to_seconds(now_on_chain(office)) + 1))
    office.w3.provider.make_request("evm_mine", [])


def is_now(world, instrument, who, attributes):
    """The register learns what a person was found to be, as the class of the policy in force."""
    office = world.office
    known = adoption.in_force(office, named(world, instrument)).compiled
    implied = {one.name: one.implies for one in known.policy.attributes}
    found = set(attributes.split())
    found |= {name for one in found for name in implied[one]}
    of = class_of(known.policy, frozenset(found), "US" if US in found else "DE")
    if world.classes.get(who) != of.id:
        request = MarkRequest(who, os.urandom(8).hex(), of_class=of.id)
        assert holders.mark(office, orders.agent(office), request).code == 0
        world.classes[who] = of.id


def named(world, instrument):
    with world.office.book.reading() as tx:
        return issuers.instrument_named(tx, world.owner.id, instrument)


def issue(world, instrument, who, family="", units=100):
    office = world.office
    ended = now_on_chain(office).date()
    asked = IssueRequest(
        instrument, ((who, units),), os.urandom(8).hex(), family=family, offering_ended=ended
    )
    return issuance.issue(office, orders.agent(office), asked)


@pytest.mark.parametrize("case", SITUATIONS, ids=lambda case: case.rows)
def test_one_input_changes_and_the_chain_answers_otherwise(world, tmp_path, case):
    office = world.office
    instrument = new_instrument(world, case.policy, tmp_path)
    is_now(world, instrument, "seller", case.seller)
    assert issue(world, instrument, "seller", case.family).code == 0
    issued = to_seconds(now_on_chain(office))
    for ask in case.asks:
        if ask.days:
            forward(office, issued + ask.days * 86_400)
        is_now(world, instrument, "buyer", ask.buyer)
        question = Question("seller", "buyer", ask.units, ask.kind, ask.proofs)
        found = explain(office, None, instrument, question)
        assert found.code == ask.code, (ask, found.decision.failures)


@pytest.mark.parametrize(
    ("policy", "refused", "allowed", "code"),
    [
        ('use = ["us.reg_d.506c"]', US, ACC, Reason.NOT_ACCREDITED),
        (WIDE, US, ACC, Reason.NOT_ACCREDITED),
        ('use = ["us.reg_d.506b"]', US, "us_person sophisticated", Reason.NOT_SOPHISTICATED),
        ('use = ["sg.relevant_persons"]', "", "relevant_person", Reason.NOT_PROFESSIONAL),
    ],
)
def test_an_issue_asks_who_gets_the_units(world, tmp_path, policy, refused, allowed, code):
    instrument = new_instrument(world, policy, tmp_path)
    is_now(world, instrument, "buyer", refused)
    assert issue(world, instrument, "buyer").code == code
    is_now(world, instrument, "buyer", allowed)
    assert issue(world, instrument, "buyer").code == 0


def test_current_information_opens_the_second_half_of_the_year(world, tmp_path):
    office = world.office
    text = 'use = ["us.reg_d.506c"]\n[issuer]\nreporting = true'
    instrument = new_instrument(world, text, tmp_path)
    is_now(world, instrument, "seller", ACC)
    is_now(world, instrument, "buyer", ACC)
    issue(world, instrument, "seller", "D")
    forward(office, to_seconds(now_on_chain(office)) + 200 * 86_400)
    question = Question("seller", "buyer", 10, Kind.PUBLIC_SALE)
    today = now_on_chain(office).date()

    def inform(until):
        asked = InformRequest(instrument, until, b"\x01" * 32, f"until {until}")
        assert information.inform(office, orders.agent(office), asked).ended is Ended.DONE

    inform(today)
    assert explain(office, None, instrument, question).code == Reason.OK
    forward(office, to_seconds(now_on_chain(office)) + 86_400)
    assert explain(office, None, instrument, question).code == Reason.NO_CURRENT_INFORMATION
    inform(None)
    assert explain(office, None, instrument, question).code == Reason.RULE144_HOLDING
    with pytest.raises(Invalid, match="has passed: say none"):
        late = InformRequest(instrument, today - timedelta(days=1), b"\x01" * 32, "late")
        information.inform(office, orders.agent(office), late)


@pytest.mark.parametrize("affiliate", [False, True])
def test_an_affiliates_sale_starts_the_clock_anew(world, tmp_path, affiliate):
    office = world.office
    instrument = new_instrument(world, DUAL, tmp_path)
    is_now(world, instrument, "seller", ACC)
    is_now(world, instrument, "buyer", QIB)
    issue(world, instrument, "seller", "D")
    marks = {"set_flags" if affiliate else "clear_flags": Flags.AFFILIATE}
    holders.mark(office, orders.agent(office), MarkRequest("seller", os.urandom(8).hex(), **marks))
    acquired = now_on_chain(office).date()
    forward(office, to_seconds(now_on_chain(office)) + 40 * 86_400)
    asked = TransferRequest(instrument, "seller", "buyer", 10, os.urandom(8).hex())
    assert transfers.transfer(office, orders.agent(office), asked).allowed
    following.bring_up(office)
    with office.index.connect() as view:
        token = named(world, instrument).token
        newest = max(read.vintages(view, token).items())[1]
    began = unpack_vintage(newest).acquired
    later = began > day_number(now_on_chain(office).date())
    assert later if affiliate else began == day_number(acquired)
    holders.mark(
        office,
        orders.agent(office),
        MarkRequest("seller", os.urandom(8).hex(), clear_flags=Flags.AFFILIATE),
    )


def test_every_row_of_the_chain_is_shown_here_or_said_where():
    shown = {row for case in SITUATIONS for row in case.rows.split()} | OTHERWISE.keys()
    rows = {row.id for row in catalogue() if row.home is Home.CHAIN}
    assert shown == rows
