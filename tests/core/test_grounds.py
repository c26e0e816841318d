"""The codes of grounds: read by number or name, and listed in the reference as they are."""

import pytest

from freehold.core.errors import Invalid
from freehold.core.grounds import Ground, meaning, name_of, parse_ground
from tests.parts import ROOT
from tests.tidy.documents import table_rows


def test_a_code_is_read_by_its_number_and_by_its_name():
    for ground in Ground:
        assert parse_ground(str(int(ground))) is parse_ground(name_of(ground)) is ground
    assert parse_ground(" Court_Order ") is Ground.COURT_ORDER


@pytest.mark.parametrize("text", ["", "0", "99", "because"])
def test_anything_else_is_refused_with_the_codes_there_are(text):
    with pytest.raises(Invalid, match="is none of 1 cancellation, .*15 release"):
        parse_ground(text)


def test_the_reference_lists_every_code_as_it_is():
    rows = table_rows((ROOT / "docs/reference/grounds.md").read_text())[2:]
    assert rows == [[str(int(one)), name_of(one), meaning(one)] for one in Ground]
