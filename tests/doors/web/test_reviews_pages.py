"""The queue of whoever reviews investors: an application declined, hits dismissed and confirmed."""

import secrets

import pytest

from freehold.book import issuers, reviews
from freehold.chain import contracts
from freehold.core.facts import Flags, unpack_facts
from freehold.core.roles import Role
from freehold.desks.onboarding import applying, onboarding, screening
from tests.desks.onboarding.test_applying import ANNA, actor_of
from tests.doors.running import ISSUER, form_token, office_of
from tests.doors.web.windows import Window, acts_of, session_of, somebody
from tests.people import say
from tests.wallet import new_wallet

PAPER = b"%PDF-1.7\nA passport, for a test of reviews.\n%%EOF\n"
HITS = (
    "id,name,aliases,born,country\n"
    "Z-1,Zeno Quillfeather,,1931-05-06,DE\nZ-2,Odo Marmalade,,1932-07-08,DE\n"
)


@pytest.fixture(scope="module")
def officer(platform) -> Window:
    id = somebody(platform, "reviews@northwind.example", Role.COMPLIANCE_OFFICER)
    return Window(platform, session_of(platform, id))


def test_an_application_is_handed_in_and_declined_with_a_reason(platform, officer):
    name = f"{secrets.token_hex(3)}.declined@example.org"
    registrar = somebody(platform, "inviter@northwind.example", Role.REGISTRAR)
    session = Window(platform, session_of(platform, registrar))
    invited = session.press("/investors/invite", "Invite investor", name=name, issuer=ISSUER)
    assert "/welcome/" in invited.text
    with office_of(platform.home) as office:
        who = actor_of(office, name)
    applicant = Window(platform, session_of(platform, who.id))
    facts = {"name": "Ada Undecided", "born": ANNA["born"], "residence": "DE"}
    facts |= {"citizenships": "DE", "email": name, "status": ""}
    said = applicant.press("/apply/identity", "Save and go on", **facts)
    assert said.status_code == 303, said.text[-3000:]
    handed = applicant.press("/apply/papers", "Hand in: identity", file=("pass.pdf", PAPER))
    assert handed.status_code == 303, handed.text[-3000:]
    wallet = new_wallet()
    assert applicant.press("/apply/wallet", "I have no wallet").status_code == 303
    assert "the transfer agent keeps the key" in applicant.see("/apply/review")
    assert "Go on without a wallet" in applicant.see("/apply/wallet")
    form = {"token": form_token(applicant.see("/apply/wallet")), "address": wallet.address}
    begun = applicant.browser.post(f"{platform.url}/apply/wallet/begin", form, timeout=60)
    message = begun.json()["message"]
    signed = {"message": message, "signature": wallet.sign(message)}
    assert applicant.press("/apply/wallet", "Sign with your wallet", **signed).status_code == 303
    assert applicant.press("/apply/review", "Submit application").status_code == 303
    with office_of(platform.home) as office:
        made = applying.mine(office, who).known
    page = f"/reviews/applications/{made.id}"
    assert name in officer.see("/reviews") and "Ada Undecided" in officer.see(page)
    wordless = officer.press(page, "Decline application", why="")
    assert wordless.status_code == 422
    done = officer.press(page, "Decline application", why="The passport cannot be read.")
    assert done.status_code == 303
    assert "The passport cannot be read." in applicant.see("/apply")
    assert "Decline application" not in officer.see(page)
    assert ("decline application", "DONE") in acts_of(platform, made.id)
    with office_of(platform.home) as office, office.book.reading() as tx:
        register = issuers.find(tx, ISSUER).register
        assert not contracts.read(office.w3, "Holders", register, "facts", wallet.address)


@pytest.fixture
def resembling(platform) -> dict[str, str]:
    """Two persons in the register whom an entry of a list resembles; each wallet by the person's id."""
    found = {}
    with office_of(platform.home) as office:
        for id, name, born in (
            ("p-zeno", "Zeno Quillfeather", "1931-05-06"),
            ("p-odo", "Odo Marmalade", "1932-07-08"),
        ):
            onboarding.add_person(office, {**ANNA, "name": name, "born": born}, id)
            say(office, id, "kyc")
            say(office, id, "residence", country="DE")
            admitted = onboarding.admit(office, ISSUER, id)
            assert admitted.allowed
            found[id] = str(admitted.wallet)
    return found


def test_a_hit_is_dismissed_and_another_one_freezes_its_person(platform, officer, resembling):
    with office_of(platform.home) as office:
        screened = screening.screen(office, HITS, False, "a list of tests")
        assert len(screened.hits) == 2
        numbers = {one.person: one.review for one in screened.hits}
    for id, words in (("p-zeno", "Not the same person"), ("p-odo", "Confirm and freeze")):
        place = f"/reviews/hits/{numbers[id]}"
        assert id in officer.see("/reviews")
        done = officer.press("/reviews", words, sent_to=place, why="seen by two")
        assert done.status_code == 303, done.text[-2000:]
    with office_of(platform.home) as office:
        with office.book.reading() as tx:
            ended = {id: reviews.find(tx, number) for id, number in numbers.items()}
            register = issuers.find(tx, ISSUER).register
        assert (ended["p-zeno"].approved, ended["p-odo"].approved) == (False, True)
        flags = {
            id: unpack_facts(contracts.read(office.w3, "Holders", register, "facts", of)).flags
            for id, of in resembling.items()
        }
        assert flags == {"p-zeno": Flags(0), "p-odo": Flags.SANCTIONED}
        screening.lift(office, "p-odo", reviewer="a test", why="the test is over")
    assert ("decide screening hit", "DONE") in acts_of(platform, str(numbers["p-odo"]))
    assert "Odo Marmalade" not in officer.see("/reviews")
