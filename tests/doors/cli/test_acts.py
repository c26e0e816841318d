"""The commands of acts as a program sees them: outcomes, exit codes, keys, and what is refused unread."""

import hashlib

import pytest

INSTRUMENT = ("--instrument", "CS")


@pytest.fixture
def paper(tmp_path):
    file = tmp_path / "order.txt"
    file.write_text("District Court, order of 7 May 2024.")
    return file


def grounds(paper, reason="court-order"):
    return ("--reason", reason, "--document", paper)


def units_of(run, holder):
    held = run("holder", "show", holder).document["holdings"]
    return {one["class_id"]: one["units"] for one in held}.get("common", "0")


def test_a_transfer_is_asked_refused_and_accepted_once_under_a_key(run, company_home):
    words = ("transfer", "priya-raman", "jonas-keller")
    refused = run(*words, 60_000, *INSTRUMENT)
    assert refused.code == 1
    assert (refused.document["code"], refused.document["passes_on"]) == (140, "2025-02-02")
    assert refused.document["transaction"] is None
    asked = run(*words, 50_000, *INSTRUMENT, "--dry-run")
    assert (asked.code, asked.document["allowed"], asked.document["dry_run"]) == (0, True, True)
    before = int(units_of(run, "jonas-keller"))
    done = [run(*words, 50_000, *INSTRUMENT, "--key", "sale 1") for _ in range(2)]
    assert [one.code for one in done] == [0, 0]
    assert done[0].document["transaction"] == done[1].document["transaction"]
    assert int(units_of(run, "jonas-keller")) == before + 50_000
    other = run(*words, 49_999, *INSTRUMENT, "--key", "sale 1")
    assert (other.code, other.error["kind"]) == (1, "Conflict")
    gift = run("transfer", "mara-lindqvist", "zoe", 1, *INSTRUMENT, "--kind", "gift")
    assert (gift.code, "no holder zoe" in gift.error["message"]) == (1, True)


def test_what_a_person_sees_of_an_act_names_its_outcome_and_its_key(company_home, capsys, run):
    from freehold.doors.cli import main as door

    words = ["transfer", "priya-raman", "jonas-keller", "60000", *INSTRUMENT]
    assert door.main(words) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "refused, 140: These units are restricted securities" in shown
    assert "would pass on 2025-02-02" in shown
    words = ["units", "issue", "jonas-keller", "5", *INSTRUMENT, "--key", "k 1"]
    assert door.main(words) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "│ issue │ done │" in shown
    assert "│ key │ k 1 │" in shown


def test_units_are_issued_redeemed_forced_and_the_instrument_halted(run, company_home, paper):
    assert run("holder", "admit", "zoe", "--name", "Zoë", "--country", "IT").code == 0
    issued = run("units", "issue", "zoe", 1_000, *INSTRUMENT, "--exemption", "Regulation S")
    assert (issued.code, issued.document["outcome"]) == (0, "done")
    redeemed = run("units", "redeem", "zoe", 200, *INSTRUMENT, *grounds(paper, "1"))
    forced = run(
        "units", "force-transfer", "zoe", "jonas-keller", 300, *INSTRUMENT, *grounds(paper)
    )
    assert (redeemed.code, forced.code, units_of(run, "zoe")) == (0, 0, "500")
    much = run("units", "redeem", "zoe", 501, *INSTRUMENT, *grounds(paper, "1"))
    assert (much.code, much.document["outcome"], much.document["code"]) == (1, "refused", 101)
    assert run("units", "halt", *INSTRUMENT, *grounds(paper, "stop")).code == 0
    stopped = run("transfer", "priya-raman", "zoe", 1, *INSTRUMENT)
    assert (stopped.code, stopped.document["code"]) == (1, 100)
    assert run("units", "resume", *INSTRUMENT, *grounds(paper, "release")).code == 0
    assert run("transfer", "priya-raman", "zoe", 1, *INSTRUMENT).code == 0
    assert run("verify").document["ok"]


def test_a_holder_is_marked_frozen_and_listed(run, company_home, paper):
    freeze = ("holder", "freeze", "jonas-keller", *INSTRUMENT, *grounds(paper))
    some = run(*freeze, "--units", "100")
    assert (some.code, some.document["act"]) == (0, "freeze")
    listed = {one["id"]: one for one in run("holder", "list").document["holders"]}
    (held,) = [one for one in listed["jonas-keller"]["holdings"] if one["class_id"] == "common"]
    assert (held["frozen"], held["stopped"]) == ("100", False)
    none = run(
        "holder", "unfreeze", "jonas-keller", *INSTRUMENT, "--units", 0, *grounds(paper, "15")
    )
    assert none.code == 0
    assert run("holder", "freeze", "jonas-keller", "--sanctioned", *grounds(paper)).code == 0
    flagged = run("holder", "flag", "jonas-keller", "--set", "affiliate", "--class", "accredited")
    assert flagged.code == 0
    found = run("holder", "show", "jonas-keller").document
    assert (found["flags"], found["of_class"]) == (["SANCTIONED", "AFFILIATE"], "accredited")
    assert run("holder", "flag", "jonas-keller", "--clear", "affiliate").code == 0


