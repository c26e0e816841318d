"""Places in TOML: every value of any document is found, on the line where it is written."""

from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.core.errors import Invalid
from freehold.core.tomltext import read_toml

SCALARS = (
    "1",
    "-0.5",
    "true",
    "2026-01-28",
    "2026-01-28 10:00:00Z",
    '""',
    "''",
    '"a # [b] {c} = \\" \\\\"',
    "'no \\ escape # ] }'",
    '"""\n[not.a.table]\nkey = 1 # "" \\""""',
    '"""two quotes at the end"""""',
    "'''\n]] 'x' = \"\n'''",
)


@st.composite
def documents(draw):
    """Text of a document in which every key is unique; `keyN` stands on the line where it begins."""
    names = (f"key{number}" for number in count())
    gap = st.sampled_from(["", " ", "\t"])
    rest = st.sampled_from(["\n", " # [x] = '\"\n", "\n\n# key\n", "\r\n"])

    def key():
        name = next(names)
        return draw(st.sampled_from([name, f'"{name}"', f"'{name}'"]))

    def value(depth=0):
        shape = draw(
            st.sampled_from(["scalar", "scalar", "list", "table"][: 4 if depth < 3 else 1])
        )
        parts = range(draw(st.integers(0, 3)))
        if shape == "list":
            inner = [f"{value(depth + 1)}{draw(gap)},{draw(rest)}" for _ in parts]
            return "[" + draw(gap) + "".join(inner) + "]"
        if shape == "table":
            pairs = [f"{key()}{draw(gap)}={draw(gap)}{value(depth + 1)}" for _ in parts]
            return "{" + ", ".join(pairs) + "}"
        return draw(st.sampled_from(SCALARS))

    def pairs():
        for _ in range(draw(st.integers(0, 3))):
            dotted = f"{key()}{draw(gap)}.{draw(gap)}{key()}" if draw(st.booleans()) else key()
            yield f"{dotted}{draw(gap)}={draw(gap)}{value()}{draw(rest)}"

    text = ["# a comment\n", *pairs()]
    for _ in range(draw(st.integers(0, 3))):
        outer = key()
        for _ in range(draw(st.integers(1, 3))):
            text += [f"[[{draw(gap)}{outer}{draw(gap)}]]{draw(rest)}", *pairs()]
            if draw(st.booleans()):
                text += [f"[{outer} . {key()}]{draw(rest)}", *pairs()]
            if draw(st.booleans()):
                inner = key()
                text += [f"[[{outer}.{inner}]]\n", *pairs(), f"[[{outer}.{inner}]]\n", *pairs()]
    return "".join(text)


def paths(value, path=()):
    if path:
        yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in parts:
        if isinstance(inner, dict | list):
            yield from paths(inner, (*path, key))
        else:
            yield (*path, key)


@given(documents())
def test_every_value_of_a_document_has_its_line(text):
    found = read_toml(text, "the text")
    assert set(found.lines) == set(paths(found.content))
    written = text.split("\n")
    for path, line in found.lines.items():
        if isinstance(path[-1], str):
            assert path[-1] in written[line - 1], path


def test_what_is_not_written_has_the_line_of_what_is_around_it():
    found = read_toml('a = 1\n[[b]]\nc = { d = "x" }\n', "the text")
    assert found.line("b", 0, "c", "missing") == 3
    assert found.line("b", 0, "missing") == 2
    assert found.line("missing") == 1


def test_numbers_with_a_point_are_exact():
    assert read_toml("a = 0.1", "the text").content["a"] == Decimal("0.1")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a = 1\nb = = 2", "the file of rules is not TOML.*line 2"),
        ("a = 1\na = 2", "the file of rules is not TOML"),
    ],
)
def test_a_text_that_cannot_be_read_is_one_sentence(text, sentence):
    with pytest.raises(Invalid, match=sentence):
        read_toml(text, "the file of rules")


@pytest.mark.parametrize("depth", [101, 10_000])
def test_a_text_that_nests_too_deeply_is_refused(depth):
    with pytest.raises(Invalid, match="nests too deeply"):
        read_toml("a = " + "[" * depth + "]" * depth, "the file of rules")
