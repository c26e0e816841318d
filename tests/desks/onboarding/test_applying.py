"""Applications of investors: what is missing, what is sealed, who decides, and what the worker does."""

from dataclasses import replace

import pytest

from freehold.book import audit, identities, issuers
from freehold.chain import contracts
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.roles import EVERYWHERE, Power, Role
from freehold.desks import notices, permits
from freehold.desks.access import humans, signin, wallets
from freehold.desks.office import Office
from freehold.desks.onboarding import applying, holders, reviewing, screening
from freehold.desks.permits import Actor
from freehold.desks.posting import follow_chain, send_approved
from tests.desks.access.test_passkeys import HERE, PLACE
from tests.wallet import new_wallet

PDF = b"%PDF-1.7 a paper"
ANNA = {"name": "Anna Schmidt", "born": "1980-02-29", "residence": "DE", "citizenships": ["DE"]}
OPERATOR = permits.operator()


def actor_of(office: Office, name: str) -> Actor:
    with office.book.reading() as tx:
        known = identities.named(tx, name)
        found = permits.actor_of(tx, known)
    return replace(found, session="s", proved_at=office.clock.now())


def somebody(office: Office, role: Role, name: str) -> Actor:
    signin.invite(office, OPERATOR, name, [(role, EVERYWHERE)])
    return actor_of(office, name)


@pytest.fixture(scope="module")
def office(shared_company: Office) -> Office:
    return shared_company


@pytest.fixture(scope="module")
def registrar(office: Office) -> Actor:
    return somebody(office, Role.REGISTRAR, "registrar@acme.example")


@pytest.fixture(scope="module")
def officer(office: Office) -> Actor:
    return somebody(office, Role.COMPLIANCE_OFFICER, "officer@acme.example")


def investor(office: Office, registrar: Actor, name: str) -> Actor:
    applying.invite(office, registrar, name, "northwind-optics")
    return actor_of(office, name)


def complete(office: Office, who: Actor, status: str = "accredited", **more: object):
    applying.state(office, who, {**ANNA, **more}, status)
    applying.hand_in(office, who, "identity", PDF)
    if status:
        applying.hand_in(office, who, "status", PDF + b" of status")
    wallet = new_wallet()
    text = wallets.begin(office, PLACE, wallets.LINK, wallet.address, HERE, who)
    wallets.link(office, who, PLACE, text, wallet.sign(text), HERE)
    applying.use_wallet(office, who, wallet.address)
    applying.submit(office, who)
    return applying.mine(office, who).known, wallet


def accepted(office: Office, officer: Actor, which: str) -> dict[str, str]:
    seen = reviewing.file(office, officer, which)
    return {one.key: one.expires.isoformat() for one in seen.proposed}


def test_an_approval_is_carried_out_once_and_the_holder_stands_in_the_list(
    office, registrar, officer
):
    who = investor(office, registrar, "anna@acme.example")
    known, wallet = complete(office, who)
    given = accepted(office, officer, known.id)
    assert set(given) == {"kyc", "residence", "citizenship-DE", "accredited"}
    approved = reviewing.approve(office, officer, known.id, given, "papers seen")
    assert approved.stage == "APPROVED" and reviewing.settle(office) == 0
    with pytest.raises(Conflict, match="not waiting for a decision"):
        reviewing.approve(office, officer, known.id, given, "again")
    send_approved(office.posting), follow_chain(office.posting)
    assert reviewing.settle(office) == 1 and reviewing.settle(office) == 0
    assert applying.mine(office, who).known.stage == "ADMITTED"
    with office.book.reading() as tx:
        holder = issuers.holder_named(tx, "northwind-optics", known.person)
        register = issuers.find(tx, "northwind-optics").register
    assert holder.wallet == wallet.address and holder.name == "Anna Schmidt"
    assert contracts.read(office.w3, "Holders", register, "facts", wallet.address)
    assert permits.allows(who, Power.READ_OWN, f"northwind-optics/{holder.id}")


def test_whom_no_class_takes_is_refused_with_its_code_and_nothing_is_kept(
    office, registrar, officer
):
    who = investor(office, registrar, "nobody@acme.example")
    known, _ = complete(office, who, status="", residence="US", citizenships=["US"])
    given = accepted(office, officer, known.id)
    del given["kyc"]  # nobody is identified by his residence
    with pytest.raises(Conflict, match="no class takes this person"):
        reviewing.approve(office, officer, known.id, given, "")
    seen = reviewing.file(office, officer, known.id)
    assert seen.claims == () and seen.known.stage == "SUBMITTED"
    with office.book.reading() as tx:
        last = list(audit.every(tx))[-1].entry
    assert (last.act, str(last.outcome)) == ("approve application", "REFUSED") and last.code


