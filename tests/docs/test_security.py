"""Every test that the page of threats names is there."""

import re

from tests.parts import ROOT

PAGE = ROOT / "docs/concepts/security.md"


def test_every_test_that_the_page_names_exists():
    text = "".join(one.read_text() for one in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE))
    rows = [one for one in PAGE.read_text().splitlines() if one.startswith("| ")][1:]
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]
    assert len(rows) > 14 and all(named), "every threat has a test"
    assert sorted({one for tests in named for one in tests} - there) == []
