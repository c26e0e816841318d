"""The page of the profiles says what the profiles say, and the page of the lints knows every lint."""

import re
import tomllib
from datetime import date

from freehold.core.policy.parse import expand, read_toml
from freehold.desks.rules.policies import shipped_profiles
from tests.docs.profiles_page import PAGE, page
from tests.parts import ROOT


def test_the_page_of_the_profiles_is_up_to_date() -> None:
    remedy = "write it anew: .venv/bin/python -m tests.docs.profiles_page"
    assert PAGE.read_text() == page(), remedy


def test_the_page_of_the_policy_file_has_every_table_that_is_read() -> None:
    table = read_toml('[policy]\nname = "x"\nas_of = 2026-11-22\nuse = ["us.12g"]', "x")
    expand(table, shipped_profiles(), date(2026, 11, 26))
    text = (ROOT / "docs/reference/policy-file.md").read_text()
    told = {
        name.partition(".")[0] for name in re.findall(r"^\| `\[+([a-z]+[^\]]*)\]+`", text, re.M)
    }
    assert told == table._asked


def test_the_page_of_the_lints_has_all_eighteen_and_where_profiles_find_them() -> None:
    text = (ROOT / "docs/reference/lints.md").read_text()
    assert re.findall(r"^\| (L\d+) \|", text, re.M) == [f"L{n}" for n in range(1, 19)]
    for name, profile in shipped_profiles().items():
        for one in tomllib.loads(profile).get("lints", []):
            [line] = re.findall(rf"^\| {one['id']} \|.*$", text, re.M)
            assert f"`{name}`" in line, (one["id"], name)
