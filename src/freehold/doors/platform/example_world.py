"""Fills an example world: companies, a bond, a building and a fund, through the desks that do it for real.

Each chapter is one part of the world and may be asked again: every act has a key. The past is lived
through on the ledger's declared simulated clock, which stands at today when all is there.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from freehold.config import Config
from freehold.core.approvals import State
from freehold.core.asset import AssetRecord, Document, asset_record, content_hash
from freehold.core.errors import PlatformError, Unavailable
from freehold.core.grounds import Ground, Grounds
from freehold.core.holder import Holder, HolderKind
from freehold.core.ids import Address, HolderId
from freehold.core.instrument import InstrumentKind, Issuer, ShareClass
from freehold.core.policy.starter import HolderClass
from freehold.core.roles import EVERYWHERE, Role, holder_scope
from freehold.core.units import Units
from freehold.desks import ledgers, parties, permits
from freehold.desks.access import signin
from freehold.desks.agent import controls
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import Office, now_on_chain, open_office
from freehold.desks.onboarding import holders, onboarding
from freehold.desks.onboarding.holders import AdmitRequest, MarkRequest
from freehold.desks.outbox import orders
from freehold.desks.platform import establishment, examples
from freehold.desks.register import captables, records
from freehold.desks.register.records import RecordRequest
from freehold.desks.rules import adoption, policies
from freehold.desks.rules.policies import PolicyFile
from freehold.desks.securities import enforcement, issuance, transfers
from freehold.desks.securities.enforcement import FreezeRequest, HaltRequest
from freehold.desks.securities.issuance import IssueRequest
from freehold.desks.securities.transfers import TransferRequest
from freehold.doors.platform import example_people, example_servicing, journal

ROOT = Path(__file__).resolve().parents[4] / "examples"
NORTHWIND, HARBOUR, RIVERGATE, MERIDIAN = (
    "northwind-optics",
    "harbour-mills",
    "rivergate-house",
    "meridian-index",
)
PEOPLE: Sequence[tuple[str, Role, str]] = (
    ("tess@agent.example", Role.TRANSFER_AGENT, EVERYWHERE),
    ("theo@agent.example", Role.TRANSFER_AGENT, EVERYWHERE),
    ("ravi@agent.example", Role.REGISTRAR, EVERYWHERE),
    ("cleo@compliance.example", Role.COMPLIANCE_OFFICER, EVERYWHERE),
    ("cora@compliance.example", Role.COMPLIANCE_OFFICER, EVERYWHERE),
    ("ines@northwind.example", Role.ISSUER, EVERYWHERE),
    ("priya@holders.example", Role.INVESTOR, holder_scope(NORTHWIND, "priya-raman")),
    ("fay@meridian.example", Role.FUND_MANAGER, EVERYWHERE),
    ("vera@venue.example", Role.VENUE_OPERATOR, EVERYWHERE),
    ("ansel@audit.example", Role.AUDITOR, EVERYWHERE),
    ("dev@north.example", Role.DEVELOPER, EVERYWHERE),
    ("dev@north.example", Role.INVESTOR, holder_scope(HARBOUR, "dana-north")),
    ("owen@holders.example", Role.INVESTOR, holder_scope(RIVERGATE, "owen-blake")),
    ("ada@platform.example", Role.ADMINISTRATOR, EVERYWHERE),
)
OWN_WALLETS = (
    ("dana-north", "Dana North", Address("0xfbb5992012724FCE8c1fAE528cba395a1B427C19")),
    ("otto-beck", "Otto Beck", Address("0x4AfFC8B8f7D1caE5eC5CA87DE482be184baad430")),
)
"""Holders with wallets of their own, whose keys docs/guides/developer.md makes from published words."""
ANNOUNCING_TRIES, ANNOUNCING_SECONDS = 240, 0.25
_PAPER = b"An example document.\n"


def begin(settings: Config) -> None:
    """Make the home an example world with its people in it, before anything runs on it.

    Raises Conflict for a home that is in use and is none.
    """
    before = ledgers.status(settings)
    if not before.created:
        ledgers.create(settings, simulated_clock=True)
    with open_office(settings) as office:
        examples.declare(office)
        people(office)
    if before.embedded is None:
        ledgers.end(settings)  # the platform starts its own, and would wait for this one


def fill_home(settings: Config, stop: threading.Event) -> None:
    """Fill the example world of a home while the platform runs on it, as another process would."""
    with open_office(settings) as office:
        try:
            fill(office, stop)
        except PlatformError as fault:
            journal.write("example world", "not filled", why=fault.message)


def fill(office: Office, stop: threading.Event) -> None:
    """Fill what is not there yet, chapter by chapter, until told to stop."""
    for words, chapter in () if examples.is_filled(office) else CHAPTERS:
        if stop.is_set():
            return
        examples.note_step(office, words)
        journal.write("example world", "filling", what=words)
        chapter(office)
    examples.note_step(office, examples.FILLED)
    journal.write("example world", "filled")


def people(office: Office) -> None:
    """Somebody of every role. Nobody has a password: an example world lets everybody choose."""
    known = {one.name for one in examples.guests(office)}
    given: dict[str, list[tuple[Role, str]]] = {}
    for name, role, scope in PEOPLE:
        if name not in known:
            given.setdefault(name, []).append((role, scope))
    for name, roles in given.items():
        examples.enter_guest(office, name, roles)


def _company(office: Office) -> None:
    folder = ROOT / NORTHWIND
    files = {one.name: one.read_text() for one in sorted(folder.glob("*.ocf.json"))}
    captables.import_company(office, files)
    agent = orders.agent(office)
    seen = MarkRequest(
        "northgate-seed", "example: seen", NORTHWIND, of_class=HolderClass.ACCREDITED
    )
    holders.mark(office, agent, seen)
    sale = TransferRequest(
        "common", "priya-raman", "northgate-seed", Units(60_000), "example: sale", NORTHWIND
    )
    transfers.transfer(office, agent, sale)


def _company_since(office: Office) -> None:
    agent = orders.agent(office)
    file = policies.read_file(ROOT / "policies" / "dual.toml", office.clock.now())
    _in_force(office, NORTHWIND, "common", file)
    at = datetime(2024, 6, 14, 21, tzinfo=UTC)
    records.announce(
        office, agent, RecordRequest("common", at, "example: annual meeting", NORTHWIND)
    )
    _travel(office, at + timedelta(days=1))
    paper = Grounds(Ground.STOP, _digest())
    stop = FreezeRequest(
        "jonas-keller", True, paper, "example: stop", NORTHWIND, "common", units=2_000
    )
    enforcement.freeze(office, agent, stop)


def _bond(office: Office) -> None:
    _travel_to(office, date(2024, 9, 2))
    owner = establishment.issuer(office, Issuer(HARBOUR, "Harbour Mills AG", "CH"))
    facts = {
        "issuer": "Harbour Mills AG", "country": "CH", "currency": "CHF", "principal": "5000000",
        "denomination": "1000", "issue_date": "2024-09-02", "maturity": "2029-09-02",
        "coupon_per_cent": "4.25",
    }  # fmt: skip
    asset = establishment.tokenise(office, owner, _record("bond", "4.25 % notes 2029", facts))
    notes = ShareClass(
        "notes-2029", "4.25 % notes 2029", "HM29", InstrumentKind.DEBT, authorised=5_000
    )
    establishment.instrument(office, owner, asset, notes)
    for one in (
        _entity("alpenrose-pension", "Alpenrose Pensionskasse", "CH"),
        _entity("nordlicht-fonds", "Nordlicht Fonds SICAV", "LU"),
        _entity("calder-insurance", "Calder Insurance plc", "GB"),
        _person("mira-hoffmann", "Mira Hoffmann", "DE"),
    ):
        holders.admit(office, orders.agent(office), AdmitRequest(one, HARBOUR))
    lots = (("alpenrose-pension", 1_800), ("nordlicht-fonds", 1_200), ("calder-insurance", 900))
    _issue(office, HARBOUR, "notes-2029", lots, "example: first closing", "Regulation S")
    _travel_to(office, date(2025, 3, 3))
    _issue(office, HARBOUR, "notes-2029", (("mira-hoffmann", 120),), "example: tap", "Regulation S")
    for id, name, wallet in OWN_WALLETS:
        own = AdmitRequest(_person(id, name, "DE"), HARBOUR, wallet)
        holders.admit(office, orders.agent(office), own)
    _issue(office, HARBOUR, "notes-2029", (("dana-north", 60),), "example: own wallet", "")
    _travel_to(office, date(2025, 11, 10))
    sale = TransferRequest(
        "notes-2029", "nordlicht-fonds", "alpenrose-pension", Units(300), "example: block", HARBOUR
    )
    transfers.transfer(office, orders.agent(office), sale)


def _building(office: Office) -> None:
    _travel_to(office, date(2026, 2, 16))
    owner = establishment.issuer(office, Issuer(RIVERGATE, "Rivergate House LLC", "US"))
    facts = {
        "country": "US", "address": "14 Rivergate, Portland, Maine", "built": "1911",
        "land_register": "Cumberland County Registry of Deeds", "parcel": "040-B-007",
        "area_m2": "1840.5",
    }  # fmt: skip
    deed = Document("deed", 1, content_hash(b"Deed of Rivergate House.\n"))
    asset = establishment.tokenise(
        office, owner, _record("property", "Rivergate House", facts, (deed,))
    )
    units = ShareClass(
        "members", "Membership units", "RGH", InstrumentKind.COMMON, authorised=100_000
    )
    establishment.instrument(office, owner, asset, units)
    agent = orders.agent(office)
    for holder, of_class in (
        (_person("owen-blake", "Owen Blake", "US"), HolderClass.ACCREDITED),
        (_person("susan-ferrer", "Susan Ferrer", "US"), HolderClass.ACCREDITED),
        (_entity("casco-trust", "Casco Family Trust", "US"), HolderClass.ACCREDITED),
        (_person("hana-sato", "Hana Sato", "JP"), HolderClass.OUTSIDE_US),
    ):
        holders.admit(office, agent, AdmitRequest(holder, RIVERGATE, of_class=of_class))
    lots = (("owen-blake", 18_000), ("susan-ferrer", 26_000), ("casco-trust", 31_500))
    _issue(office, RIVERGATE, "members", lots, "example: placement", "Reg D")
    _issue(office, RIVERGATE, "members", (("hana-sato", 9_500),), "example: abroad", "Regulation S")


def _fund(office: Office) -> None:
    _travel_to(office, date(2026, 5, 4))
    owner = establishment.issuer(office, Issuer(MERIDIAN, "Meridian Index Fund LP", "US"))
    facts = {
        "manager": "Meridian Asset Management LLC", "country": "US", "currency": "USD",
        "strategy": "The 500 largest companies of the United States, by free float",
    }  # fmt: skip
    asset = establishment.tokenise(office, owner, _record("fund", "Meridian Index Fund", facts))
    units = ShareClass("units", "Index units", "MIX", InstrumentKind.FUND_UNIT, decimals=4)
    establishment.instrument(office, owner, asset, units)
    agent = orders.agent(office)
    for holder in (
        _entity("meridian-growth", "Meridian Growth Fund II", "US"),
        _entity("baobab-office", "Baobab Family Office", "US"),
        _person("eleni-markou", "Eleni Markou", "US"),
    ):
        request = AdmitRequest(holder, MERIDIAN, of_class=HolderClass.ACCREDITED)
        holders.admit(office, agent, request)
    lots = (
        ("meridian-growth", 576_000_0000),
        ("baobab-office", 48_750_2500),
        ("eleni-markou", 9_125_7500),
    )
    _issue(office, MERIDIAN, "units", lots, "example: launch", "Reg D")
    grounds = Grounds(Ground.ISSUER_DECISION, _digest())
    enforcement.halt(office, agent, HaltRequest("units", True, grounds, "example: halt", MERIDIAN))


def _claims(office: Office) -> None:
    today = office.clock.now().date()
    _travel_to(office, today - timedelta(days=10))
    for id, name, country, expires in (
        ("p-lindqvist", "Mara Lindqvist", "SE", today + timedelta(days=27)),
        ("p-okafor", "Lena Okafor", "DE", today + timedelta(days=300)),
        ("p-tanaka", "Ren Tanaka", "JP", today - timedelta(days=2)),
    ):
        if any(one.id == id for one, _ in onboarding.list_persons(office)):
            continue
        given = {
            "name": name,
            "born": "1979-06-02",
            "residence": country,
            "citizenships": [country],
        }
        onboarding.add_person(office, given, id)
        issued = str(today - timedelta(days=300))
        for claim, more in (("kyc", {}), ("residence", {"country": country})):
            said = {"subject": id, "name": claim, "evidence": content_hash(_PAPER)}
            said |= {"issued": issued, "expires": str(expires), **more}
            onboarding.add_claim(office, said)
        onboarding.admit(office, HARBOUR, id)


def _servicing(office: Office) -> None:
    """A dividend of last week, paid and closed; a meeting that has been open for two days."""
    start = office.clock.now() - timedelta(days=9)
    _travel(office, start)
    record = start.replace(microsecond=0) + timedelta(days=1)
    example_servicing.announce_dividend(office, RIVERGATE, "members", "dividend-spring", record)
    _travel(office, record + timedelta(days=2, seconds=1))
    example_servicing.pay_dividend(office, "dividend-spring")
    _travel(office, office.clock.now() - timedelta(days=3))
    example_servicing.call_meeting(office, RIVERGATE)


def _today(office: Office) -> None:
    """What waits: a rule announced, a record ahead, sales that pass and that do not."""
    now = office.clock.now()
    _travel(office, now)
    agent = orders.agent(office)
    _announced(office, RIVERGATE, "members", "liechtenstein")
    at = (now + timedelta(days=14)).replace(hour=21, minute=0, second=0, microsecond=0)
    records.announce(office, agent, RecordRequest("notes-2029", at, "example: coupon", HARBOUR))
    example_servicing.announce_coupon(office, HARBOUR, "notes-2029", at)
    _as_people(office)


def _at_work(office: Office) -> None:
    """What people have begun, and somebody else has to end."""

    def people(name: str) -> permits.Actor:
        return _actor(office, name)

    example_people.vote(office, RIVERGATE)
    example_people.propose(office, people, RIVERGATE, "members")
    example_people.apply(office, people, HARBOUR)
    example_people.read_papers(office, people, RIVERGATE)
    example_people.bank(office, HARBOUR)
    example_people.webhook(office, people)


def _controlled(office: Office) -> None:
    """A control report of each issuer: the worker's first ones saw the world half filled."""
    tess = _actor(office, "tess@agent.example")
    for issuer in (NORTHWIND, HARBOUR, RIVERGATE, MERIDIAN):
        controls.report_as(office, tess, issuer)


