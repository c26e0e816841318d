"""The client on a running platform: every call is one of the API's, with the same document."""

import ast
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from freehold import client
from freehold.book import schema_access, webhooks
from freehold.client import signing
from freehold.core.roles import Power, Role
from freehold.desks import parties
from freehold.wire.agent import ItemIn
from freehold.wire.documents import TransferAsked
from tests.doors.running import HOLDER, ISSUER, Platform, office_of
from tests.parts import ROOT

METHODS = {"get": "get", "items": "get", "open": "get", "delete": "delete", "put": "put"}
METHODS |= {"post": "post", "act": "post", "content": "get"}
COVERED = re.compile(
    r"/v1/(me|instructions|transactions|verifications|api-keys|changes|webhooks|people|sessions"
    r"|applications|screening|windups|policies|drafts|tax|actions/\{id\}/feeds|instruments/\{token\}/policy"
    r"|relays|announcements|issuers/\{issuer\}/(exit-terms|waterfall|investors))\b"
    r"(?!.*(\.pdf|\.csv|/export)$)"
)
"""The subjects that the client has whole; files are for browsers."""


def as_role(platform: Platform, role: Role) -> client.Freehold:
    return client.connect(platform.url, platform.keys[role])


@pytest.fixture(scope="module")
def agent(platform):
    return as_role(platform, Role.TRANSFER_AGENT)


@pytest.fixture(scope="module")
def token(agent):
    return next(one.token for one in agent.registers.instruments() if one.class_id == "common")


def calls():
    """Every path that the client's sources name: its method, path, the model it is read as."""
    for file in sorted((ROOT / "src/freehold/client").glob("*.py")):
        yield from calls_in(file)


