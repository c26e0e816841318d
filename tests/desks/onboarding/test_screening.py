"""Hits come once, are decided by somebody, freeze on chain where confirmed, and are remembered."""

from datetime import date

import pytest

from freehold.book import people, reviews
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.facts import Flags
from freehold.core.reasons import Reason
from freehold.desks.onboarding import erasing, onboarding, screening
from tests.company import sell as company_sale
from tests.desks.onboarding.test_onboarding import facts, sell
from tests.people import berliner

LIST = "id,name,aliases,born,country\nX-1,Schmidt Anna,,1980-02-29,DE\nX-2,Boris Nobody,,,RU\n"
VERA = {"reviewer": "vera", "why": "passport and list agree"}


def screen(office, text=LIST, **how):
    return screening.screen(office, text, False, "list.csv", **how)


def test_a_hit_goes_to_the_queue_with_score_and_reasons(company):
    anna = berliner(company)
    found = screen(company)
    assert (found.persons, found.entries, found.known) == (1, 2, 0)
    (one,) = found.hits
    assert (one.person, one.hit.entry.id, one.hit.score) == (anna, "X-1", 100)
    ((review, said),) = screening.waiting(company)
    assert review.number == one.review
    assert said["reasons"][1:] == ["same date of birth: +6", "same country: +3"]


def test_a_cleared_hit_does_not_come_again_for_the_same_entry_but_for_a_changed_one(company):
    berliner(company)
    (one,) = screen(company).hits
    screening.decide(company, one.review, confirmed=False, reviewer="vera", why="another Anna")
    again = screen(company)
    assert (again.hits, again.known) == ((), 1)
    assert screening.waiting(company) == []
    changed = screen(company, LIST.replace("1980-02-29,DE", "1980-02-29,US"))
    assert len(changed.hits) == 1


def test_a_confirmed_hit_freezes_and_a_report_is_due_in_ten_business_days(company):
    anna = berliner(company)
    wallet = onboarding.admit(company, None, anna).wallet
    assert sell(company, anna, "before") == 0
    (one,) = screen(company).hits
    done = screening.decide(company, one.review, confirmed=True, **VERA)
    assert done.accounts == (wallet,)
    assert facts(company, wallet).flags == Flags.SANCTIONED
    assert sell(company, anna, "after") == Reason.RECEIVER_SANCTIONED
    out = company_sale(company, anna, "jonas-keller", 1_000, "out")
    assert out.code == Reason.SENDER_SANCTIONED
    (task,) = screening.tasks(company)
    assert (task.what, task.due) == ("report blocked property", done.task.due)
    assert screening.tasks(company, task.id) == []


def test_the_day_of_the_report_counts_us_business_days():
    assert screening.report_due(date(2026, 11, 20)) == date(2026, 12, 7)  # Thanksgiving between


def test_who_is_sanctioned_is_not_admitted_until_it_is_lifted(company):
    anna = berliner(company)
    (one,) = screen(company).hits
    screening.decide(company, one.review, confirmed=True, **VERA)
    refused = onboarding.admit(company, None, anna)
    assert (refused.allowed, refused.standing.code) == (False, Reason.RECEIVER_SANCTIONED)
    screening.lift(company, anna, reviewer="vera", why="delisted")
    assert onboarding.admit(company, None, anna).allowed
    with pytest.raises(Conflict, match="is not sanctioned"):
        screening.lift(company, anna, reviewer="vera", why="delisted")


def test_lifting_takes_the_mark_off_and_keeps_what_is_stated(company):
    anna = berliner(company)
    wallet = onboarding.admit(company, None, anna).wallet
    (one,) = screen(company).hits
    screening.decide(company, one.review, confirmed=True, **VERA)
    lifted = screening.lift(company, anna, reviewer="vera", why="delisted")
    assert lifted.accounts == (wallet,)
    assert facts(company, wallet).flags == Flags(0)
    onboarding.refresh(company, None)
    assert sell(company, anna, "again") == 0


def test_a_hit_is_decided_once_by_somebody_with_a_reason(company):
    berliner(company)
    (one,) = screen(company).hits
    with pytest.raises(Invalid, match="why is missing"):
        screening.decide(company, one.review, confirmed=False, reviewer="vera", why=" ")
    screening.decide(company, one.review, confirmed=False, **VERA)
    with pytest.raises(Conflict, match="ended already, by vera"):
        screening.decide(company, one.review, confirmed=True, **VERA)
    with pytest.raises(NotFound, match="no review 77"):
        screening.decide(company, 77, confirmed=True, **VERA)


def test_who_waits_in_the_queue_is_not_erased_and_afterwards_the_hit_cannot_be_read(company):
    anna = berliner(company)
    (one,) = screen(company).hits
    with pytest.raises(Conflict, match="waits in the review queue"):
        erasing.erase_person(company, anna)
    screening.decide(company, one.review, confirmed=False, **VERA)
    erasing.erase_person(company, anna)
    with company.book.reading() as tx:
        (review,) = reviews.reviews(tx, anna, open_alone=False)
        with pytest.raises(NotFound, match="erased"):
            reviews.hit(tx, company.people.vault(), review.subject)
        assert people.find(tx, anna).erased_at
    assert screen(company).persons == 0


@pytest.mark.parametrize(
    ("text", "how", "said"),
    [("id,name\nA,B\nA,C\n", {}, "cannot be used"), (LIST, {"threshold": 20}, "threshold 20")],
)
def test_a_bad_list_or_threshold_screens_nobody(company, text, how, said):
    berliner(company)
    with pytest.raises(Invalid, match=said):
        screen(company, text, **how)
    assert screening.waiting(company) == []