def _as_people(office: Office) -> None:
    """Requests that people made at the doors, each with its decision in the audit log."""
    tess = _actor(office, "tess@agent.example")
    for issuer, named, sender, receiver, units in (
        (NORTHWIND, "common", "priya-raman", "jonas-keller", 600_000_000),
        (RIVERGATE, "members", "owen-blake", "casco-trust", 1_000),
        (RIVERGATE, "members", "owen-blake", "hana-sato", 1_000),
        (MERIDIAN, "units", "eleni-markou", "baobab-office", 10_0000),
        (HARBOUR, "notes-2029", "mira-hoffmann", "calder-insurance", 20),
        (HARBOUR, "notes-2029", "calder-insurance", "nordlicht-fonds", 250),
    ):
        token = str(parties.instrument(office, issuer, named)[1].token)
        key = f"example: {sender} {receiver}"
        asked = TransferRequest(token, sender, receiver, Units(units), key)
        transfers.request_as(office, tess, asked)


CHAPTERS: Sequence[tuple[str, Callable[[Office], None]]] = (
    ("the people", people),
    ("Northwind Optics, its cap table since 2019", _company),
    ("Northwind Optics, its policy", _company_since),
    ("Harbour Mills, a bond", _bond),
    ("Rivergate House, a building", _building),
    ("Meridian, a fund", _fund),
    ("persons and their claims", _claims),
    ("what is paid and voted", _servicing),
    ("today", _today),
    ("people at work", _at_work),
    ("today's control", _controlled),
)


