"""`freehold approvals`: two persons with a key each, and what the commands answer."""

import json

import pytest

from freehold.book import identities
from freehold.core.roles import EVERYWHERE, GRANTED, Role
from freehold.desks import permits
from freehold.desks.access import sessions, signin
from freehold.desks.securities import deployments, draft_reviews
from freehold.doors.cli.main import main
from tests.company import office_of
from tests.parts import ROOT

PLACEMENT = ROOT / "examples/policies/private-placement.toml"


@pytest.fixture
def keys(company_home, tmp_path, monkeypatch):
    """A key file for each of some persons."""
    found = {}
    with office_of(company_home) as office:
        for role in (Role.REGISTRAR, Role.TRANSFER_AGENT, Role.ISSUER, Role.COMPLIANCE_OFFICER):
            made, _ = signin.invite(office, permits.operator(), str(role), [(role, EVERYWHERE)])
            with office.book.reading() as tx:
                actor = permits.actor_of(tx, identities.find(tx, made.id))
            _, token = sessions.make_key(office, actor, "tests", GRANTED[role], 30)
            found[role] = tmp_path / f"{role}.key"
            found[role].write_text(token + "\n")
    monkeypatch.setenv("FREEHOLD_HOME", str(company_home))
    return found


def test_an_act_is_proposed_by_one_and_approved_by_another(keys, tmp_path, capsys):
    order = tmp_path / "order.txt"
    order.write_text("the court orders")
    first, second = (
        ["--key-file", str(keys[one]), "--json"] for one in (Role.REGISTRAR, Role.TRANSFER_AGENT)
    )

    def run(*words: str) -> tuple[int, dict]:
        code = main(["approvals", *words])
        said = capsys.readouterr()
        return code, json.loads(said.out or said.err or "{}")

    act = ("propose", "freeze", "holder=priya-raman", "--reason", "court-order")
    why = ("--document", str(order))
    code, tried = run(*act, *why, "--dry-run", *first)
    assert (code, tried["difference"]["rows"][0]["after"]) == (0, "yes")
    code, made = run(*act, *why, *first)
    assert (code, made["state"]) == (0, "proposed")
    seen = ("--seen", made["difference"]["digest"])
    code, own = run("approve", made["id"], *seen, *first)
    assert code == 1 and "approval:decide" in own["error"]["message"]
    assert run("list", "--state", "proposed", *second)[1]["items"][0]["id"] == made["id"]
    assert run("show", made["id"], *second)[1]["may_decide"]
    code, done = run("approve", made["id"], *seen, "--note", "seen", *second)
    assert (code, done["state"], done["note"]) == (0, "approved", "seen")
    assert run("withdraw", made["id"], *first)[0] == 1
    for words in (
        ("decline", "--note", "no"),
        ("break-glass", *seen, "--reason", "nobody else is here"),
    ):
        name, *more = words
        code, proposed = run(*act, *why, "--key", name, *first)
        code, ended = run(name, proposed["id"], *more, *second)
        assert (code, ended["state"] in ("declined", "approved")) == (0, True), ended


def test_a_refused_act_and_a_wrong_key_end_with_one(keys, tmp_path, capsys):
    key = keys[Role.REGISTRAR]
    move = ["instrument=common", "holder=priya-raman", "units=99999999999"]
    assert main(["approvals", "propose", "issue", *move, "--key-file", str(key)]) == 1
    wrong = tmp_path / "wrong.key"
    wrong.write_text("fh_nothing")
    assert main(["approvals", "list", "--key-file", str(wrong)]) == 1
    assert main(["approvals", "propose", "issue", "units", "--key-file", str(key)]) == 2
    assert "is no NAME=TEXT" in capsys.readouterr().err


def test_a_draft_is_declined_agreed_to_and_discarded(keys, company_home, capsys):
    author, reader = (
        ["--key-file", str(keys[one]), "--json"] for one in (Role.ISSUER, Role.COMPLIANCE_OFFICER)
    )

    def run(*words: str) -> tuple[int, dict]:
        code = main(["draft", *words])
        said = capsys.readouterr()
        return code, json.loads(said.out or said.err or "{}")

    with office_of(company_home) as office:
        who = sessions.actor_of_key(office, keys[Role.ISSUER].read_text().strip())
        id = deployments.start(office, who, {"kind": "other", "issuer": "northwind-optics"}).id
        record = {"name": "Bench", "description": "Optical bench", "country": "US"}
        deployments.save(office, who, id, "record", record)
        terms = {"name": "Bench units", "symbol": "BNC", "decimals": "0", "authorised": "9"}
        deployments.save(office, who, id, "terms", terms)
        own = {"choice": "own", "text": PLACEMENT.read_text()}
        deployments.save(office, who, id, "policy", own)
        draft_reviews.ask(office, who, id)
    assert run("list", *author)[1]["items"][0]["id"] == id
    assert run("waiting", *author)[1]["items"] == []
    (waits,) = run("waiting", *reader)[1]["items"]
    seen = ("--seen", waits["review"]["seen"])
    code, done = run("decline", id, *seen, "--note", "Name the state", *reader)
    assert (code, done["review"]["state"]) == (0, "declined")
    assert run("agree", id, *seen, *reader)[0] == 1, "it was decided already"
    with office_of(company_home) as office:
        draft_reviews.ask(office, who, id)
    code, done = run("agree", id, *seen, "--note", "read", *reader)
    assert (code, done["review"]["state"]) == (0, "agreed")
    assert run("discard", id, *author)[0] == 2
    assert run("discard", id, "--yes", *reader)[0] == 1
    assert run("discard", id, "--yes", *author) == (0, {"id": id, "discarded": True})
    assert run("list", *author)[1]["items"] == []
