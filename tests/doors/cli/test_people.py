"""Persons, claims, evidence, attestations and screening from the command line, with exit codes."""

import json
from pathlib import Path

import pytest

from freehold.chain import signer

PAPER = "sha256:" + "ab" * 32
WALLET = signer.from_key("22" * 32).address
DAYS = ("--issued", "2024-05-01", "--expires", "2025-04-30", "--evidence", PAPER)
DECIDED = ("--reviewer", "vera", "--why", "seen")


@pytest.fixture
def anna(run, company_home):
    """A person who was identified and lives in Germany."""
    made = run("person", "add", "--id", "p-1", "--name", "Anna Schmidt", "--born", "1980-02-29",
               "--citizenship", "US", "--citizenship", "DE")  # fmt: skip
    assert (made.code, made.document) == (0, {"person": "p-1"})
    assert run("claim", "add", "p-1", "kyc", *DAYS).code == 0
    assert run("claim", "add", "p-1", "residence", "--country", "DE", *DAYS).code == 0
    return "p-1"


def test_a_person_is_shown_classed_admitted_and_erased(run, anna):
    shown = run("person", "show", anna).document
    assert shown["particulars"]["name"] == "Anna Schmidt"
    assert [one["state"] for one in shown["claims"]] == ["valid", "valid"]
    classed = run("person", "classify", anna)
    assert (classed.code, classed.document["class_name"]) == (0, "outside us")
    assert classed.document["until"] == "2025-04-30"
    assert run("person", "classify", anna, "--on", "2025-05-01").code == 1
    admitted = run("person", "admit", anna)
    assert (admitted.code, admitted.document["admitted"]) == (0, True)
    assert run("person", "refresh").document == {"changed": []}
    assert run("person", "rotate-key").document == {"wrapped": 15}
    assert run("person", "erase", anna).code == 2
    assert run("person", "erase", anna, "--yes").code == 0
    (listed,) = run("person", "list").document["persons"]
    assert (listed["name"], bool(listed["erased_at"])) == (None, True)
    assert run("verify").code == 0


def test_a_person_from_a_file(run, company_home, tmp_path):
    file = tmp_path / "who.toml"
    file.write_text('name = "Mill"\nkind = "entity"\nborn = 1872-01-01\n')
    made = run("person", "add", "--file", file)
    assert made.code == 0
    assert run("person", "show", made.document["person"]).document["kind"] == "entity"
    file.write_text("name = ")
    assert run("person", "add", "--file", file).code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--name", "X", "--born", "2999-01-01"), "lies in the future"),
        (("--name", "X", "--residence", "XX"), "not an ISO 3166"),
        ((), "name: is missing"),
    ],
)
def test_a_person_who_cannot_be_is_not_recorded(run, company_home, words, said):
    refused = run("person", "add", "--id", "p-9", *words)
    assert refused.code == 2
    assert said in refused.said
    assert run("person", "show", "p-9").code == 1


def test_claims_are_ended_and_revoked_and_the_register_follows(run, anna):
    made = run("claim", "add", anna, "affiliate", *DAYS).document["claims"][0]
    assert run("person", "admit", anna).document["standing"]["marks"] == ["affiliate"]
    ended = run("claim", "end", made["id"], "--last-day", "2024-05-05", "--why", "left")
    assert (ended.code, ended.document["pushed"]) == (0, [])
    listed = run("claim", "list", anna).document["claims"]
    (kyc,) = [one["id"] for one in listed if one["name"] == "kyc"]
    revoked = run("claim", "revoke", kyc, "--why", "forged")
    assert len(revoked.document["pushed"]) == 1
    assert run("person", "admit", anna).document["standing"]["code"] == 114


def test_a_claim_without_expiry_and_a_missing_paper_are_refused(run, anna):
    endless = run("claim", "add", anna, "qp", "--issued", "2024-05-01", "--evidence", PAPER)
    assert endless.code == 2
    assert "a claim without expiry would hold for ever" in endless.said
    own = ("claim", "add", anna, "jp_special", *DAYS)
    assert "there is no claim 'jp_special'" in run(*own).said
    lost = run("claim", "add", anna, "qp", *DAYS[:4], "--evidence", "nowhere.pdf")
    assert lost.code == 1
    assert "there is no paper nowhere.pdf" in lost.said


