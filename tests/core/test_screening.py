"""Screening: who is like an entry of a list, how much, and why; lists that cannot be read."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.core.errors import Invalid
from freehold.core.holder import Particulars
from freehold.core.screening import THRESHOLD, Entry, _compared, hits, normal, read_list

LIST = [
    Entry("A-1", "Viktor Andreyevich Morozov", ("Morozoff, Victor",), "1961-04-12", ("RU",)),
    Entry("A-2", "Müller-Öztürk GmbH", (), "", ("DE",)),
    Entry("A-3", "محمد الحسن", ("Mohammed Al-Hassan",), "1970", ("SY",)),
    Entry("A-4", "Li Na", (), "1982-02-26", ("CN",)),
]


def found(name, **more):
    return [(hit.entry.id, hit.score) for hit in hits(Particulars(name, **more), LIST)]


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("Viktor Andreyevich Morozov", "A-1"),
        ("MOROZOV, Viktor Andreyevich", "A-1"),
        ("Victor Morozov", "A-1"),
        ("Виктор Морозов", "A-1"),
        ("Muller Ozturk", "A-2"),
        ("MÜLLER ÖZTÜRK GMBH", "A-2"),
        ("Muhammad al-Hassan", "A-3"),
        ("Na Li", "A-4"),
        ("Lina", "A-4"),
    ],
)
def test_accents_order_and_script_do_not_hide_a_name(name, entry):
    assert [one for one, _ in found(name)] == [entry]


@pytest.mark.parametrize(
    "name", ["Anna Schmidt", "Viktor Petrov", "Morozova Viktoria", "Li Wei", "Mueller", "X"]
)
def test_who_only_shares_a_part_of_a_name_is_no_hit(name):
    assert found(name) == []


def test_birth_and_country_move_the_score_and_say_so():
    same = hits(Particulars("Victor Morozov", born=date(1961, 4, 12), residence="RU"), LIST)[0]
    plain = hits(Particulars("Victor Morozov"), LIST)[0]
    other = hits(Particulars("Victor Morozov", born=date(1990, 1, 1), residence="FR"), LIST)
    assert same.score == min(100, plain.score + 9)
    assert same.reasons[1:] == ("same date of birth: +6", "same country: +3")
    assert other == []


def test_the_very_same_name_is_a_hit_whatever_birth_and_country_say():
    who = Particulars("Viktor Andreyevich Morozov", born=date(1990, 1, 1), residence="FR")
    assert hits(who, LIST)[0].score >= THRESHOLD


def test_an_alias_of_the_person_is_compared_too():
    assert found("Anna Schmidt", aliases=("V. A. Morozov", "Viktor Morozov"))[0][0] == "A-1"


def test_a_year_alone_is_the_same_within_one_year():
    near = hits(Particulars("Mohammed Al-Hassan", born=date(1971, 5, 1)), LIST)[0]
    assert "same year of birth, or the next: +3" in near.reasons


def test_the_threshold_is_a_choice():
    who = Particulars("Morozova Viktoria")
    assert hits(who, LIST) == []
    assert hits(who, LIST, threshold=70)[0].entry.id == "A-1"


def test_normal_form_keeps_something_of_a_name_that_is_all_titles():
    assert normal("The Company Ltd.") == "company"
    assert normal("AG") == "ag"


CSV = "id,name,aliases,born,country\nA-1,Jan Novák,J. Novak;Novák Jan,1970,CZ;SK\n"


def test_a_list_is_read_from_csv_and_json_alike():
    (entry,) = read_list(CSV, json_file=False)
    assert entry == Entry("A-1", "Jan Novák", ("J. Novak", "Novák Jan"), "1970", ("CZ", "SK"))
    written = (
        '[{"id": "A-1", "name": "Jan Novák", "aliases": ["J. Novak", "Novák Jan"],'
        ' "born": "1970", "country": ["CZ", "SK"]}]'
    )
    assert read_list(written, json_file=True) == [entry]


def test_an_entry_that_changes_is_another_one():
    (entry,) = read_list(CSV, json_file=False)
    (same,) = read_list(CSV, json_file=False)
    (other,) = read_list(CSV.replace("1970", "1971"), json_file=False)
    assert entry.content == same.content != other.content


@pytest.mark.parametrize(
    ("text", "json_file", "said"),
    [
        ("name\nX\n", False, "has no column id"),
        ("id,name\n", False, "has no entries"),
        ("id,name\nA,Jan\nA,Eva\n", False, "stands twice"),
        ("id,name,born\nA,Jan,12/04/1970\n", False, "neither a date nor a year"),
        ("id,name,country\nA,Jan,XX\n", False, "not an ISO 3166"),
        ("id,name\n,Jan\n", False, "is missing"),
        ("{", True, "is no JSON"),
        ('{"id": "A"}', True, "is not a list of objects"),
        ('[{"id": "A", "name": "Jan", "sex": "m"}]', True, "there is no column 'sex'"),
    ],
)
def test_a_list_that_cannot_be_read_says_where(text, json_file, said):
    with pytest.raises(Invalid) as refused:
        read_list(text, json_file)
    told = [refused.value.message, *[str(one) for one in refused.value.mistakes]]
    assert said in "\n".join(told)


MINE = st.sampled_from("ann anna li schmid schmidt viktor morozov o'neil al".split())
THEIRS = st.sampled_from("anna lina schmidt smith victor morozoff oneil ali".split())
WORDS = {"min_size": 1, "max_size": 3}


@given(st.lists(MINE, **WORDS), st.lists(THEIRS, **WORDS), st.integers(60, 100))
def test_nobody_who_would_be_a_hit_is_passed_over_by_the_first_look(mine, theirs, threshold):
    who, entry = Particulars(" ".join(mine)), Entry("1", " ".join(theirs))
    names = [(who.name, normal(who.name))]
    closer = _compared(who, names, entry, threshold)
    assert [closer] * bool(closer) == hits(who, [entry], threshold)
