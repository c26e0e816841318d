"""What people are written about what concerns them: read from the folder that letters go into."""

import email
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import policy
from pathlib import Path

import pytest

from freehold import config
from freehold.book import identities, registrations
from freehold.core.approvals import State
from freehold.core.errors import Invalid, NotPermitted
from freehold.core.grounds import Ground, Grounds
from freehold.core.letters import Kind
from freehold.core.restraints import RestraintKind
from freehold.core.roles import EVERYWHERE, Power, Role, holder_scope
from freehold.core.units import Units
from freehold.desks import notices, parties, permits, posting
from freehold.desks.access import access, passkeys, sessions, signin
from freehold.desks.access.sessions import Client, start_session
from freehold.desks.agent import registrations as desk
from freehold.desks.agent import restraints, statements
from freehold.desks.agent.restraints import LegendRequest, PlaceRequest
from freehold.desks.approvals import approvals, carrying_out
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.securities import transfers
from freehold.desks.securities.transfers import TransferRequest
from freehold.doors.platform import mail
from tests.authenticator import SecurityKey
from tests.desks.access.test_passkeys import HERE, PLACE

NORTHWIND, PRIYA = "northwind-optics", "priya-raman"
OPERATOR, AGENT = permits.operator(), permits.keyholder()
ORDER = Grounds(Ground.COURT_ORDER, bytes.fromhex("9c" * 32))