def test_a_recovery_says_who_has_acted_and_who_must_still(run, company_home, paper):
    proposed = run("recover", "propose", "priya-raman", *grounds(paper, "lost-wallet"))
    assert proposed.code == 0
    assert (
        "a second person with the power CONFIRM confirms it from" in proposed.document["waits_for"]
    )
    assert proposed.document["open"]["due"] is False
    assert [one["holder"] for one in run("recover", "list").document["recoveries"]] == [
        "priya-raman"
    ]
    early = run("recover", "confirm", "priya-raman")
    assert (early.code, "delay still runs" in early.document["reason"]) == (1, True)
    assert run("node", "clock", proposed.document["open"]["effective"]).code == 0
    assert run("recover", "confirm", "priya-raman", "--as", "agent").document["code"] == 200
    done = run("recover", "confirm", "priya-raman")
    assert (done.code, done.document["open"]) == (0, None)
    assert done.document["wallet"] == proposed.document["open"]["new_wallet"]
    assert run("recover", "cancel", "priya-raman").code == 1


def test_records_splits_and_powers_by_command(run, company_home, paper):
    record = run("record", "announce", "2030-01-01T00:00:00Z", *INSTRUMENT)
    assert (record.code, record.document["record"]) == (0, 1)
    assert [one["number"] for one in run("record", "list").document["records"]] == [1]
    begun = run("split", "announce", "2:1", *INSTRUMENT, "--document", paper)
    assert (begun.code, begun.document["split"]["state"]) == (0, "announced")
    back = run("split", "cancel", *INSTRUMENT, *grounds(paper, "issuer-decision"))
    assert (back.code, back.document["split"]["state"]) == (0, "cancelled")
    assert run("split", "run", *INSTRUMENT).code == 1
    assert run("split", "announce", "3:1", *INSTRUMENT, "--document", paper).code == 0
    done = run("split", "run", *INSTRUMENT)
    assert (done.code, done.document["split"]["state"], done.document["split"]["left"]) == (
        0, "finished", 0,
    )  # fmt: skip
    assert run("split", "status", *INSTRUMENT).document["state"] == "finished"
    who = "0x" + "ef" * 20
    given = run("powers", "grant", who, "freeze", "halt", *INSTRUMENT)
    assert (given.code, given.document["powers"]["announced"]) == (0, ["freeze", "halt"])
    less = run("powers", "revoke", who, "halt", *INSTRUMENT, "--as", "second")
    assert (less.code, less.document["powers"]["announced"]) == (0, ["freeze"])
    shown = run("powers", "show", *INSTRUMENT).document["powers"]
    assert {one["called"] for one in shown} == {"agent", "second", ""}


def test_the_hash_of_the_document_is_what_goes_on_chain(run, company_home, paper):
    done = run("units", "halt", *INSTRUMENT, *grounds(paper, "stop"))
    assert done.code == 0
    from sqlalchemy import create_engine, text

    engine = create_engine(f"sqlite:///{company_home}/index.db")
    run("register", "show")
    with engine.connect() as view:
        (body,) = view.execute(text("SELECT body FROM event WHERE name = 'HaltOrdered'")).one()
    engine.dispose()
    assert hashlib.sha256(paper.read_bytes()).digest() in bytes(body)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["transfer", "a", "b", "1.5", *INSTRUMENT], "1.5 has 1 decimal places"),
        (["transfer", "a", "b", "0", *INSTRUMENT], "an act moves at least one unit"),
        (["transfer", "a", "b", "x", *INSTRUMENT], "'x' is not a decimal number"),
        (["units", "issue", "jonas-keller", "5", *INSTRUMENT, "--exemption", "none"], "exemption"),
        (["split", "announce", "2", *INSTRUMENT, "--document", "PAPER"], "such as 3:2"),
        (["holder", "admit", "x", "--name", "X", "--country", "XX"], "ISO 3166"),
        (["holder", "admit", "x", "--name", "X", "--wallet", "0x12"], "40 hexadecimal digits"),
        (["units", "halt", *INSTRUMENT, "--reason", "99", "--document", "PAPER"], "none of 1 "),
        (["units", "halt", *INSTRUMENT, "--reason", "stop", "--document", "EMPTY"], "is empty"),
        (["record", "announce", "tomorrow", *INSTRUMENT], "not an ISO 8601 time"),
        (["powers", "grant", "somebody", "halt"], "40 hexadecimal digits"),
        (
            ["holder", "freeze", "jonas-keller", "--units", "5", "--reason", "6", "--document", "PAPER"],
            "name it with --instrument",
        ),
        (["node", "clock", "2001-01-01T00:00:00Z"], "has passed on this ledger"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence_and_nothing_done(
    run, shared_company, monkeypatch, tmp_path, paper, words, said
):
    (tmp_path / "empty.txt").write_text("")
    monkeypatch.setenv("FREEHOLD_HOME", str(shared_company.home))
    before = shared_company.w3.eth.block_number
    named = {"PAPER": paper, "EMPTY": tmp_path / "empty.txt"}
    found = run(*(named.get(word, word) for word in words))
    assert (found.code, said in found.said) == (2, True), found.said
    assert shared_company.w3.eth.block_number == before
