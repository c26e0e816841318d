"""`freehold howey` and `freehold policy try` as a person and a program use them."""

import io
import json

import pytest

from freehold.doors.cli import main as door
from tests.parts import ROOT

VECTORS = ROOT / "examples/vectors/howey.toml"
ANSWERS = """
schema = "freehold-howey/1"
name = "Utility Token"
[answers]
T0 = "no"
T1 = "no"
T2 = "no"
T3 = "no"
N1 = "no"
M1 = { answer = "yes", evidence = "sold for USDC" }
E1 = "yes"
P3 = "yes"
R1 = "yes"
"""
VECTOR = """
schema = "freehold-vectors/1"
[[vector]]
id = "A"
kind = "howey"
about = "a share"
facts = { T1 = "yes" }
expect = { verdict = "%s" }
"""


@pytest.fixture
def typed(monkeypatch, capsys, tmp_path):
    """Run `howey ask` with lines typed; the exit code, what is printed, what is asked."""
    monkeypatch.chdir(tmp_path)

    def typed(lines: str, *words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        code = door.main(["howey", "ask", *words])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return typed


@pytest.mark.parametrize("group", ["howey", "policy"])
def test_the_shipped_vectors_pass(run, group):
    answer = run(group, "try", VECTORS)
    assert answer.code == 0
    summary = answer.document["summary"]
    assert summary["passed"] == summary["vectors"] == len(answer.document["files"][0]["results"])


def test_a_failed_vector_is_exit_code_1_and_shows_what_came_out(run, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(VECTOR % "UNCLEAR")
    answer = run("howey", "try", file)
    assert answer.code == 1
    [result] = answer.document["files"][0]["results"]
    assert result["differences"] == [
        {"key": "verdict", "expected": "UNCLEAR", "got": "DIGITAL_SECURITY"}
    ]


def test_mistakes_of_all_files_are_told_and_nothing_is_run(run, tmp_path):
    good, bad, worse = (tmp_path / name for name in ("good.toml", "bad.toml", "worse.toml"))
    good.write_text(VECTOR % "DIGITAL_SECURITY")
    bad.write_text((VECTOR % "UNCLEAR").replace("howey", "howy"))
    worse.write_bytes(b"\xff\xfe")
    answer = run("policy", "try", good, bad, worse)
    assert answer.code == 2
    assert f"{bad}: line 5: A kind: 'howy' is unknown" in answer.said
    assert f"{worse}: is not text in UTF-8" in answer.said
    assert "files" not in answer.document


def test_a_file_that_an_editor_began_with_a_byte_order_mark_is_read(run, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(VECTOR % "DIGITAL_SECURITY", encoding="utf-8-sig")
    assert run("howey", "try", file).code == 0


@pytest.mark.parametrize("words", [[], ["nowhere.toml"]])
def test_no_file_to_try_is_bad_usage(run, words):
    assert run("howey", "try", *words).code == 2


def test_unverified_law_is_shown_so(capsys, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(VECTOR.replace("facts", 'mark = "G"\nfacts') % "DIGITAL_SECURITY")
    assert door.main(["policy", "try", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "(unverified)" in shown and "the law of 1 is unverified" in shown


def test_a_memo_from_a_file_gives_reasons_evidence_and_law(run, capsys, tmp_path):
    file = tmp_path / "answers.toml"
    file.write_text(ANSWERS)
    answer = run("howey", "ask", file)
    assert answer.code == 0
    assert answer.document["verdict"] == "INVESTMENT_CONTRACT_LIKELY"
    assert answer.document["notice"] == "Informational, not legal advice."
    assert door.main(["howey", "ask", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "Howey 1, an investment of money: met." in shown
    assert "Evidence: sold for USDC" in shown
    assert "R1 no -> UNCLEAR" in shown


def test_answers_with_mistakes_are_refused_with_all_of_them(run, tmp_path):
    file = tmp_path / "answers.toml"
    file.write_text(ANSWERS.replace("R1", "r1").replace('E1 = "yes"', 'E1 = "perhaps"'))
    answer = run("howey", "ask", file)
    assert answer.code == 2
    assert "answers.r1: is no question; did you mean R1?" in answer.said
    assert "answers.E1: 'perhaps' is none of yes, no, unknown" in answer.said


def test_the_questionnaire_stops_and_goes_on_where_it_was(typed, tmp_path):
    code, _, asked = typed("Harbour\nno\nthe terms\nno\n\nstop\n")
    assert code == 0 and "2 answers are in howey-answers.toml" in asked
    kept = (tmp_path / "howey-answers.toml").read_text()
    assert 'T0 = { answer = "no", evidence = "the terms" }' in kept
    code, shown, asked = typed("y\n\nno\n\n")
    assert code == 0 and "T0  Is the token" not in asked and "T2  Does" in asked
    assert "Is it a security? Harbour\nDIGITAL_SECURITY." in shown


def test_a_questionnaire_broken_off_keeps_what_was_answered(typed, tmp_path):
    code, shown, _ = typed("Harbour\nno\n\nperhaps\nn\n\n")  # the input ends at T2
    assert (code, shown) == (130, "")
    assert "T1 = " in (tmp_path / "howey-answers.toml").read_text()


def test_prompts_do_not_disturb_the_json_document(typed):
    code, shown, _ = typed(
        "Harbour\nyes\n\nunknown\nunknown\nunknown\n", "--json", "--keep", "k.toml"
    )
    assert code == 0 and json.loads(shown)["gate"] == "T0"


def test_all_asks_what_can_no_longer_matter_too(typed):
    no = "no\n\n"
    _, _, few = typed("x\n" + 9 * no + "y\n\nstop\n", "--keep", "few.toml")
    _, _, all_ = typed("x\n" + 9 * no + "y\n\nstop\n", "--all", "--keep", "all.toml")
    assert "M2  Is it an airdrop" not in few and "M2  Is it an airdrop" not in all_
    _, _, few = typed("y\n\nstop\n", "--keep", "few.toml")
    _, _, all_ = typed("y\n\nstop\n", "--all", "--keep", "all.toml")
    assert "E2  " not in few and "E2  " in all_


def test_answers_that_cannot_be_kept_are_one_sentence(typed):
    code, _, said = typed("Harbour\n", "--keep", "nowhere/answers.toml")
    assert code == 2 and "cannot be kept in nowhere/answers.toml" in said
