"""`freehold webhook`: whose server is told what changes."""


def test_a_webhook_is_added_listed_replayed_given_a_new_secret_and_ended(run):
    run("access", "invite", "dev@acme.example", "--role", "developer")
    owner = ("--for", "dev@acme.example")
    made = run("webhook", "add", "http://127.0.0.1:9/hook", "--kind", "register.changed", *owner)
    assert made.code == 0
    id, secret = made.document["id"], made.document["secret"]
    (listed,) = run("webhook", "list", *owner).document["webhooks"]
    assert (listed["id"], listed["kinds"]) == (id, ["register.changed"])
    assert secret not in str(listed)
    assert run("webhook", "deliveries", id, *owner).document == {"deliveries": []}
    assert run("webhook", "replay", id, 1, 5, *owner).document["deliveries"] == 0
    empty = run("webhook", "replay", id, 5, 1, *owner)
    assert (empty.code, "1 to 500 changes" in empty.said) == (2, True)
    assert run("webhook", "pause", id, *owner).document["paused_at"]
    assert run("webhook", "list", *owner).document["webhooks"][0]["paused_at"]
    assert run("webhook", "resume", id, *owner).document == {"webhook": id, "paused_at": None}
    again = run("webhook", "rotate", id, *owner)
    assert again.document["secret"] != secret
    assert run("webhook", "end", id, *owner).document == {"ended": id}
    assert run("webhook", "list", *owner).document == {"webhooks": []}


def test_a_bad_kind_a_bad_target_and_an_owner_who_is_nobody_are_told(run):
    run("access", "invite", "dev@acme.example", "--role", "developer")
    wrong = run(
        "webhook", "add", "ftp://a.example", "--kind", "prices", "--for", "dev@acme.example"
    )
    assert wrong.code == 2
    assert "'prices' is none of instruction.changed, position.changed" in wrong.said
    nobody = run("webhook", "list", "--for", "bob@acme.example")
    assert (nobody.code, nobody.error["kind"]) == (1, "NotFound")
