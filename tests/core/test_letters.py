"""Recipients and facts of letters: nothing that could write a header of its own."""

import pytest

from freehold.core.errors import Invalid
from freehold.core.letters import FACTS, Kind, checked, mailbox

GOOD = {"issuer": "Northwind", "closed": "2026-11-27", "link": "/statement?holder=a%20b"}


@pytest.mark.parametrize("text", ["ann@example.com", "a.b+c@sub.example.co", "o'neil@example.com"])
def test_a_mailbox_is_taken(text):
    assert mailbox(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.com\r\nBcc: x@example.com",
        "ann@example.com\n",
        "ann@example.com, bo@example.com",
        "Ann <ann@example.com>",
        "ann@localhost",
        "somebody",
        "@example.org",
        "a" * 65 + "@example.com",
        "ann@example.com\x00",
        "ann@-example.com",
        "änn@example.com",
        "",
    ],
)
def test_anything_else_is_refused_and_not_repeated(text):
    with pytest.raises(Invalid) as found:
        mailbox(text)
    assert not text or text not in found.value.message


def test_facts_are_all_of_the_kind_and_none_besides():
    assert checked(Kind.STATEMENT, GOOD) == GOOD
    with pytest.raises(Invalid) as found:
        checked(
            Kind.STATEMENT, {"issuer": " ", "closed": "a\r\nBcc: b", "cc": "x", "link": "//evil"}
        )
    assert {one.place for one in found.value.mistakes} == {"issuer", "cc", "closed", "link"}


@pytest.mark.parametrize(
    "link", ["https://evil.example", "//evil.example", "javascript:x", "/a b", "", "/\n"]
)
def test_a_link_is_a_path_of_ours(link):
    with pytest.raises(Invalid):
        checked(Kind.STATEMENT, {**GOOD, "link": link})


def test_every_kind_says_what_it_has_to_be_told():
    assert set(FACTS) == set(Kind)