def test_declining_needs_a_reason_which_the_applicant_reads(office, registrar, officer):
    who = investor(office, registrar, "declined@acme.example")
    known, _ = complete(office, who)
    with pytest.raises(Invalid, match="say why"):
        reviewing.decline(office, officer, known.id, " ")
    reviewing.decline(office, officer, known.id, "The letter is too old.")
    assert applying.mine(office, who).why == "The letter is too old."
    with pytest.raises(Conflict):
        applying.state(office, who, ANNA, "")


def test_a_question_gives_the_application_back_until_it_is_submitted_again(
    office, registrar, officer
):
    who = investor(office, registrar, "asked@acme.example")
    known, _ = complete(office, who)
    with pytest.raises(Invalid, match="ask something"):
        reviewing.ask(office, officer, known.id, " ")
    with pytest.raises(NotPermitted, match="fresh proof"):
        reviewing.ask(office, replace(officer, proved_at=None), known.id, "Where?")
    reviewing.ask(office, officer, known.id, "Where do you live?")
    with pytest.raises(Conflict, match="not submitted"):
        reviewing.ask(office, officer, known.id, "Where?")
    assert applying.mine(office, who).why == "Where do you live?"
    applying.state(office, who, {**ANNA, "residence": "FR"}, "accredited")
    applying.submit(office, who)
    seen = reviewing.file(office, officer, known.id)
    assert (seen.particulars.residence, seen.why) == ("FR", "Where do you live?")
    listed = reviewing.listed(office, officer, "northwind-optics", [seen.known.stage], 0, 100)
    assert known.id in [one.id for one, _ in listed]


def test_a_screening_hit_has_to_be_decided_first(office, registrar, officer):
    who = investor(office, registrar, "hit@acme.example")
    known, _ = complete(office, who, name="Ivan Blocked", born="1960-01-01")
    listed = "id,name,aliases,born,country\nE-1,Ivan Blocked,,1960-01-01,DE\n"
    screening.screen(office, listed, False, "a list")
    given = accepted(office, officer, known.id)
    with pytest.raises(Conflict, match="screening hit"):
        reviewing.approve(office, officer, known.id, given, "")
    [(review, hit)] = [
        one for one in screening.waiting_for(office, officer) if one[0].person == known.person
    ]
    assert hit["name"] == "Ivan Blocked"
    screening.decide_as(office, officer, review.number, confirmed=False, why="another birthplace")
    assert reviewing.approve(office, officer, known.id, given, "").stage == "APPROVED"


def test_only_who_may_invites_and_reviews_and_nobody_reads_a_draft(office, registrar, officer):
    who = investor(office, registrar, "draft@acme.example")
    draft = applying.mine(office, who).known
    with pytest.raises(Conflict, match="not submitted"):
        reviewing.file(office, officer, draft.id)
    for act in (
        lambda: applying.invite(office, officer, "x@acme.example", "northwind-optics"),
        lambda: reviewing.file(office, who, draft.id),
        lambda: reviewing.queue(office, who),
        lambda: screening.waiting_for(office, who),
        lambda: applying.mine(office, officer),
    ):
        with pytest.raises(NotPermitted):
            act()
    with pytest.raises(NotFound):
        reviewing.file(office, officer, "ap_nothing")
    stale = replace(officer, proved_at=None)
    with pytest.raises(NotPermitted, match="fresh proof"):
        reviewing.decline(office, stale, draft.id, "why")


def test_what_is_missing_and_wrong_is_named(office, registrar):
    who = investor(office, registrar, "slow@acme.example")
    with pytest.raises(Conflict, match="identity, papers, wallet"):
        applying.submit(office, who)
    with pytest.raises(Conflict, match="say first who you are"):
        applying.hand_in(office, who, "identity", PDF)
    with pytest.raises(Invalid) as fault:
        applying.state(office, who, {"name": "", "born": "2999-01-01"}, "king")
    assert {one.place for one in fault.value.mistakes} == {"name", "born", "status"}
    applying.state(office, who, ANNA, "")
    for kind, content, said in (
        ("identity", b"MZ a program", "PDF, a PNG or a JPEG"),
        ("identity", PDF + b"x" * applying.LARGEST_PAPER, "at most 900,000"),
        ("anything", PDF, "identity or your status"),
    ):
        with pytest.raises(Invalid, match=said):
            applying.hand_in(office, who, kind, content)
    with pytest.raises(Conflict, match="prove first"):
        applying.use_wallet(office, who, new_wallet().address)


