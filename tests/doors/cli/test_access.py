"""`freehold access` and `freehold audit`: who may come in, and what was recorded of it."""

import json


def test_somebody_is_invited_listed_given_a_new_link_and_ended(run):
    made = run("access", "invite", "Ann@Acme.example", "--role", "auditor", "--role", "issuer=*")
    assert made.code == 0
    assert made.document["name"] == "ann@acme.example"
    assert made.document["link"].startswith("http://localhost:8440/welcome/")
    (listed,) = run("access", "list").document["identities"]
    assert listed["roles"] == [
        {"role": "auditor", "scope": "*"},
        {"role": "issuer", "scope": "*"},
    ]
    assert not listed["set_up"] and listed["ended"] is None
    taken = run("access", "invite", "ann@acme.example", "--role", "auditor")
    assert (taken.code, taken.error["kind"]) == (1, "Conflict")
    again = run("access", "link", "ann@acme.example", public_url="https://register.acme.example")
    assert again.document["link"].startswith("https://register.acme.example/welcome/")
    assert run("access", "end", "ann@acme.example").code == 0
    gone = run("access", "link", "ann@acme.example")
    assert (gone.code, gone.error["kind"]) == (1, "NotFound")


def test_a_role_that_is_none_and_a_name_that_is_none_are_named(run):
    wrong = run("access", "invite", "ann@acme.example", "--role", "owner")
    assert wrong.code == 2
    assert "owner is no role; the roles are administrator, issuer" in wrong.said
    spaced = run("access", "invite", "ann of acme", "--role", "auditor")
    assert spaced.code == 2
    assert "sign_in_name: has 3 to 128 characters and no spaces" in spaced.said


def test_nobody_is_invited_for_what_is_not_there_nor_as_every_holder(run):
    for role, said in (
        ("investor", "write investor=ISSUER/HOLDER"),
        ("investor=*", "an investor is one holder: '*'"),
        ("investor=acme", "an investor is one holder: 'acme'"),
        ("investor=acme/ann", "'acme/ann' is no issuer, issuer/holder or *"),
        ("transfer-agent=nowhere-at-all", "'nowhere-at-all' is no issuer"),
    ):
        refused = run("access", "invite", "ann@acme.example", "--role", role)
        assert refused.code == 2 and said in refused.said, role
    assert run("access", "list").document["identities"] == []


def test_two_names_of_one_human_being_are_said_to_be(run):
    run("access", "invite", "ann@acme.example", "--role", "registrar")
    twice = ("access", "invite", "ann.two@acme.example", "--role", "transfer-agent")
    assert run(*twice, "--person", "nobody@acme.example").code == 1
    assert run(*twice, "--person", "ann@acme.example").code == 0
    known = {one["name"]: one["id"] for one in run("access", "list").document["identities"]}
    alone = run("access", "person", "ann.two@acme.example", "--alone")
    assert (alone.code, alone.document["person"]) == (0, None)
    joined = run("access", "person", "ann.two@acme.example", "--same-as", "ann@acme.example")
    assert joined.document["person"] == known["ann@acme.example"]
    assert run("access", "person", "ann@acme.example").code == 2


def test_the_log_is_verified_exported_and_checked_without_us(run, tmp_path):
    run("access", "invite", "ann@acme.example", "--role", "auditor")
    found = run("audit", "verify")
    assert (found.code, found.document["ok"], found.document["entries"]) == (0, True, 2)
    file = tmp_path / "log.jsonl"
    assert run("audit", "export", file).document["entries"] == 2
    assert "ann" not in file.read_text()
    checked = run("audit", "check", file)
    assert (checked.code, checked.document["head"]) == (0, found.document["head"])
    assert checked.document["anchors_compared"] is None
    alone = run("audit", "check", file, "--contract", "0x" + "11" * 20)
    assert alone.code == 2 and "--node URL" in alone.said
    unanchored = run("audit", "check", file, "--node", "http://127.0.0.1:9")
    assert unanchored.code == 2 and "nothing to compare with" in unanchored.said
    lines = file.read_text().splitlines()
    altered = json.loads(lines[1]) | {"actor": "somebody else"}
    file.write_text("\n".join([lines[0], json.dumps(altered), lines[2]]))
    refused = run("audit", "check", file)
    assert refused.code == 1
    assert "entry 1 does not hang on the one before" in refused.document["fault"]
    file.write_bytes(b"\xff\xfe")
    assert run("audit", "check", file).code == 2
