"""Wallets as a way in: linked first, then signed messages, every field of them exact."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from eth_abi.abi import encode

from freehold.book import identities
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid, NotPermitted
from freehold.core.ids import checksummed
from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import permits
from freehold.desks.access import passkeys, proofs, sessions, signin, wallets
from freehold.desks.access.sessions import Client
from freehold.desks.office import Office
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from tests.authenticator import SecurityKey
from tests.desks.access.test_passkeys import HERE, PLACE, SetClock
from tests.wallet import Wallet, new_wallet

ELSEWHERE = Client("198.51.100.7", "a browser", "a cookie")
NAME = "investor@acme.example"


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def office(front_desk: Office, clock: SetClock) -> Office:
    return replace(front_desk, clock=clock)


@pytest.fixture
def actor(office: Office) -> permits.Actor:
    link = signin.invite(office, permits.operator(), NAME, [(Role.DEVELOPER, EVERYWHERE)])[1]
    key = SecurityKey(PLACE.origin)
    options = passkeys.begin_enrolment(office, PLACE, link, HERE)
    token = passkeys.enrol(office, PLACE, link, key.make(options), "", HERE)
    found = sessions.actor_of_session(office, token, HERE)
    assert found
    return found


@pytest.fixture
def wallet() -> Wallet:
    return new_wallet()


def linked(office: Office, actor: permits.Actor, wallet: Wallet, address: str = "") -> None:
    text = wallets.begin(office, PLACE, wallets.LINK, address or wallet.address, HERE, actor)
    wallets.link(office, actor, PLACE, text, wallet.sign(text), HERE)


def asked(office: Office, wallet: Wallet, client: Client = HERE) -> str:
    return wallets.begin(office, PLACE, wallets.SIGN_IN, wallet.address, client, None)


def come_in(office: Office, text: str, signature: str, client: Client = HERE) -> proofs.Step:
    return wallets.sign_in(office, PLACE, text, signature, client)


def test_a_linked_wallet_signs_in(office, clock, actor, wallet):
    linked(office, actor, wallet)
    clock.at += timedelta(hours=1)
    text = asked(office, wallet)
    step = come_in(office, text.replace("\n", "\r\n"), wallet.sign(text))  # as forms send it
    assert sessions.actor_of_session(office, step.token, HERE).id == actor.id
    [kept] = wallets.linked(office, actor)
    assert (kept.address, kept.used_at) == (wallet.address, clock.at)


def test_a_message_is_good_once_and_in_its_browser(office, actor, wallet):
    linked(office, actor, wallet)
    text = asked(office, wallet)
    assert come_in(office, text, wallet.sign(text)).token
    assert come_in(office, text, wallet.sign(text)).problem == wallets.REPLAYED
    stolen = asked(office, wallet)
    assert come_in(office, stolen, wallet.sign(stolen), ELSEWHERE).problem == wallets.REPLAYED
    assert come_in(office, stolen, wallet.sign(stolen)).problem == wallets.REPLAYED


def changed(text: str, office: Office, what: str) -> str:
    now = office.clock.now()
    words = {
        "domain": ("register.example:8443 wants", "evil.example wants"),
        "uri": ("URI: https://register.example:8443/sign-in", "URI: https://evil.example/sign-in"),
        "chain": ("Chain ID: 31337", "Chain ID: 1"),
        "statement": ("Sign in to Freehold.", "Give everything away."),
        "future": (f"Issued At: {stamp(now)}", f"Issued At: {stamp(now + timedelta(minutes=2))}"),
        "expired": (
            f"Expiration Time: {stamp(now + proofs.CHALLENGE_LIFE)}",
            f"Expiration Time: {stamp(now)}",
        ),
        "nonce": ("Nonce: ", "Nonce: 00"),
        "version": ("Version: 1", "Version: 2"),
        "order": ("Version: 1\n", ""),
        "address": (text.split("\n")[1], text.split("\n")[1].lower()),
    }
    before, after = words[what]
    assert before in text
    return text.replace(before, after, 1)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("domain", "is for evil.example, not for register.example:8443"),
        ("uri", "names the page https://evil.example/sign-in"),
        ("chain", "is for chain 1; this register is on chain 31337"),
        ("statement", "agrees to something else"),
        ("future", "issued in the future"),
        ("expired", "has expired"),
        ("nonce", "was not made for this browser"),
        ("version", "not the one that was shown"),
        ("order", "not the one that was shown"),
        ("address", "not the one that was shown"),
    ],
)
def test_a_changed_message_is_refused_with_its_own_sentence(office, actor, wallet, what, said):
    linked(office, actor, wallet)
    text = changed(asked(office, wallet), office, what)
    step = come_in(office, text, wallet.sign(text))
    assert step.token is None and said in step.problem
    assert step.problem.count(".") <= 4 and "\n" not in step.problem


def test_a_little_skew_of_a_wallets_clock_is_forgiven(office, actor, wallet):
    linked(office, actor, wallet)
    text = asked(office, wallet)
    now = office.clock.now()
    ahead = text.replace(stamp(now), stamp(now + timedelta(seconds=60)), 1)
    assert come_in(office, ahead, wallet.sign(ahead)).token


def test_a_message_lapses_after_five_minutes(office, clock, actor, wallet):
    linked(office, actor, wallet)
    text = asked(office, wallet)
    clock.at += proofs.CHALLENGE_LIFE
    assert "has expired" in come_in(office, text, wallet.sign(text)).problem


@pytest.mark.parametrize("wrong", ["other key", "short", "noise", "high s", "huge", "zero"])
def test_a_signature_of_somebody_else_or_of_no_form_is_refused(office, actor, wallet, wrong):
    linked(office, actor, wallet)
    text = asked(office, wallet)
    good = bytes.fromhex(wallet.sign(text)[2:])
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = (order - int.from_bytes(good[32:64], "big")).to_bytes(32, "big")
    signature = {
        "other key": new_wallet().sign(text),
        "short": "0x" + good[:64].hex(),
        "noise": "yes, it was me",
        "high s": "0x" + (good[:32] + high + bytes([55 - good[64]])).hex(),
        "huge": "0x" + "ab" * 20_000,
        "zero": "0x" + "00" * 65,
    }[wrong]
    assert come_in(office, text, signature).problem == wallets.NOT_SIGNED


def test_a_signature_to_sign_in_links_nothing_and_the_other_way_round(office, actor, wallet):
    text = asked(office, wallet)
    with pytest.raises(Invalid, match="agrees to something else"):
        wallets.link(office, actor, PLACE, text, wallet.sign(text), HERE)
    text = wallets.begin(office, PLACE, wallets.LINK, wallet.address, HERE, actor)
    assert "agrees to something else" in come_in(office, text, wallet.sign(text)).problem


def test_a_wallet_that_nobody_linked_opens_nothing(office, wallet):
    text = asked(office, wallet)
    assert come_in(office, text, wallet.sign(text)).problem == wallets.UNLINKED


def test_a_wallet_belongs_to_one_person(office, actor, wallet):
    linked(office, actor, wallet)
    linked(office, actor, wallet)  # the same again changes nothing
    assert len(wallets.linked(office, actor)) == 1
    other = replace(actor, id=signin.invite(office, permits.operator(), "b@acme.example", [])[0].id)
    with pytest.raises(Conflict, match="linked before"):
        linked(office, other, wallet)


def test_linking_needs_a_fresh_proof_and_unlinking_leaves_a_way_in(office, clock, actor, wallet):
    linked(office, actor, wallet)
    [kept] = wallets.linked(office, actor)
    clock.at += permits.PROOF_LIFE
    with pytest.raises(NotPermitted, match="fresh proof"):
        wallets.begin(office, PLACE, wallets.LINK, wallet.address, HERE, actor)
    with pytest.raises(NotPermitted, match="fresh proof"):
        wallets.unlink(office, actor, kept.number)
    fresh = replace(actor, proved_at=clock.at)
    [key] = passkeys.passkeys(office, actor)
    passkeys.remove(office, fresh, key.number)
    with pytest.raises(Conflict, match="last way in"):
        wallets.unlink(office, fresh, kept.number)


def test_what_is_no_address_is_named(office):
    for address in ("", "0x12", "vitalik.eth", "0x" + "g" * 40):
        with pytest.raises(Invalid, match="40 hexadecimal digits"):
            wallets.begin(office, PLACE, wallets.SIGN_IN, address, HERE, None)


def test_failures_from_a_place_end_trying_there(office, actor, wallet, monkeypatch):
    monkeypatch.setattr(proofs, "TRIES_FROM_A_PLACE", 2)
    linked(office, actor, wallet)
    for _ in range(2):
        come_in(office, "noise", "0x")
    text = asked(office, wallet)
    assert come_in(office, text, wallet.sign(text)).problem == proofs.WAIT


def test_a_contract_wallet_signs_in_as_its_contract_says_and_not_when_it_is_locked(
    office, clock, actor, wallet
):
    """ERC-1271 against a contract that is really deployed on the ledger."""
    address = deployed(office, wallet)
    linked(office, actor, wallet, address)
    text = wallets.begin(office, PLACE, wallets.SIGN_IN, address, HERE, None)
    assert come_in(office, text, new_wallet().sign(text)).problem == wallets.NOT_SIGNED
    text = wallets.begin(office, PLACE, wallets.SIGN_IN, address, HERE, None)
    assert come_in(office, text, wallet.sign(text)).token
    locked = deployed(office, wallet, "lock")
    text = wallets.begin(office, PLACE, wallets.LINK, locked, HERE, actor)
    with office.book.reading() as tx:
        assert identities.credentials(tx, actor.id)
    with pytest.raises(Invalid, match="did not sign"):
        wallets.link(office, actor, PLACE, text, wallet.sign(text), HERE)


def deployed(office: Office, owner: Wallet, lock: str = "") -> str:
    """A contract wallet of an owner; with `lock` one that the agent owns, who locked it."""
    import vyper

    source = Path(__file__).parents[2] / "chain" / "contract_wallet.vy"
    code = vyper.compile_code(source.read_text(), output_formats=["bytecode"])["bytecode"]
    agent = office.keys.agent
    by = agent.address if lock else owner.address
    data = bytes.fromhex(code[2:]) + encode(["address"], [by])
    [made] = carry_out(office, "wallets", [Asked(agent, None, data, "deploy", f"wallet {by}")])
    address = checksummed(receipt_of(office, made)["contractAddress"])
    if lock:
        from eth_hash.auto import keccak

        asked = keccak(b"set_locked(bool)")[:4] + encode(["bool"], [True])
        carry_out(office, "wallets", [Asked(agent, address, asked, "lock", f"lock {address}")])
    return address