def calls_in(file: Path):
    tree = ast.parse(file.read_text())
    real = {
        alias.asname or alias.name: alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        paths = [
            one.value
            for one in ast.walk(function)
            if isinstance(one, ast.Constant) and str(one.value).startswith("/v1/")
        ]
        asked = [
            one
            for one in ast.walk(function)
            if isinstance(one, ast.Call)
            and isinstance(one.func, ast.Attribute)
            and one.func.attr in METHODS
            and ast.unparse(one.func.value).endswith("connection")
        ]
        if paths:
            (path,), (call,) = paths, asked
            model = ast.unparse(call.args[1]) if len(call.args) > 1 else ""
            yield METHODS[call.func.attr], path, real.get(model, "")


def test_every_call_is_one_of_the_api_and_reads_what_that_answers(platform):
    document = requests.get(f"{platform.url}/api/openapi.json", timeout=30).json()
    found = list(calls())
    for method, path, model in found:
        operation = document["paths"][path][method]
        answers = [one for status, one in operation["responses"].items() if status < "300"]
        if model:
            schema = answers[0]["content"]["application/json"]["schema"]["$ref"]
            assert schema == f"#/components/schemas/{model}", f"{method} {path}"
    offered = {(method, path) for path, all in document["paths"].items() for method in all}
    missing = offered - {(method, path) for method, path, _ in found}
    assert not {one for one in missing if COVERED.match(one[1])}


def test_a_register_is_read_over_pages_as_of_an_instant(agent, token):
    positions = list(agent.registers.positions(token))
    assert [one.holder for one in positions].count("Priya Raman") == 1
    before = agent.registers.register(token, datetime(2022, 1, 1, tzinfo=UTC))
    assert int(before.outstanding) < int(agent.registers.register(token).outstanding)
    assert agent.me().name == "transfer-agent@northwind.example"


def test_a_refusal_is_an_exception_with_the_reason_and_the_day(agent, token):
    asked = TransferAsked(sender=HOLDER, receiver="jonas-keller", units="60000")
    with pytest.raises(client.Refused) as caught:
        agent.transfers.request(token, asked)
    assert caught.value.code == 140
    assert caught.value.passes_on == agent.transfers.ask(token, asked).passes_on


def test_a_transfer_is_followed_until_it_is_final_and_told_by_the_stream(agent, token):
    start = max((one.number for one in agent.changes.since()), default=0)
    asked = TransferAsked(sender="tobias-brandt", receiver="wei-ling-tan", units="3")
    done = agent.transfers.request(token, asked, key="the-client")
    assert agent.transfers.request(token, asked, key="the-client").instruction == done.instruction
    ended = agent.transfers.wait(done.instruction)
    assert ended.state == "final"
    for change in agent.changes.stream(after=start, kinds=["instruction.changed"]):
        if change.subject == done.instruction and change.content["state"] == "final":
            break


def test_an_exit_is_divided_by_the_terms_in_force_or_by_others(agent):
    draft = agent.exits.terms(ISSUER)
    found = agent.exits.divide(ISSUER, "12000000")
    assert sum(Decimal(one.total) for one in found.paid) == Decimal(12_000_000)
    assert {one.id for one in found.paid} >= {"series-a", "series-seed", "common"}
    other = (ROOT / "examples/waterfalls/venture-exit.toml").read_text()
    tried = agent.exits.divide(ISSUER, "25000000", other)
    assert next(one.total for one in tried.paid if one.id == "bank") == "1500000.00"
    assert agent.exits.terms(ISSUER) == draft
    wrong = other.replace('amount = "1500000.00"', 'amount = "much"')
    with pytest.raises(client.Mistaken) as caught:
        agent.exits.keep(ISSUER, wrong)
    assert "line 9" in str(caught.value.problem.mistakes), caught.value.problem
    with pytest.raises(client.Mistaken, match="tranches"):
        agent.exits.divide(ISSUER, "4000000", other)


def test_a_key_that_was_narrowed_is_refused_and_an_ended_one_is_no_key(platform, agent):
    made = agent.keys.make("narrow", [Power.OWN_KEYS], 1)
    narrow = client.connect(platform.url, made.token)
    with pytest.raises(client.NotPermitted, match="audit:read"):
        next(narrow.audit.entries())
    agent.keys.end(made.id)
    with pytest.raises(client.NotSignedIn):
        narrow.me()


def test_a_holder_signs_offline_and_the_relay_sends_it(platform, agent, token):
    with office_of(platform.home) as office:
        party = parties.party(office, parties.owner(office, ISSUER), "tobias-brandt")
        secret = office.keys.custody(party.holder.custody)._key.secret
        to = parties.party(office, parties.owner(office, ISSUER), "wei-ling-tan").wallet
    key, domain = signing.key_from(secret), agent.relay.domain(token)
    assert key.address == party.wallet
    until = datetime(2096, 1, 1, tzinfo=UTC)
    signed = signing.sign_transfer(key, domain, to, "2", until)
    done = agent.relay.transfer(token, signed)
    assert agent.transfers.wait(done.instruction).state == "final"
    with pytest.raises(client.Conflicting, match="relayed already"):
        agent.relay.transfer(token, signed)
    kept = signing.sign_transfer(key, domain, to, "2", until)
    gone = agent.relay.cancel(token, signing.sign_cancel(key, domain, kept.nonce))
    assert agent.transfers.wait(gone.instruction).state == "final"
    with pytest.raises(client.Refused, match="used before"):
        agent.relay.transfer(token, kept)
    with pytest.raises(client.Missing):
        agent.relay.vote(signing.sign_vote(key, domain.chain, token, 1, 1, until))
    none = (1, 1, 0)
    with pytest.raises(client.Missing):
        claim = signing.sign_claim(key, domain.chain, token, 1, none, [], to, until)
        agent.relay.claim(claim)


def test_budgets_are_set_by_an_administrator_and_hold_at_once(platform, agent, token):
    owner = as_role(platform, Role.ADMINISTRATOR)
    before = agent.relay.terms(ISSUER)
    with pytest.raises(client.NotPermitted):
        agent.relay.set_budgets(ISSUER, 0, 0)
    try:
        assert owner.relay.set_budgets(ISSUER, 5, 4).holder_gas == 4
        assert agent.relay.terms(ISSUER).issuer_gas == 5
    finally:
        owner.relay.set_budgets(ISSUER, before.issuer_gas, before.holder_gas)
    act = next(one for one in owner.audit.entries() if one.act == "set relay budgets")
    assert act.subject == ISSUER


def test_a_secret_is_in_the_first_answer_under_a_key_and_is_not_kept(platform, agent):
    owner = as_role(platform, Role.ADMINISTRATOR)
    hook = agent.webhooks.make("http://localhost:9/", ["audit.recorded"])
    somebody = owner.people.invite("once@northwind.example", [(Role.AUDITOR, ISSUER)])
    asks = {
        "key": lambda key: agent.keys.make("once", [Power.OWN_KEYS], 1, key).token,
        "hook": lambda key: (
            agent.webhooks.make("http://localhost:9/once", ["audit.recorded"], key=key).secret
        ),
        "secret": lambda key: agent.webhooks.rotate(hook.id, key).secret,
        "link": lambda key: owner.people.new_link(somebody.id, key).link,
    }
    shown = {name: ask(f"once-{name}") for name, ask in asks.items()}
    for name, ask in asks.items():
        with pytest.raises(
            client.Conflicting, match="made under this idempotency key already"
        ) as told:
            ask(f"once-{name}")
        assert shown[name] not in str(told.value)
    with pytest.raises(client.Conflicting, match="used for another request"):
        agent.keys.make("another", [Power.OWN_KEYS], 1, "once-key")
    assert [one.label for one in agent.keys.listed()].count("once") == 1
    mine = [one for one in agent.webhooks.listed() if one.url.endswith("/once")]
    assert len(mine) == 1
    with office_of(platform.home) as office, office.book.reading() as tx:
        rows = tx.execute(select(schema_access.request)).all()
        assert webhooks.secret_of(tx, hook.id) == shown["secret"], "not exchanged again"
    kept = [str(row) for row in rows if row.key.startswith("once-")]
    assert len(kept) == 4
    secrets = [one.rpartition("/")[2] for one in shown.values()]
    assert not [one for one in secrets if any(one in row for row in kept)]
    for one in (hook, *mine):
        agent.webhooks.end(one.id)


def test_a_replay_and_a_restraint_are_asked_once_under_a_key(platform, agent):
    hook = agent.webhooks.make("http://localhost:9/", ["instruction.changed"])
    top = max(one.number for one in agent.changes.since(kinds=["instruction.changed"]))
    for _ in range(2):
        assert agent.webhooks.replay(hook.id, top, top, "once-replay").deliveries == 1
    assert len(list(agent.webhooks.deliveries(hook.id))) == 1
    with pytest.raises(client.Conflicting, match="used for another request"):
        agent.webhooks.replay(hook.id, top - 1, top, "once-replay")
    agent.webhooks.end(hook.id)
    body = {"kind": "stop", "document": "ab" * 32, "until": "2096-01-01"}
    path, header = "/v1/agent/holders/mara-lindqvist/restraints", {"Idempotency-Key": "once-stop"}
    made = [platform.ask(Role.TRANSFER_AGENT, "POST", path, body, header) for _ in range(2)]
    assert [one.status_code for one in made] == [201, 201], made[0].text
    assert made[0].json() == made[1].json()
    other = platform.ask(Role.TRANSFER_AGENT, "POST", path, body | {"words": "x"}, header)
    assert other.status_code == 409, other.text
    end = f"/v1/agent/restraints/{made[0].json()['id']}/release"
    paper = {"document": "cd" * 32}
    assert platform.ask(Role.TRANSFER_AGENT, "POST", end, paper).status_code == 200
    seen = {"paper": "trust-certification", "dated": "2024-01-02", "document": "ef" * 32}
    files = "/v1/agent/holders/mara-lindqvist/papers"
    for _ in range(2):
        filed = platform.ask(Role.TRANSFER_AGENT, "POST", files, seen)
        assert filed.status_code == 201, filed.text
        assert len([one for one in filed.json()["papers"] if one["dated"] == "2024-01-02"]) == 1


def test_a_rotated_secret_is_another_one(agent):
    made = agent.webhooks.make("http://localhost:9/", ["audit.recorded"])
    again = agent.webhooks.rotate(made.id)
    assert again.id == made.id and again.secret != made.secret
    assert agent.webhooks.pause(made.id).paused_at
    assert agent.webhooks.pause(made.id, paused=False).paused_at is None
    agent.webhooks.end(made.id)
    with pytest.raises(client.Missing):
        agent.webhooks.rotate(made.id)


def test_what_makes_no_sense_is_another_exception_than_what_cannot_be_read(agent, token):
    halves = TransferAsked(sender=HOLDER, receiver="jonas-keller", units="1.5")
    with pytest.raises(client.Mistaken):
        agent.transfers.ask(token, halves)
    odd = TransferAsked.model_construct(sender=HOLDER, receiver="a", units="x")
    with pytest.raises(client.Unreadable) as caught:
        agent.transfers.ask(token, odd)
    assert [one.place for one in caught.value.mistakes] == ["body.units"]


def test_the_agents_desk_keeps_items_losses_and_letters(agent):
    asked = ItemIn(what="inquiry", note="by the client")
    one = agent.desk.receive("northgate-seed", asked, key="client-item")
    assert agent.desk.receive("northgate-seed", asked, key="client-item").number == one.number
    assert one.number in [each.number for each in agent.desk.items()]
    assert agent.desk.turn_around(one.number, "done").outcome == "done"
    lost = agent.desk.lose("northgate-seed", date(2026, 1, 2))
    for _ in range(2):
        found = agent.desk.search(lost.number, date(2026, 5, 2), "a database")
    assert len(found.searches) == 1 and found.next_search == 2
    assert lost.number in [each.number for each in agent.desk.lost()]
    assert agent.desk.found(lost.number).found_at
    with pytest.raises(client.Conflicting):
        agent.desk.found(lost.number)
    letter = next(iter(agent.desk.letters()))
    assert agent.desk.letter(letter.id).kind == letter.kind
    with pytest.raises(client.Conflicting):
        agent.desk.decide(letter.id, "send")
    assert list(agent.desk.letters(waiting=True)) == []
    picture = agent.desk.picture("northgate-seed")
    assert picture.held and picture.wallets[-1].opens
    assert {one.source for one in picture.timeline} >= {"desk", "ledger"}
