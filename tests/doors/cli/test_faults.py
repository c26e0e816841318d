"""Bad input and faults: one clear sentence, the right exit code, and nothing half-done."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from freehold.chain import node
from tests.company import office_of
from tests.core.ocf.worlds import deed, holder, issuance, package, stock_class
from tests.parts import ROOT

GONE = "http://127.0.0.1:1"


@pytest.fixture
def folder(tmp_path):
    """Writes OCF files into a directory."""

    def write(files):
        (tmp_path / "files").mkdir()
        for name, text in files.items():
            (tmp_path / "files" / name).write_text(text)
        return tmp_path / "files"

    return write


def double(files):
    text = json.loads(files["Holders.ocf.json"])
    text["items"].append(holder("ann"))
    return {**files, "Holders.ocf.json": json.dumps(text)}


A = issuance("A", "2021-01-04", "ann", "10")
MOVED = deed(
    "STOCK_TRANSFER",
    "T",
    "2020-06-01",
    security_id="A",
    quantity="10",
    resulting_security_ids=["B"],
)
FILES = {
    "unknown stakeholder": (package([{**A, "stakeholder_id": "zoe"}]), "zoe"),
    "duplicate stakeholder": (double(package([A])), "ann"),
    "negative units": (package([{**A, "quantity": "-10"}]), "-10"),
    "too fine units": (package([{**A, "quantity": "1.12345678901"}]), "1.12345678901"),
    "more than authorised": (package([A], [stock_class("common", "9")]), "authori"),
    "transfer before issue": (
        package([A, MOVED, issuance("B", "2020-06-01", "ben", "10")]), "before|not been issued|issued"
    ),
    "a day that is none": (package([{**A, "date": "2021-02-30"}]), "2021-02-30"),
    "not JSON": ({**package([A]), "Classes.ocf.json": "{"}, "Classes.ocf.json"),
}  # fmt: skip


@pytest.mark.parametrize("what", FILES)
def test_a_bad_file_is_refused_whole_with_the_place_of_each_mistake(run, folder, tmp_path, what):
    files, words = FILES[what]
    source = folder(files)
    found = run("captable", "import", source)
    assert found.code == 2
    assert found.error["kind"] == "Invalid"
    assert any(word in found.said for word in words.split("|")), found.said
    if node.has_ledger(tmp_path / "home"):
        with office_of(tmp_path / "home") as office:
            assert office.w3.eth.block_number == 0
    assert "import a cap table first" in run("register", "show").error["message"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ann,0x" + "00" * 20, "zero"),
        ("ann,0x1234", "0x1234"),
        ("zoe,0x" + "11" * 20, "nobody in the file"),
        ("ann,0x" + "11" * 20 + "\nann,0x" + "12" * 20, "earlier line"),
        ("ann,0x" + "11" * 20 + "\nben,0x" + "11" * 20, "another holder"),
    ],
)
def test_a_wallet_that_cannot_be_used_is_refused(run, folder, tmp_path, line, words):
    (tmp_path / "wallets.csv").write_text(f"holder,wallet\n{line}\n")
    source = folder(package([A]))
    found = run("captable", "import", source, "--wallets", tmp_path / "wallets.csv")
    assert found.code == 2
    assert words in found.said


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["register", "at", "yesterday"], 2, "yesterday"),
        (["captable", "at", "2024-13-01"], 2, "2024-13-01"),
        (["captable", "import", "/nowhere"], 2, "/nowhere"),
        (["captable", "at", "2024-01-01", "--issuer", "zoe"], 1, "zoe"),
        (["register", "show", "--instrument", "gold"], 1, "gold"),
        (["register", "at", "record:7", "--instrument", "common"], 1, "record"),
        (["register", "at", "block:99999999"], 1, "the chain has no block 99999999: its last is"),
        (["register", "at", "2090-01-01T00:00:00Z"], 2, "has not come"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(run, company_home, words, code, said):
    found = run(*words)
    assert (found.code, said in found.said) == (code, True), found.document


def test_the_wrong_chain_is_refused_before_anything_is_done(run, company_home):
    found = run("verify", chain_id="1")
    assert found.code == 1
    assert "is chain 31337, the settings say chain 1: correct the URL" in found.error["message"]
    assert run("verify").code == 0


def test_a_node_that_is_down_is_named(run, company_home):
    found = run("register", "show", ledger=GONE)
    assert found.code == 1
    assert found.error["kind"] == "Unavailable"
    assert f"the node at {GONE} does not answer" in found.error["message"]


def test_a_second_process_joins_the_same_ledger(run, company_home):
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "FREEHOLD_HOME": str(company_home)}
    command = [sys.executable, "-m", "freehold", "register", "show", "--json"]
    with office_of(company_home) as office:
        answer = subprocess.run(command, env=environment, capture_output=True, check=True)
        assert office.w3.eth.block_number > 0
    assert len(json.loads(answer.stdout)["registers"]) == 3


def test_an_agent_without_funds_sends_nothing(run, folder, tmp_path):
    home = tmp_path / "home"
    node.create_ledger(home, ["0x" + "77" * 20])
    found = run("captable", "import", folder(package([A])))
    assert found.code == 1
    assert "currency and needs up to" in found.error["message"]
    assert "for gas: send it" in found.error["message"]
    with office_of(home) as office:
        assert office.w3.eth.block_number == 0
    node.stop(home)


def test_a_disk_that_fills_up_is_one_sentence_and_with_room_again_the_work_is_finished(
    run, folder, tmp_path
):
    """The limit holds for every file, of the command and of the ledger's process that it starts."""
    home, source = tmp_path / "home", folder(package([A]))
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "FREEHOLD_HOME": str(home)}
    command = [sys.executable, "-m", "freehold", "captable", "import", str(source), "--json"]
    full = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2**19, 2**19)),
    )  # fmt: skip
    assert full.returncode == 1, full.stderr
    error = json.loads(full.stdout)["error"]
    assert error["kind"] == "Unavailable", error
    assert "disk" in error["message"] and "Traceback" not in full.stderr
    node.stop(home)
    assert run("captable", "import", source).code == 0
    assert run("verify").document["ok"]
    node.stop(home)


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 3)


@pytest.mark.parametrize("name", ["book.db", "index.db", "ledger"])
def test_a_truncated_database_is_named_and_left_as_it_is(run, company_home, name):
    node.stop(company_home)
    file = company_home / name
    if name == "ledger":
        (file,) = company_home.rglob("data.mdb")
    for log in company_home.glob(f"{name}-*"):
        log.unlink()
    cut(file)
    size = file.stat().st_size
    found = run("register", "show")
    assert found.code == 1, found.document
    assert found.error["kind"] in ("Broken", "Unavailable"), found.error
    assert "Traceback" not in found.error["message"]
    assert file.stat().st_size == size