class Mailbox:
    """The folder of letters: what came for somebody since it was last looked at."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office, self.folder, self.seen = office, folder, set()
        settings = {"FREEHOLD_HOME": str(office.home), "FREEHOLD_MAIL": f"folder:{folder}"}
        self.post = mail.post_of(config.load(environment=settings))

    def letters(self, to: str) -> list[str]:
        """Subject and text of each new letter to somebody, in no order."""
        notices.send_due(self.office, self.post, 500)
        found = []
        for file in sorted(self.folder.glob("*.eml")):
            one = email.message_from_bytes(file.read_bytes(), policy=policy.SMTP)
            if one["To"] == to and file.name not in self.seen:
                self.seen.add(file.name)
                found.append(f"{one['Subject']}\n{one.get_body(('plain',)).get_content()}")
        return found


@pytest.fixture(scope="module")
def office(shared_company: Office) -> Office:
    return shared_company


@pytest.fixture(scope="module")
def box(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    return Mailbox(office, tmp_path_factory.mktemp("letters"))


def somebody(office: Office, name: str, role: Role, scope: str = EVERYWHERE) -> Actor:
    with office.book.reading() as tx:
        known = identities.named(tx, name)
    if known is None:
        known, _ = signin.invite(office, OPERATOR, name, [(role, scope)])
    with office.book.reading() as tx:
        found = permits.actor_of(tx, identities.find(tx, known.id))
    return replace(found, session="s", proved_at=office.clock.now())


@pytest.fixture(scope="module")
def tess(office: Office) -> Actor:
    return somebody(office, "tess@letters.example", Role.TRANSFER_AGENT)


@pytest.fixture(scope="module")
def theo(office: Office) -> Actor:
    return somebody(office, "theo@letters.example", Role.TRANSFER_AGENT)


@pytest.fixture(scope="module")
def priya(office: Office) -> Actor:
    scope = holder_scope(NORTHWIND, PRIYA)
    return somebody(office, "priya@letters.example", Role.INVESTOR, scope)


def proposed(office: Office, who: Actor, key: str, kind: str = "freeze", **texts: str):
    asked = {"holder": PRIYA, **texts}
    done = approvals.propose(office, who, ProposeRequest(kind, asked, key, None, ORDER))
    assert done.proposal, done.tried.reason
    return done.proposal


def carried_out(office: Office, which: str):
    while True:
        moved = carrying_out.carry_out_approved(office)
        sent = posting.send_approved(office.posting) + posting.follow_chain(office.posting)
        with office.book.reading():
            found = approvals.proposal(office, AGENT_READS, which).proposal
        if found.state in (State.CARRIED_OUT, State.REFUSED):
            return found
        assert moved or sent.changed, "nothing moves any more"


AGENT_READS = permits.Actor("operator", "operator", AGENT.given)


def test_an_invitation_brings_its_link_once_and_names_the_issuer(office, box):
    scope = holder_scope(NORTHWIND, "jonas-keller")
    _, token = signin.invite(office, OPERATOR, "jonas@letters.example", [(Role.INVESTOR, scope)])
    (letter,) = box.letters("jonas@letters.example")
    assert "invited to Northwind Optics" in letter and f"/welcome/{token}" in letter
    again = signin.new_link(office, OPERATOR, "jonas@letters.example")
    (letter,) = box.letters("jonas@letters.example")
    assert f"/welcome/{again}" in letter and token not in letter
    signin.invite(office, OPERATOR, "no-mailbox", [(Role.AUDITOR, EVERYWHERE)])
    assert not box.letters("no-mailbox")


def test_what_concerns_access_is_written_to_whoever_has_it(office, box):
    who = somebody(office, "ada@letters.example", Role.ADMINISTRATOR)
    eve = somebody(office, "eve@letters.example", Role.AUDITOR)
    box.letters("eve@letters.example")
    access.give_role(office, who, eve.id, Role.REGISTRAR, NORTHWIND)
    access.end_role(office, who, eve.id, Role.REGISTRAR, NORTHWIND)
    sessions.make_key(office, eve, "reports", frozenset({Power.OWN_KEYS}), 30)
    with office.book.transaction() as tx:
        known = identities.find(tx, eve.id)
        start_session(tx, known, HERE, "a test", office.clock.now())
        elsewhere = Client("203.0.113.9", "Mozilla/5.0 (X11; Linux) Firefox/140.0")
        start_session(tx, known, elsewhere, "a test", office.clock.now())
    told = "\n".join(box.letters("eve@letters.example"))
    for said in (
        f"role given: registrar for {NORTHWIND}",
        f"role ended: registrar for {NORTHWIND}",
        "API key made: reports",
        "new browser or place: Firefox on Linux, 203.0.113.9",
    ):
        assert f"Your access: {said}" in told


def test_a_new_passkey_and_ways_in_replaced_are_written(office, box):
    name, key = "kim@letters.example", SecurityKey(PLACE.origin)
    _, link = signin.invite(office, OPERATOR, name, [(Role.AUDITOR, EVERYWHERE)])
    token = set_up(office, key, link)
    kim = sessions.actor_of_session(office, token, HERE)
    other = SecurityKey(PLACE.origin)
    made = other.make(passkeys.begin_adding(office, kim, PLACE, HERE))
    passkeys.add(office, kim, PLACE, made, "Second key", HERE)
    assert "Your access: passkey added: Second key" in "\n".join(box.letters(name))
    set_up(office, SecurityKey(PLACE.origin), signin.new_link(office, OPERATOR, name))
    told = "\n".join(box.letters(name))
    assert "Your access: ways in replaced by a one-time link" in told


def set_up(office: Office, key: SecurityKey, link: str) -> str:
    options = passkeys.begin_enrolment(office, PLACE, link, HERE)
    return passkeys.enrol(office, PLACE, link, key.make(options), "First key", HERE)


def test_a_proposal_is_written_to_those_who_may_decide_it_and_its_end_to_its_proposer(
    office, box, tess, theo, priya
):
    rita = somebody(office, "rita@letters.example", Role.AUDITOR)
    for one in (tess, theo, priya, rita):
        box.letters(one.name)
    made = proposed(office, tess, "letters: one", instrument="common", units="5")
    (waits,) = box.letters(theo.name)
    assert "An approval waits for you at Northwind Optics" in waits
    assert f"/approvals/{made.id}" in waits and '"Freeze"' in waits
    assert not box.letters(tess.name) and not box.letters(rita.name)
    approvals.approve(office, theo, made.id, made.difference.digest)
    (decided,) = box.letters(tess.name)
    assert f"was approved by {theo.name}" in decided
    assert carried_out(office, made.id).state is State.CARRIED_OUT
    (told,) = box.letters(priya.name)
    assert "Your holding at Northwind Optics" in told and "Freeze: carried out on" in told
    assert "court" in told


def test_who_declines_and_what_lapses_is_written_to_the_proposer(office, box, tess, theo):
    box.letters(tess.name)
    made = proposed(office, tess, "letters: two", instrument="common", units="6")
    approvals.decline(office, theo, made.id, "the order was lifted")
    (told,) = box.letters(tess.name)
    assert f"was declined by {theo.name}: the order was lifted" in told
    late = proposed(office, tess, "letters: three", instrument="common", units="7")

    class Later:
        def now(self):
            return late.lapses_at + timedelta(minutes=1)

    carrying_out.carry_out_approved(replace(office, clock=Later()))
    notices.send_due(replace(office, clock=Later()), box.post, 500)
    (told,) = box.letters(tess.name)
    assert "lapsed: nobody decided in time" in told


def test_a_broken_glass_is_written_to_everybody_who_would_have_been_asked(office, box, tess, theo):
    made = proposed(office, tess, "letters: four", instrument="common", units="8")
    box.letters(theo.name)
    approvals.break_glass(office, tess, made.id, made.difference.digest, "nobody else is here")
    for one in (tess, theo):
        told = "\n".join(box.letters(one.name))
        assert "the glass was broken: Freeze, tess@letters.example, northwind-optics" in told
    carried_out(office, made.id)


def test_a_decision_needs_a_fresh_proof_in_a_session_and_none_of_a_key(office, tess, theo):
    made = proposed(office, tess, "letters: five", instrument="common", units="9")
    stale = replace(theo, proved_at=office.clock.now() - permits.PROOF_LIFE)
    with pytest.raises(NotPermitted, match="fresh proof"):
        approvals.approve(office, stale, made.id, made.difference.digest)
    with pytest.raises(NotPermitted, match="fresh proof"):
        stale_tess = replace(tess, proved_at=office.clock.now() - permits.PROOF_LIFE)
        approvals.break_glass(office, stale_tess, made.id, made.difference.digest, "in a hurry now")
    by_key = replace(theo, session="", proved_at=None, limit=permits.powers(theo))
    assert approvals.approve(office, by_key, made.id, made.difference.digest)
    carried_out(office, made.id)


def test_a_recovery_is_told_the_holder_before_it_takes_effect(office, box, tess, theo, priya):
    box.letters(priya.name)
    made = proposed(office, tess, "letters: recovery", "recovery")
    approvals.approve(office, theo, made.id, made.difference.digest)
    carrying_out.carry_out_approved(office)
    (told,) = box.letters(priya.name)
    assert "Another wallet was proposed for your account" in told and "object before" in told


def test_restraints_and_legends_are_told_the_holder(company, tmp_path):
    box = Mailbox(company, tmp_path / "letters")
    scope = holder_scope(NORTHWIND, PRIYA)
    priya = somebody(company, "priya@letters.example", Role.INVESTOR, scope)
    box.letters(priya.name)
    paper = "ab" * 32
    stop = restraints.place(company, AGENT, PlaceRequest(PRIYA, RestraintKind.STOP, paper))
    restraints.release(company, AGENT, stop.restraint.id, paper)
    number = restraints.stamp_legend(
        company, AGENT, LegendRequest(PRIYA, "common", 5, "ROFR", paper)
    )
    restraints.remove_legend(company, AGENT, number, paper)
    told = "\n".join(box.letters(priya.name))
    for said in (
        "(stop) was placed on",
        "(stop) was lifted from",
        "ROFR was placed",
        "ROFR was removed",
    ):
        assert said in told


def test_a_holder_who_does_not_sign_in_is_told_at_the_mailbox_in_his_file(company, tmp_path):
    box = Mailbox(company, tmp_path / "letters")
    holder, old, new = "jonas-keller", "jonas@old.example", "jonas@new.example"
    desk.move(company, AGENT, NORTHWIND, holder, ["1 Main Street"], old)
    stop = restraints.place(company, AGENT, PlaceRequest(holder, RestraintKind.STOP, "ab" * 32))
    assert stop.refused == ""
    [told] = box.letters(old)
    assert "(stop) was placed on" in told
    desk.move(company, AGENT, NORTHWIND, holder, ["2 Side Street"], new)
    assert len(box.letters(old)) == len(box.letters(new)) == 1
    restraints.release(company, AGENT, stop.restraint.id, "ab" * 32)
    assert "(stop) was lifted from" in "".join(box.letters(new)) and not box.letters(old)
    with pytest.raises(Invalid, match="mailbox is no address"):
        desk.move(company, AGENT, NORTHWIND, holder, ["3 Side Street"], "a@b\nBcc: c@d")
    somebody(company, "jonas@letters.example", Role.INVESTOR, holder_scope(NORTHWIND, holder))
    restraints.place(company, AGENT, PlaceRequest(holder, RestraintKind.STOP, "cd" * 32))
    assert box.letters("jonas@letters.example") and not box.letters(new)


def test_a_quarter_that_ended_is_told_every_investor_once_and_not_who_does_without(
    office, box, priya
):
    def at(day: str):
        class Then:
            def now(self):
                return office.clock.now().fromisoformat(f"{day}T00:00:05+00:00")

        return replace(office, clock=Then())

    assert statements.tell_due(at("2031-02-01")) == 0
    assert statements.tell_due(at("2031-03-31")) == 0
    box.letters(priya.name)
    assert statements.tell_due(at("2031-04-01")) >= 1
    assert statements.tell_due(at("2031-04-02")) == 0
    notices.send_due(at("2031-04-02"), box.post, 500)
    (told,) = box.letters(priya.name)
    assert "Your statement from Northwind Optics" in told and "2031-03-31" in told
    assert f"/statement?issuer={NORTHWIND}&holder={PRIYA}" in told
    notices.choose(office, priya, {Kind.NEWS})
    assert notices.chosen(office, priya)[Kind.STATEMENT] is False
    statements.tell_due(at("2031-07-01"))
    notices.send_due(at("2031-07-02"), box.post, 500)
    assert not box.letters(priya.name)
    notices.choose(office, priya, set(notices.chosen(office, priya)))


def test_a_transfer_after_a_change_of_address_waits_for_a_second_person(office, tess):
    token = str(parties.instrument(office, NORTHWIND, "common")[1].token)
    asked = TransferRequest(token, "jonas-keller", "wei-ling-tan", Units(1), "moved")
    now = office.clock.now()
    with office.book.transaction() as tx:
        lines, until = ("1 New Street",), now + timedelta(days=10)
        registrations.move(tx, NORTHWIND, "jonas-keller", lines, until, "test", now)
    done = transfers.request_as(office, tess, asked)
    assert (done.code, done.instruction) == (0, None), done.reason
    assert done.held.startswith("ap_")