def test_trust_is_given_and_taken(run, company_home):
    assert run("claim", "trust", "kane", "--name", "qp").document == {"trusted": {"qp": ["kane"]}}
    assert run("claim", "trust", "kane", "--name", "qp", "--no-longer").document == {"trusted": {}}
    assert run("claim", "trust", "kane", "--name", "nonsense").code == 2
    assert "kyc" in run("claim", "names").document["names"]


def test_evidence_is_queued_looked_at_and_rejected(run, anna, tmp_path):
    policy = Path("examples/policies/dual.toml").absolute()
    record = tmp_path / "record.toml"
    record.write_text(
        'examiner = "kane"\ndated = 2024-05-01\ndocuments = ["letter.pdf"]\n[facts]\nshoes = 44\n'
    )
    assert "letter.pdf was not found" in run("evidence", "submit", anna, record).said
    (tmp_path / "letter.pdf").write_bytes(b"a letter")
    review = run("evidence", "submit", anna, record).document["review"]
    assert [one["review"] for one in run("evidence", "queue").document["waiting"]] == [review]
    seen = run("evidence", "show", review, "--policy", policy).document
    assert seen["facts"] == {"shoes": 44}
    assert run("evidence", "approve", review, "--policy", policy, *DECIDED).code == 1
    asked = run("evidence", "ask", review, "Which letter?", "--reviewer", "vera")
    assert (asked.code, asked.document["heard"]) == (0, False)
    assert run("evidence", "reject", review, *DECIDED).document["approved"] is False
    assert run("evidence", "ask", review, "Too late?", "--reviewer", "vera").code == 1


def test_an_attestation_is_stated_signed_and_submitted(run, anna, tmp_path):
    stated, signed = tmp_path / "stated.json", tmp_path / "signed.json"
    asked = ("attest", "facts", anna, "--wallet", WALLET, "--deadline", "2024-06-01T00:00:00Z")
    assert run(*asked, "--out", stated).code == 0
    assert json.loads(stated.read_text())["typed_data"]["primaryType"] == "Attestation"
    assert run("attest", "submit", stated).code == 2
    assert run("attest", "sign", stated, "--out", signed).code == 0
    assert run("attest", "submit", signed).code == 0
    forged = json.loads(signed.read_text())
    forged["message"]["row"] = str(int(forged["message"]["row"]) ^ 1 << 192)
    signed.write_text(json.dumps(forged))
    refused = run("attest", "submit", signed)
    assert refused.code == 1
    assert "attestation: bad signature" in refused.said
    signed.write_text("{")
    assert run("attest", "submit", signed).code == 2


def test_a_passage_that_the_rules_refuse_is_not_written(run, anna, tmp_path):
    out = tmp_path / "passage.json"
    refused = run("attest", "passage", "common", WALLET, WALLET, 10, "--kind", "gift",
                  "--deadline", "2024-06-01T00:00:00Z", "--out", out)  # fmt: skip
    assert refused.code == 1
    assert refused.document["code"] == 101
    assert not out.exists()


def test_screening_from_run_to_report(run, anna, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("id,name\nX-1,Schmidt Anna\n")
    (hit,) = run("screening", "run", file).document["hits"]
    assert run("screening", "queue").document["waiting"][0]["review"] == hit["review"]
    done = run("screening", "confirm", hit["review"], *DECIDED)
    assert (done.code, bool(done.document["report_due"])) == (0, True)
    (task,) = run("screening", "tasks").document["tasks"]
    assert run("screening", "tasks", "--done", task["id"]).document == {"tasks": []}
    assert run("screening", "lift", anna, *DECIDED).code == 0
    assert run("screening", "clear", hit["review"], *DECIDED).code == 1
    assert run("screening", "run", file, "--threshold", 10).code == 2
    file.write_text("id\n")
    assert run("screening", "run", file).code == 2
