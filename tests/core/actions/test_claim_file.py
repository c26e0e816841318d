"""Claim files: the root is a known one, every proof holds, a changed claim's does not."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.core.actions import claim_file
from freehold.core.actions.claim_file import Claim, position_of, proof, proves, tree
from freehold.core.errors import Invalid, NotFound
from tests.parts import ROOT

SCRIPT = ROOT / "examples" / "check_claim.py"
CLAIMS = [Claim(n, 1000 * n + 7, 10 * n) for n in range(1, 12)]


def naive_root(claims):
    """The same tree by its definition: recursion over the array of OpenZeppelin's standard-v1."""
    hashes = sorted(claim_file.leaf(one) for one in claims)
    size = 2 * len(hashes) - 1

    def node(at):
        if 2 * at + 1 < size:
            return claim_file.keccak(b"".join(sorted((node(2 * at + 1), node(2 * at + 2)))))
        return hashes[size - 1 - at]

    return "0x" + node(0).hex()


@given(st.integers(1, 40))
def test_the_root_is_that_of_the_definition_and_every_proof_leads_to_it(count):
    claims = [Claim(n, 10**18 * n, n) for n in range(1, count + 1)]
    made = tree(claims)
    assert made.root == naive_root(claims)
    for position, claim in enumerate(claims):
        hashes = proof(made, position)
        assert proves(claim, hashes, made.root)
        assert not proves(claim._replace(gross=claim.gross + 1), hashes, made.root)


def test_a_leaf_is_the_keccak_of_the_keccak_of_three_abi_words():
    from eth_abi.abi import encode

    words = encode(["uint256"] * 3, [3, 3007, 30])
    assert claim_file.leaf(Claim(3, 3007, 30)) == claim_file.keccak(claim_file.keccak(words))


def check(tmp_path, told, *root):
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(told))
    asked = [sys.executable, "-I", SCRIPT, file, *root]
    return subprocess.run(asked, capture_output=True, text=True, check=False)


def test_the_script_that_ships_agrees_and_finds_a_changed_claim(tmp_path):
    made = tree(CLAIMS)
    told = CLAIMS[4]._asdict() | {"root": made.root, "proof": proof(made, 4)}
    assert (check(tmp_path, told, made.root).stdout, check(tmp_path, told).returncode) == (
        "proved\n",
        0,
    )
    wrong = check(tmp_path, told | {"gross": "5008"})
    assert (wrong.returncode, "NOT proved" in wrong.stderr) == (1, True)
    assert check(tmp_path, told, "0x" + "00" * 32).returncode == 1
    text = SCRIPT.read_text()
    assert "freehold" not in text
    assert len([line for line in text.splitlines() if line.strip()]) <= 30


def test_a_file_is_read_back_as_it_was_written():
    made = tree(CLAIMS)
    assert claim_file.read(claim_file.write(CLAIMS, made.root)) == (made.root, CLAIMS)
    assert position_of(CLAIMS, 3) == 2
    with pytest.raises(NotFound, match="account 99 has no claim"):
        position_of(CLAIMS, 99)


def test_every_wrong_line_is_told_and_an_account_claims_once():
    lines = list(claim_file.write(CLAIMS, tree(CLAIMS).root))
    lines[3], lines[5] = "2,5\n", "4,10,11\n"
    with pytest.raises(Invalid, match="2 mistakes") as told:
        claim_file.read(lines)
    assert [one.place for one in told.value.mistakes] == ["line 4", "line 6"]
    with pytest.raises(Invalid, match="this is no claim file"):
        claim_file.read(["account,gross\n"])
    with pytest.raises(Invalid, match="stands twice"):
        tree([CLAIMS[0], CLAIMS[0]])
    with pytest.raises(Invalid, match="at least one"):
        tree([])
