"""The exit of an issuer by his desk: a draft from cap table and register, terms saved, terms tried."""

from fractions import Fraction

import pytest

from freehold.core import ocf
from freehold.core.actions import fields
from freehold.core.actions.exit_captable import draft_of, exit_of
from freehold.core.actions.exit_file import read_exit
from freehold.core.captable import outstanding
from tests.parts import ROOT

COMPANY = ROOT / "examples/northwind-optics"


@pytest.fixture(scope="module")
def table():
    file = ocf.read({one.name: one.read_text() for one in COMPANY.glob("*.ocf.json")})
    return ocf.captable_at(file, ocf.last_day(file))


def test_a_draft_read_gives_the_terms_of_the_cap_table(table):
    units = {
        key: Fraction(count, 10 ** table.classes[key].decimals)
        for key, count in outstanding(table).items()
    }
    draft = draft_of(table, units)
    read, wanted = read_exit(fields.parse_toml(draft.text)), exit_of(table)
    assert read.terms == wanted.terms
    assert (read.units, draft.notices) == (wanted.units, wanted.notices)
    assert not any(holder in draft.text for holder in table.holders)
