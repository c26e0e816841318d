"""Onboarding over the API and in the client: invited, asked, approved, declined; hits of screening."""

import secrets
from dataclasses import replace
from datetime import date

import pytest

from freehold import client
from freehold.book import applications, identities, security_notices
from freehold.chain import contracts
from freehold.core.facts import Flags, unpack_facts
from freehold.core.roles import Power, Role
from freehold.desks import parties, permits
from freehold.desks.access import wallets
from freehold.desks.onboarding import applying, screening
from freehold.wire.evidence import EvidenceIn
from freehold.wire.reviews import StageAsked
from tests.desks.access.test_passkeys import HERE, PLACE
from tests.doors.running import ISSUER, Platform, office_of, until
from tests.wallet import new_wallet

PDF = b"%PDF-1.7 a paper"
PAPER = "sha256:" + "5b" * 32
STATED = {"born": "1980-02-29", "residence": "DE", "citizenships": ["DE"]}


@pytest.fixture(scope="module")
def officer(platform):
    return client.connect(platform.url, platform.keys[Role.COMPLIANCE_OFFICER])


@pytest.fixture(scope="module")
def registrar(platform):
    return client.connect(platform.url, platform.keys[Role.REGISTRAR])


def named() -> str:
    return f"applicant-{secrets.token_hex(6)}@northwind.example"


def applied(platform: Platform, registrar: client.Freehold, called: str = "Anna Schmidt"):
    """Somebody invited over the API who has stated, handed in, proved a wallet and submitted."""
    made = registrar.reviews.invite(ISSUER, named())
    with office_of(platform.home) as office:
        with office.book.reading() as tx:
            known = identities.named(tx, made.name)
            who = permits.actor_of(tx, known)
        who = replace(who, session="s", proved_at=office.clock.now())
        applying.state(office, who, {**STATED, "name": called}, "accredited")
        for kind in applying.PAPERS:
            applying.hand_in(office, who, kind, PDF + kind.encode())
        wallet = new_wallet()
        text = wallets.begin(office, PLACE, wallets.LINK, wallet.address, HERE, who)
        wallets.link(office, who, PLACE, text, wallet.sign(text), HERE)
        applying.use_wallet(office, who, wallet.address)
        applying.submit(office, who)
    return made.id, who, wallet


def days(seen) -> dict[str, date]:
    return {one.key: one.expires for one in seen.proposed}


def test_an_investor_is_invited_once_under_a_key(platform, registrar):
    name, key = named(), secrets.token_hex(8)
    made = registrar.reviews.invite(ISSUER, name, key)
    assert made.stage == "draft" and made.link.startswith("/welcome/")
    again = registrar.reviews.invite(ISSUER, name, key)
    assert (again.id, again.link) == (made.id, None)
    with pytest.raises(client.Conflicting, match="idempotency key"):
        registrar.reviews.invite(ISSUER, named(), key)
    with pytest.raises(client.Missing, match="no issuer"):
        registrar.reviews.invite("no-such-issuer", named())
    with pytest.raises(client.Conflicting, match="not submitted"):
        registrar.reviews.application(made.id)
    listed = {one.id for one in registrar.reviews.applications(issuer=ISSUER)}
    assert made.id not in listed


def test_a_question_goes_back_and_the_answer_is_approved_and_admitted(platform, registrar, officer):
    id, who, wallet = applied(platform, registrar)
    assert id in {one.id for one in officer.reviews.applications(StageAsked.SUBMITTED)}
    seen = officer.reviews.application(id)
    assert (seen.particulars.name, seen.wallet) == ("Anna Schmidt", wallet.address)
    assert officer.reviews.paper(id, "identity") == PDF + b"identity"
    asked = officer.reviews.ask(id, "Which passport is this?")
    assert (asked.stage, asked.submitted_at) == ("draft", None)
    with pytest.raises(client.Conflicting, match="not submitted"):
        officer.reviews.application(id)
    with office_of(platform.home) as office:
        assert applying.mine(office, who).why == "Which passport is this?"
        applying.hand_in(office, who, "identity", PDF + b"again")
        applying.submit(office, who)
    seen = officer.reviews.application(id)
    assert seen.why == "Which passport is this?" and set(days(seen)) == {
        *("kyc", "residence", "citizenship-DE", "accredited"),
    }
    done = officer.reviews.approve(id, days(seen), "papers seen")
    assert done.stage == "approved" and done.instruction and len(done.claims) == 4
    assert done.standing and done.standing.class_name
    until(lambda: officer.reviews.application(id).stage == "admitted")
    with pytest.raises(client.Conflicting, match="not waiting"):
        officer.reviews.decline(id, "too late")
    with office_of(platform.home) as office:
        register = parties.owner(office, ISSUER).register
        assert contracts.read(office.w3, "Holders", register, "facts", wallet.address)
    log = client.connect(platform.url, platform.keys[Role.AUDITOR]).audit.entries()
    acts = [one.act for one in log if one.subject == id]
    assert [
        one for one in acts if one in ("read paper", "ask applicant", "approve application")
    ] == [*("approve application", "ask applicant", "read paper")]