# ---- parts ---------------------------------------------------------------------------------------


def _in_force(office: Office, issuer: str, named: str, file: PolicyFile) -> None:
    """Adopt a policy and live through its public delay, both of them where there are two steps."""
    instrument = parties.instrument(office, issuer, named)[1]
    if adoption.in_force(office, instrument).name == file.parsed.policy.name:
        return
    waiting = adoption.pending(office, instrument) or adoption.adopt(office, issuer, named, file)
    while waiting.activated_at is None:
        _travel(office, now_on_chain(office) + timedelta(days=4))
        waiting = adoption.activate(office, issuer, named)


def _announced(office: Office, issuer: str, named: str, template: str) -> None:
    """A policy that one compliance officer proposed and another one approved; the worker announces it."""
    token = str(parties.instrument(office, issuer, named)[1].token)
    text = (ROOT / "policies" / f"{template}.toml").read_text()
    given = {"instrument": token, "policy": text, "acknowledge_stranded": "yes"}
    asked = ProposeRequest("policy", given, f"example: {template}", issuer)
    made = approvals.propose(office, _actor(office, "cleo@compliance.example"), asked).proposal
    if made and made.state is State.PROPOSED:
        cora = _actor(office, "cora@compliance.example")
        approvals.approve(office, cora, made.id, made.difference.digest, "Discussed with counsel")
    instrument = parties.instrument(office, issuer, named)[1]
    for _ in range(ANNOUNCING_TRIES):
        if adoption.pending(office, instrument):
            return
        time.sleep(ANNOUNCING_SECONDS)
    raise Unavailable("the worker has not announced the policy that was approved")


