"""Claims: what may be recorded, how it stands on a day, and when it counts."""

from datetime import date

import pytest

from freehold.core.claims import (
    Claim,
    ClaimState,
    Trust,
    commitment,
    counts_from_to,
    read_claim,
    state_on,
)
from freehold.core.errors import Invalid

TODAY = date(2026, 11, 26)
DIGEST = "sha256:" + "ab" * 32
TRUST = Trust(frozenset({"office"}), {"accredited": frozenset({"kane-cpa"})})
GIVEN = {
    "id": "c-1",
    "name": "accredited",
    "subject": "p-1",
    "issuer": "office",
    "evidence": DIGEST,
    "issued": "2026-06-01",
    "expires": "2026-09-01",
}


def claim(name="accredited", issued="2026-06-01", expires="2026-09-01", **more):
    days = {key: date.fromisoformat(more.pop(key)) for key in ("ended", "revoked") if key in more}
    by = more.pop("issuer", "office")
    first, last = date.fromisoformat(issued), date.fromisoformat(expires)
    return Claim(more.pop("id", f"c-{name}"), name, "p-1", by, DIGEST, first, last, **days, **more)


def on(text):
    return date.fromisoformat(text)


def test_a_claim_without_expiry_is_refused_and_told_why():
    with pytest.raises(Invalid) as refused:
        read_claim({**GIVEN, "expires": ""}, TODAY)
    (mistake,) = refused.value.mistakes
    assert mistake.place == "claim expires"
    assert "a claim without expiry would hold for ever" in mistake.message


def test_every_mistake_of_a_claim_is_named_at_once():
    wrong = {
        "id": "c",
        "name": "acredited",
        "evidence": "x",
        "issued": "2027-01-01",
        "expires": "?",
    }
    with pytest.raises(Invalid) as refused:
        read_claim(wrong, TODAY)
    places = [one.place for one in refused.value.mistakes]
    assert places == [f"claim {field}" for field in
                      ("name", "subject", "issuer", "evidence", "expires", "issued")]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "residence", "country": "XX"}, "'XX' is not an ISO 3166"),
        ({"name": "residence"}, "is not an ISO 3166"),
        ({"country": "DE"}, "has no country"),
        ({"expires": "2026-05-31"}, "lies before its issue"),
        ({"issued": "2026-11-27", "expires": "2027-01-01"}, "lies after today"),
    ],
)
def test_what_cannot_be_is_refused(given, said):
    with pytest.raises(Invalid) as refused:
        read_claim({**GIVEN, **given}, TODAY)
    assert said in refused.value.mistakes[0].message


def test_a_claim_that_a_policy_names_itself_is_taken():
    assert (
        read_claim({**GIVEN, "name": "club_member"}, TODAY, ["club_member"]).name == "club_member"
    )


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2026-05-31", ClaimState.NOT_YET),
        ("2026-06-01", ClaimState.VALID),
        ("2026-09-01", ClaimState.VALID),
        ("2026-09-02", ClaimState.EXPIRED),
    ],
)
def test_a_claim_holds_from_its_first_to_its_last_day(day, state):
    assert state_on(claim(), on(day), TRUST) is state


def test_a_revoked_claim_counts_until_the_day_before_and_an_untrusted_one_never():
    revoked = claim(revoked="2026-07-01")
    assert state_on(revoked, on("2026-06-30"), TRUST) is ClaimState.VALID
    assert state_on(revoked, on("2026-07-01"), TRUST) is ClaimState.REVOKED
    assert counts_from_to(revoked) == (on("2026-06-01"), on("2026-06-30"))
    by_cpa = claim(issuer="kane-cpa")
    assert state_on(by_cpa, on("2026-07-01"), TRUST) is ClaimState.VALID
    assert (
        state_on(claim("qib", issuer="kane-cpa"), on("2026-07-01"), TRUST) is ClaimState.UNTRUSTED
    )


@pytest.mark.parametrize(
    ("ended", "last"),
    [("2026-07-15", "2026-10-15"), ("2026-11-30", "2027-02-28"), ("2023-11-30", "2024-02-29")],
)
def test_an_affiliate_stays_one_for_three_calendar_months_after_the_last_day(ended, last):
    was = claim("affiliate", issued="2020-01-01", expires="2028-01-01", ended=ended)
    assert counts_from_to(was)[1] == on(last)


def test_an_affiliate_whose_claim_only_ran_out_stays_one_until_somebody_says_otherwise():
    assert counts_from_to(claim("affiliate"))[1] == date.max
    assert counts_from_to(claim("affiliate", revoked="2026-08-01"))[1] == on("2026-07-31")


def test_a_commitment_opens_with_its_salt_and_claims_and_with_nothing_else():
    one, two = claim(id="c-1"), claim("kyc", id="c-2")
    salt = bytes(range(32))
    shown = commitment(salt, [one, two])
    assert commitment(salt, [two, one]) == shown
    assert commitment(bytes(32), [one, two]) != shown
    assert commitment(salt, [one]) != shown
    assert commitment(salt, [claim(id="c-1", expires="2026-09-02"), two]) != shown
