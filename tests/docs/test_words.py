"""docs/reference/words.md draws the words as the code and the contracts lay them out."""

import re
from collections.abc import Iterable
from itertools import takewhile

import pytest

from freehold.core import facts
from freehold.core.facts import Flags, Kind, Proof
from freehold.core.powers import Powers
from tests.parts import ROOT
from tests.tidy.documents import table_rows

TEXT = (ROOT / "docs/reference/words.md").read_text()
SOURCE = (ROOT / "contracts/modules/words.vy").read_text()
TITLES = {"facts": "Facts", "vintage": "Vintage", "account": "Account", "state": "State"}
# 96..191, or a single bit behind a name
PLACES = re.compile(r"(\d+)\.\.(\d+)|(?:frozen|tombstone) (\d+)(?![\d.])")


def drawn(word: str) -> list[tuple[str, str]]:
    """Bits and name of every place that the page draws of a word, in its first table."""
    parts = re.split(r"^## ", TEXT, flags=re.M)
    rows = table_rows(next(part for part in parts if part.startswith(TITLES[word])))
    return [(row[0], row[1]) for row in takewhile(lambda row: row[0][:1].isdigit(), rows[2:])]


def by_code(layout: Iterable[tuple[str, int, int]]) -> list[tuple[str, str]]:
    return [(f"{place}..{place + width - 1}", name) for name, place, width in layout]


def test_facts_and_vintages_are_drawn_as_python_packs_them() -> None:
    assert drawn("facts") == [*by_code(facts._FACTS), ("255", "tombstone")]
    assert drawn("vintage") == by_code(facts._VINTAGE)


@pytest.mark.parametrize("word", ["facts", "account", "state"])
def test_a_word_is_drawn_as_the_contracts_lay_it_out(word: str) -> None:
    text = re.split(r"^ {8}(?=\w)", SOURCE.split('"""')[1], flags=re.M)
    laid_out = next(part for part in text if part.startswith(word))
    places = [
        f"{first}..{last}" if first else single for first, last, single in PLACES.findall(laid_out)
    ]
    assert [bits for bits, _ in drawn(word)] == places


def test_the_vintage_of_the_contracts_covers_the_same_bits() -> None:
    text = SOURCE.split("vintage acquired")[1].split('"""')[0]
    ends = [int(last) for _, last, _ in PLACES.findall(text)]
    drawn_ends = [int(bits.split("..")[1]) for bits, _ in drawn("vintage")]
    assert set(ends) <= set(drawn_ends) and max(ends) == max(drawn_ends)


def test_flags_kinds_proofs_and_powers_are_all_listed() -> None:
    assert listed("bit of `flags") == [(flag.bit_length() - 1, flag.name) for flag in Flags]
    assert listed("kind") == [(int(kind), kind.name) for kind in Kind]
    assert listed("proof") == [(int(proof), proof.name) for proof in Proof]
    assert listed("bit") == [(power.bit_length() - 1, power.name) for power in Powers]


def listed(heading: str) -> list[tuple[int, str]]:
    """Number and name of each row of the table whose first column has this heading."""
    rows = table_rows(TEXT)
    first = next(number for number, row in enumerate(rows) if row[0] == heading) + 2
    return [(int(row[0]), row[1]) for row in takewhile(lambda row: row[0].isdigit(), rows[first:])]