def test_a_day_that_has_passed_and_a_claim_that_was_not_proposed_are_refused(
    office, registrar, officer
):
    who = investor(office, registrar, "days@acme.example")
    known, _ = complete(office, who)
    for given in ({"kyc": "2001-01-01"}, {"kyc": "soon"}, {}, {"qib": "2999-01-01"}):
        with pytest.raises(Invalid, match="cannot be approved so"):
            reviewing.approve(office, officer, known.id, given, "")


def test_neither_names_nor_papers_stand_in_the_book_as_they_are(office, registrar):
    who = investor(office, registrar, "sealed@acme.example")
    complete(office, who, name="Zebulon Unmistakable", tax_id="TAX-77-UNMISTAKABLE")
    files = [office.home / "book.db", office.home / "book.db-wal"]
    book = b"".join(one.read_bytes() for one in files if one.exists())
    for secret in (b"Zebulon", b"TAX-77", b"a paper of status"):
        assert secret not in book


def test_without_a_wallet_the_agent_keeps_a_key_for_each_and_one_may_change_his_mind(
    office, registrar, officer
):
    known = []
    for name in ("kim@acme.example", "lee@acme.example"):
        who = investor(office, registrar, name)
        with pytest.raises(Conflict, match="who you are"):
            applying.use_none(office, who)
        applying.state(office, who, dict(ANNA), "")
        applying.hand_in(office, who, "identity", PDF)
        assert applying.mine(office, who).missing == ("wallet",)
        applying.use_none(office, who)
        applying.state(office, who, dict(ANNA), "")  # what was chosen stays
        assert applying.mine(office, who).kept and applying.mine(office, who).missing == ()
        applying.submit(office, who)
        one = applying.mine(office, who).known
        assert one.wallet is None and reviewing.file(office, officer, one.id).kept
        reviewing.approve(office, officer, one.id, accepted(office, officer, one.id), "")
        known.append(one)
    send_approved(office.posting), follow_chain(office.posting)
    assert reviewing.settle(office) >= 2
    with office.book.reading() as tx:
        found = [issuers.holder_named(tx, "northwind-optics", one.person) for one in known]
    assert len({one.wallet for one in found}) == len({one.custody for one in found}) == 2
    for one in found:
        assert office.keys.custody(one.custody).address == one.wallet
        assert holders.holder(office, None, one.id).kept_by_agent
    late = investor(office, registrar, "max@acme.example")
    applying.state(office, late, dict(ANNA), "")
    applying.use_none(office, late)
    wallet = new_wallet()
    text = wallets.begin(office, PLACE, wallets.LINK, wallet.address, HERE, late)
    wallets.link(office, late, PLACE, text, wallet.sign(text), HERE)
    applying.use_wallet(office, late, wallet.address)
    assert not applying.mine(office, late).kept
    applying.use_none(office, late)
    assert applying.mine(office, late).known.wallet is None


def test_a_holder_of_the_register_is_invited_to_his_own_file_alone(office, registrar):
    given = (office, registrar, "Priya@acme.example", "northwind-optics", "priya-raman")
    made, link = applying.invite_holder(*given, "one")
    assert link and applying.invite_holder(*given, "one") == (made, None)
    who = actor_of(office, "priya@acme.example")
    assert permits.allows(who, Power.READ_OWN, "northwind-optics/priya-raman")
    assert not permits.allows(who, Power.READ_OWN, "northwind-optics/jonas-keller")
    assert applying.mine(office, who) is None
    owner = somebody(office, Role.ISSUER, "issuer@acme.example")
    with pytest.raises(NotPermitted, match="holder:admit"):  # or he would move others' units
        applying.invite_holder(office, owner, "mine@acme.example", *given[3:])
    again = (office, registrar, "second@acme.example", *given[3:])
    applying.invite_holder(*again)
    told = [one for one in notices.outbox(office, permits.keyholder()) if one.kind == "holding"]
    assert [one.to for one in told] == ["priya@acme.example"]
    assert "second@acme.example was invited" in told[0].facts["what"]
    with pytest.raises(NotFound):
        applying.invite_holder(
            office, registrar, "nobody.at@acme.example", "northwind-optics", "nobody"
        )
    with pytest.raises(NotPermitted):
        applying.invite_holder(
            office, who, "other.one@acme.example", "northwind-optics", "jonas-keller"
        )


def test_nobody_reviews_his_own_application_under_another_identity(office, registrar, officer):
    who = investor(office, registrar, "nina@acme.example")
    known, _ = complete(office, who)
    other = somebody(office, Role.COMPLIANCE_OFFICER, "nina.officer@acme.example")
    humans.same(office, OPERATOR, who.id, other.id)
    for act in (reviewing.decline, reviewing.ask):
        with pytest.raises(NotPermitted, match="his own application"):
            act(office, other, known.id, "why")
    reviewing.decline(office, officer, known.id, "why")
