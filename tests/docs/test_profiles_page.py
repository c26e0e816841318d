"""The page of the profiles says what the profiles say, and the page of the lints knows every lint."""

import re
import tomllib

from freehold.desks.policies import shipped_profiles
from tests.docs.profiles_page import PAGE, page
from tests.parts import ROOT


def test_the_page_of_the_profiles_is_up_to_date() -> None:
    remedy = "write it anew: .venv/bin/python -m tests.docs.profiles_page"
    assert PAGE.read_text() == page(), remedy


def test_the_page_of_the_lints_has_all_eighteen_and_where_profiles_find_them() -> None:
    text = (ROOT / "docs/reference/lints.md").read_text()
    assert re.findall(r"^\| (L\d+) \|", text, re.M) == [f"L{n}" for n in range(1, 19)]
    for name, profile in shipped_profiles().items():
        for one in tomllib.loads(profile).get("lints", []):
            [line] = re.findall(rf"^\| {one['id']} \|.*$", text, re.M)
            assert f"`{name}`" in line, (one["id"], name)