def _issue(
    office: Office,
    issuer: str,
    named: str,
    lots: Sequence[tuple[str, int]],
    key: str,
    exemption: str,
) -> None:
    receivers = tuple((holder, Units(units)) for holder, units in lots)
    request = IssueRequest(named, receivers, key, issuer, exemption)
    issuance.issue(office, orders.agent(office), request)


def _actor(office: Office, name: str) -> permits.Actor:
    given, known = next(
        (given, known)
        for known, given, _ in signin.people(office, permits.operator())
        if known.sign_in_name == name
    )
    return permits.Actor(known.id, known.sign_in_name, tuple(given))


def _record(
    kind: str, name: str, facts: dict[str, str], documents: Sequence[Document] = ()
) -> AssetRecord:
    return asset_record(kind, name, facts, documents)


def _entity(id: str, name: str, country: str) -> Holder:
    return Holder(HolderId(id), name, HolderKind.ENTITY, country)


def _person(id: str, name: str, country: str) -> Holder:
    return Holder(HolderId(id), name, HolderKind.PERSON, country)


def _digest() -> bytes:
    return bytes.fromhex(content_hash(_PAPER).removeprefix("sha256:"))


def _travel_to(office: Office, day: date) -> None:
    """Go to nine o'clock of a day."""
    _travel(office, datetime(day.year, day.month, day.day, 9, tzinfo=UTC))


def _travel(office: Office, instant: datetime) -> None:
    """Go to an instant, where it lies ahead."""
    if instant > now_on_chain(office):
        ledgers.set_clock(office, instant)
