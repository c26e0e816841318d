"""A draft with its own policy at its reviewer's: declined with a reason, changed, agreed to, audited."""

from freehold.core.roles import Role
from tests.doors.running import ISSUER
from tests.doors.web.windows import Window, acts_of, session_of, somebody
from tests.parts import ROOT

POLICY = (ROOT / "examples/policies/crowdfunding.toml").read_text()


def test_a_second_person_declines_a_draft_and_agrees_to_the_next(platform):
    names = (("drafter", Role.ISSUER), ("reader", Role.COMPLIANCE_OFFICER))
    author, reader = (
        Window(
            platform, session_of(platform, somebody(platform, f"{name}@northwind.example", role))
        )
        for name, role in names
    )
    begun = author.press("/assets/new", "Begin the draft", kind="other", issuer=ISSUER)
    place = begun.headers["location"].removesuffix("/record")
    record = {"name": "A reviewed thing", "description": "Of this test", "country": "US"}
    author.press(f"{place}/record", "Save and go on", **record)
    terms = {"name": "Reviewed units", "symbol": "RVW", "decimals": "0", "authorised": ""}
    author.press(f"{place}/terms", "Save and go on", **terms)
    own = {"choice": "own", "text": POLICY}
    checked = author.press(f"{place}/policy", "Read it in words", **own)
    assert "cafe · " in checked.text and "17 CFR 227.501(a)" in checked.text
    wrong = author.press(f"{place}/policy", "Try the sale", **own, units="0")
    assert wrong.status_code == 422 and "Enter how many units are sold" in wrong.text
    sale = {"seller": "us", "buyer": "offshore", "units": "10", "family": "CF", "held": "1"}
    tried = author.press(f"{place}/policy", "Try the sale", **own, **sale)
    assert "Would be refused" in tried.text and "would pass on" in tried.text
    assert "Deploy the instrument" not in author.see(f"{place}/review")
    author.press(f"{place}/review", "Ask for a review")
    for page in ("/policies", "/approvals"):
        assert "Review the draft Reviewed units" in reader.see(page)
        own = author.see(page)
        assert "Open the draft Reviewed units" in own and "Drafted by you" in own
    assert "1 waiting for you" in reader.see("/approvals")
    assert "0 waiting for you" in author.see("/approvals")
    assert "Reviewed units: its policy needs a second person" in reader.see("/")
    assert "Reviewed units: its policy" not in author.see("/")
    unsaid = reader.press(f"{place}/second", "Decline the draft")
    assert unsaid.status_code == 422 and "Say why it is declined" in unsaid.text
    reader.press(f"{place}/second", "Decline the draft", note="No portal is named")
    assert "No portal is named" in author.see(f"{place}/review")
    author.press(f"{place}/review", "Ask for a review")
    seen = reader.see(f"{place}/second")
    assert "Agree to the draft" in seen
    author.press(f"{place}/terms", "Save and go on", **{**terms, "authorised": "1,000"})
    assert "The draft was changed" in reader.see(f"{place}/second")
    author.press(f"{place}/review", "Ask for a review")
    reader.press(f"{place}/second", "Agree to the draft", note="read")
    ready = author.see(f"{place}/review")
    assert "Agreed to by " in ready and "Deploy the instrument" in ready
    acts = acts_of(platform, place.rsplit("/", 1)[1])
    assert ("decline a draft", "DONE") in acts and ("agree to a draft", "DONE") in acts
    assert "Reviewed units" not in reader.see("/approvals"), "nothing waits any more"
    assert "gone for good" in author.see(f"{place}/terms")
    gone = author.press(f"{place}/terms", "Discard for good")
    assert gone.headers["location"] == "/assets" and "A reviewed thing" not in author.see("/assets")
    assert ("discard a draft", "DONE") in acts_of(platform, place.rsplit("/", 1)[1])