def test_declining_needs_a_reason_and_a_refused_approval_keeps_nothing(
    platform, registrar, officer
):
    id, who, _ = applied(platform, registrar)
    for body in ({}, {"why": ""}, {"why": "  "}, {"why": "x", "stage": "ADMITTED"}):
        path = f"/v1/applications/{id}/decline"
        answer = platform.ask(Role.REGISTRAR, "POST", path, body)
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid")
    with pytest.raises(client.Conflicting, match="no class takes this person"):
        officer.reviews.approve(id, {"residence": date(2099, 1, 1)})
    with pytest.raises(client.Mistaken) as caught:
        officer.reviews.approve(id, {"kyc": date(2001, 1, 1)})
    assert [one.place for one in caught.value.mistakes] == ["expires-kyc"]
    assert officer.reviews.application(id).claims == []
    assert officer.reviews.decline(id, "The letter is too old.").stage == "declined"
    assert officer.reviews.application(id).why == "The letter is too old."
    with office_of(platform.home) as office:
        assert applying.mine(office, who).why == "The letter is too old."


def test_a_hit_is_decided_and_a_confirmed_one_freezes_the_account(platform, registrar, officer):
    unique = secrets.token_hex(3).translate(str.maketrans("0123456789", "ghijklmnop"))
    called = f"Zorvan {unique.capitalize()}ich"
    id, _, wallet = applied(platform, registrar, called)
    officer.reviews.approve(id, days(officer.reviews.application(id)))
    until(lambda: officer.reviews.application(id).stage == "admitted")
    person = officer.reviews.application(id).person

    def hit(entry: str):
        line = f"{entry},{called},,1980-02-29,DE"
        with office_of(platform.home) as office:
            screening.screen(office, f"id,name,aliases,born,country\n{line}\n", False, "a list", 95)
        return next(one for one in officer.reviews.hits() if one.person == person)

    first = hit(f"E-{unique}-1")
    assert (first.name, first.sanctions_list) == (called, "a list") and first.score >= 95
    done = officer.reviews.decide_hit(first.number, "another birthplace", confirmed=False)
    assert (done.accounts, done.report_due) == ([], None)
    with pytest.raises(client.Conflicting, match="ended already"):
        officer.reviews.decide_hit(first.number, "again", confirmed=True)
    second = hit(f"E-{unique}-2")
    done = officer.reviews.decide_hit(second.number, "the same passport", confirmed=True)
    assert done.accounts == [wallet.address] and done.report_due
    with office_of(platform.home) as office:
        register = parties.owner(office, ISSUER).register
        word = contracts.read(office.w3, "Holders", register, "facts", wallet.address)
    assert unpack_facts(word).flags & Flags.SANCTIONED
    with pytest.raises(client.Missing):
        officer.reviews.decide_hit(2**40, "no such hit", confirmed=False)


def test_nobody_reviews_without_the_power_or_reads_of_others(platform, registrar):
    id, _, _ = applied(platform, registrar)
    narrow = registrar.keys.make("narrow", [Power.INVITE_INVESTORS], 1)
    program = client.connect(platform.url, narrow.token)
    for act in (
        lambda: next(program.reviews.applications()),
        lambda: program.reviews.application(id),
        lambda: program.reviews.paper(id, "identity"),
        lambda: program.reviews.approve(id, {"kyc": date(2099, 1, 1)}),
        lambda: program.reviews.ask(id, "why?"),
        lambda: next(program.reviews.hits()),
    ):
        with pytest.raises(client.NotPermitted, match="investor:review"):
            act()
    for role in (Role.INVESTOR, Role.TRANSFER_AGENT, Role.ADMINISTRATOR):
        for path in (
            f"/v1/applications/{id}",
            "/v1/applications",
            f"/v1/applications/{id}/papers/identity",
        ):
            answer = platform.ask(role, "GET", path)
            assert answer.status_code == 403 and "Schmidt" not in answer.text
    with office_of(platform.home) as office, office.book.reading() as tx:
        assert applications.find(tx, id).stage == "SUBMITTED"


