"""JSON from outside is asked for its depth before a recursive reader sees it."""

import json

import pytest

from freehold.core.nesting import DEEPEST, is_too_deep


@pytest.mark.parametrize("bracket", ["[", "{", '{"a":['])
def test_a_text_of_open_brackets_is_too_deep(bracket):
    assert is_too_deep(bracket * 200_000)


def test_a_wide_text_is_not_deep():
    assert not is_too_deep(json.dumps([{"a": [1]}] * 5_000))


def test_the_deepest_that_is_allowed_can_be_read():
    text = "[" * DEEPEST + "]" * DEEPEST
    assert not is_too_deep(text) and json.loads(text)
    assert is_too_deep("[" + text + "]")


def test_brackets_in_strings_do_not_count():
    assert not is_too_deep(json.dumps({"a": "[" * 5_000, "b": '\\"' + "{" * 5_000}))
