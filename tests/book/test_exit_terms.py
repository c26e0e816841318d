"""The terms of an exit: versions, of which the last one is in force."""

from datetime import timedelta

from freehold.book import exit_terms, issuers
from freehold.book.issuers import KnownIssuer
from freehold.core.ids import Address
from tests.book.conftest import NOON

ACME = KnownIssuer("acme", 1, "Acme", "US", Address("0x" + "11" * 20), Address("0x" + "22" * 20))


def test_every_version_is_kept_and_the_same_text_is_no_new_one(book):
    later = NOON + timedelta(hours=1)
    with book.transaction() as tx:
        issuers.add(tx, ACME, NOON)
        assert exit_terms.latest(tx, "acme") is None
        first = exit_terms.keep(tx, "acme", "a = 1\n", "ada", NOON)
        again = exit_terms.keep(tx, "acme", "a = 1\n", "ben", later)
        second = exit_terms.keep(tx, "acme", "a = 2\n", "ben", later)
    assert (first.version, again, second.version) == (1, first, 2)
    with book.reading() as tx:
        assert exit_terms.latest(tx, "acme") == second
        assert (second.kept_by, second.kept_at) == ("ben", later)