def test_applications_are_paged(platform, registrar, officer):
    mine = [applied(platform, registrar)[0] for _ in range(2)]
    page = platform.ask(Role.REGISTRAR, "GET", "/v1/applications?stage=submitted&limit=1").json()
    seen = [one["id"] for one in page["items"]]
    while page["next"]:
        path = f"/v1/applications?stage=submitted&limit=1&cursor={page['next']}"
        page = platform.ask(Role.REGISTRAR, "GET", path).json()
        seen += [one["id"] for one in page["items"]]
    assert set(mine) <= set(seen) and len(set(seen)) == len(seen)
    assert seen == [one.id for one in officer.reviews.applications(StageAsked.SUBMITTED)]
    for id in mine:
        officer.reviews.decline(id, "a test is over")


def seen_of(person: str, **facts) -> EvidenceIn:
    given = {"examiner": "kane-cpa", "dated": "2024-05-01", "facts": facts}
    return EvidenceIn(person=person, papers={"letter.pdf": PAPER}, **given)


INCOME = {"income": "250000.50", "income_before": 250_000, "income_expected": 250_000}


def test_evidence_is_asked_about_judged_and_approved_or_rejected(platform, registrar, officer):
    """Whoever signs in for the person hears the question; the claims are those of the rules chosen."""
    id, who, _ = applied(platform, registrar)
    person = registrar.reviews.application(id).person
    made = registrar.evidence.submit(seen_of(person, **INCOME))
    assert (made.state, made.person, made.reviewer) == ("waiting", person, None)
    with pytest.raises(client.Conflicting, match="is here already"):
        registrar.evidence.submit(seen_of(person, **INCOME))
    assert made.number in {one.number for one in officer.evidence.waiting()}
    assert "us.persons" in {one.id for one in officer.evidence.yardsticks()}
    found = officer.evidence.file(made.number, "us.persons")
    assert (found.facts["income"], found.by.id, found.heard) == ("250000.5", "us.persons", True)
    judged = {one.attribute: one for one in found.judged}
    assert judged["accredited"].found and judged["accredited"].expires > date(2024, 5, 1)
    assert judged["qp"].found is None and judged["qp"].missing
    asked = officer.evidence.ask(made.number, "Which year is it?")
    assert [one.question for one in asked.questions] == ["Which year is it?"]
    with office_of(platform.home) as office, office.book.reading() as tx:
        told = [one.what for one in security_notices.notices(tx, who.id)]
    assert "evidence has a question" in told
    done = officer.evidence.approve(made.number, "us.persons", "the letter was seen")
    assert (done.state, [one.name for one in done.claims]) == (
        "approved",
        ["accredited", "sophisticated"],
    )
    assert done.claims[0].expires == judged["accredited"].expires
    for late in (officer.evidence.ask, officer.evidence.reject):
        with pytest.raises(client.Conflicting, match="ended|was approved"):
            late(made.number, "too late")
    other = registrar.evidence.submit(seen_of(person, income=1, income_before=1))
    with pytest.raises(client.Conflicting, match="finds nothing"):
        officer.evidence.approve(other.number, "us.persons", "read")
    with pytest.raises(client.Missing, match="cannot be judged by"):
        officer.evidence.file(other.number, "us.none")
    ended = officer.evidence.reject(other.number, "not enough")
    assert (ended.state, ended.why) == ("rejected", "not enough")
    registrar.reviews.decline(id, "a test is over")


def test_evidence_that_is_none_is_said_with_every_mistake_and_by_whom_it_is_read(
    platform, registrar
):
    with pytest.raises(client.Missing, match="person"):
        registrar.evidence.submit(seen_of("p-nobody", income=1))
    late = seen_of("p-nobody", income=1).model_copy(update={"dated": "2999-01-01"})
    with pytest.raises(client.Mistaken) as caught:
        registrar.evidence.submit(late)
    assert {one.place for one in caught.value.problem.mistakes} == {"dated"}
    for role in (Role.INVESTOR, Role.ISSUER, Role.AUDITOR):
        reader = client.connect(platform.url, platform.keys[role])
        with pytest.raises(client.NotPermitted, match="investor:review"):
            list(reader.evidence.waiting())
