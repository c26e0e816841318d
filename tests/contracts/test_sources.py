"""What ships is what the sources say: artifacts, sizes, storage layouts, ABI ids, refusal texts."""

import re
from functools import reduce
from pathlib import Path

import pytest
from eth_hash.auto import keccak

from freehold.chain.artifacts import TOKEN_PARTS, artifact, token_abi
from freehold.chain.compile import CONTRACTS, compile_contract, source_hash
from tests.contracts.engine import FAULTY

ROOT = Path(__file__).parents[2]
CODE_LIMIT = 24_576
BUDGETS = {"SecurityToken": 12_000}


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_shipped_artifact_is_of_these_sources(name):
    assert artifact(name)["source_hash"] == source_hash(ROOT / "contracts")


@pytest.mark.parametrize("name", ["SecurityToken", "Reasons"])
def test_compiling_again_gives_the_same_code(name):
    pytest.importorskip("vyper", reason="the compiler is not here: pip install vyper==0.4.3")
    assert compile_contract(ROOT / "contracts", name) == artifact(name)


@pytest.mark.parametrize("name", CONTRACTS)
def test_runtime_code_fits(name):
    size = artifact(name)["runtime_bytes"]
    assert size == len(artifact(name)["runtime"]) // 2 - 1 <= BUDGETS.get(name, CODE_LIMIT)


def test_the_parts_of_a_token_agree_about_storage_slot_by_slot():
    layouts = {part: artifact(part)["storage"] for part in TOKEN_PARTS}
    first = layouts["SecurityToken"]
    assert len(first) > 40
    for part, layout in layouts.items():
        assert layout == first, f"{part} and SecurityToken disagree"


def test_no_two_calls_of_a_token_share_a_selector():
    selectors: dict[bytes, str] = {}
    for entry in token_abi():
        if entry["type"] == "function":
            name = signature(entry)
            assert selectors.setdefault(keccak(name.encode())[:4], name) == name


def test_interface_ids_are_those_of_the_abi():
    by_name = {entry["name"]: entry for entry in token_abi() if entry["type"] == "function"}
    source = (ROOT / "contracts/modules/answers.vy").read_text()
    for known in (
        "totalSupply balanceOf allowance transfer approve transferFrom".split(),
        "canSend canReceive canTransfer getFrozenTokens setFrozenTokens forcedTransfer".split(),
        "detectTransferRestriction messageForTransferRestriction".split(),
        ["supportsInterface"],
    ):
        ids = [int.from_bytes(keccak(signature(by_name[n]).encode())[:4], "big") for n in known]
        assert f"0x{reduce(int.__xor__, ids):08x}" in source, f"{known[0]} and its like"


def signature(entry):
    return f"{entry['name']}({','.join(one['type'] for one in entry['inputs'])})"


def refusal_texts():
    """Every text with which a contract refuses, and where."""
    found = {}
    for file in sorted((ROOT / "contracts").rglob("*.vy")):
        for text in re.findall(r'(?:assert [^\n]*|raise |\), )"([^"\n]+)"', joined(file)):
            found.setdefault(text, file.name)
    return found


def joined(file):
    """The source with statements over several lines put into one."""
    lines = re.sub(r'"""[\s\S]*?"""', "", file.read_text())
    return re.sub(r"\(\s*\n[^()]*\n\s*\), ", "(...), ", lines)


def test_the_refusal_texts_are_found():
    texts = refusal_texts()
    assert len(texts) > 90
    assert all(len(text) <= 32 for text in texts), [t for t in texts if len(t) > 32]
    assert {"signature: not the owner's", "rules: unknown change", "split: one runs"} <= set(texts)


def test_every_refusal_text_is_seen_by_a_test():
    tests = "".join(file.read_text() for file in ROOT.glob("tests/contracts/test_*.py"))
    unseen = {text: file for text, file in refusal_texts().items() if not is_tested(text, tests)}
    assert unseen == {}


def is_tested(text, tests):
    code = text.removeprefix("transfer refused: ")
    if code != text:
        return bool(re.search(rf"\b{code}\b", tests))
    return text in tests or text.replace("(", r"\(") in tests


def test_the_faults_are_not_what_ships():
    import os

    assert FAULTY not in os.environ or Path(os.environ[FAULTY]).is_dir()
