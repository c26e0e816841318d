"""The register: admission, attestations, facts, recovery of a lost wallet, instruments told."""

import pytest
from eth_abi import encode
from eth_account import Account
from eth_hash.auto import keccak

from freehold.core.facts import Flags
from freehold.core.reasons import Reason
from tests.contracts import world as roles
from tests.contracts.engine import Refused
from tests.contracts.signing import digest, sign
from tests.contracts.world import (
    AGENT,
    DOC,
    FAR,
    ISSUER,
    OFFICER,
    OUTSIDER,
    RECOVERY_DELAY,
    REGISTRAR,
    row,
    wallet,
)  # fmt: skip

KEY = Account.from_key("0x" + "11" * 32)
ZERO = "0x" + "00" * 20
ATTESTATION = keccak(
    b"Attestation(address wallet,uint256 row,address identity,bytes32 commitment,"
    b"uint256 previous,uint256 deadline)"
)


def test_accounts_are_numbered_in_order_and_told(world):
    rows = [row(wallet(f"p{n}")) for n in range(3)]
    outcome = world.holders.admit(rows, by=REGISTRAR)
    told = world.holders.log(outcome, "Admitted")
    assert [one["account"] for one in told] == [1, 2, 3]
    assert [one["facts"] for one in told] == [
        world.holders.ask("facts", wallet(f"p{n}")) for n in range(3)
    ]
    assert world.holders.ask("page", [wallet("p2"), OUTSIDER]) == (told[2]["facts"], 0)


def test_a_registrar_cannot_choose_account_epoch_identity_or_a_tombstone(world):
    who = wallet("a")
    world.holders.admit([row(who) | 1 << 255 | 0xFFF << 227 | 77 << 160], by=REGISTRAR)
    facts = world.holders.ask("facts", who)
    assert facts >> 255 == 0 and facts >> 227 & 0xFFF == 1 and facts >> 160 & 0xFFFFFFFF == 1
    assert facts & (1 << 160) - 1 == 0 and facts >> 241 & 1 == 0


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([row(ZERO)], "^wallet: zero$"),
        ([row(wallet("a")), row(wallet("a"))], "^wallet: known already$"),
        ([row(wallet("a"), holder_class=0)], "^class: missing$"),
    ],
)
def test_a_wrong_row_refuses_the_whole_page(world, rows, text):
    with pytest.raises(Refused, match=text):
        world.holders.admit([row(wallet("good")), *rows], by=REGISTRAR)
    assert world.holders.ask("last_account") == 0


def test_facts_change_only_for_known_wallets_and_keep_a_class(world):
    a = world.admit("a")
    with pytest.raises(Refused, match="^wallet: unknown$"):
        world.set_facts(OUTSIDER)
    with pytest.raises(Refused, match="^class: missing$"):
        world.set_facts(a, holder_class=0)


def test_a_registrar_does_not_lift_a_freeze(world):
    a = world.holder("a")
    world.holders.set_flags(a, Flags.FROZEN << 239, DOC, by=OFFICER)
    world.set_facts(a, flags=Flags.AFFILIATE)
    assert world.transfer(a, world.admit("b"), 1) == Reason.SENDER_FROZEN
    world.holders.set_flags(a, 0, DOC, by=OFFICER)
    assert world.transfer(a, wallet("b"), 1) == 0
    assert world.holders.ask("facts", a) >> 239 == Flags.AFFILIATE


def test_freezing_a_person_needs_a_document_and_knows_two_marks(world):
    a = world.admit("a")
    for who, flags, document, text in (
        (a, Flags.AFFILIATE << 239, DOC, "^flags: frozen, sanctioned only$"),
        (a, Flags.FROZEN << 239, bytes(32), "^document: missing$"),
        (OUTSIDER, Flags.FROZEN << 239, DOC, "^wallet: unknown$"),
    ):
        with pytest.raises(Refused, match=text):
            world.holders.set_flags(who, flags, document, by=OFFICER)


def test_a_raised_epoch_reaches_every_instrument_and_readmission_heals(world):
    a, b = world.holder("a"), world.admit("b")
    world.issue(a, 5, token=world.sister)
    with pytest.raises(Refused, match="^document: missing$"):
        world.holders.raise_epoch(bytes(32), by=OFFICER)
    world.holders.raise_epoch(DOC, by=OFFICER)
    assert world.transfer(a, b, 1) == Reason.KYC_MISSING
    assert world.sister.ask("detectTransferRestriction", a, b, 1) == Reason.KYC_MISSING
    late = world.new_token("Late", symbol="L")
    assert late.ask("state") >> 56 & 0xFFF == 2
    world.set_facts(b)
    assert world.transfer(a, b, 1) == 0


# ---- attestations ----


def registrar_key(world):
    world.holders.grant(KEY.address, roles.ADMIT, by=ISSUER)
    world.engine.forward(roles.POWER_DELAY)


def attestation(world, line, previous=None, deadline=None, key=KEY, chain=None, contract=None):
    who = "0x" + f"{line & (1 << 160) - 1:040x}"
    deadline = world.engine.seconds + 100 if deadline is None else deadline
    before = world.holders.ask("facts", who) if previous is None else previous
    types = ["bytes32", "address", "uint256", "address", "bytes32", "uint256", "uint256"]
    content = keccak(encode(types, [ATTESTATION, who, line, ISSUER, DOC, before, deadline]))
    contract = contract or world.holders.address
    name = digest("Freehold Holders", chain or world.engine.chain_id, contract, content)
    return line, ISSUER, DOC, deadline, key.address, sign(key, name)


def test_anybody_may_bring_an_attestation_and_it_works_once(world):
    registrar_key(world)
    a = wallet("a")
    given = attestation(world, row(a))
    outcome = world.holders.attest(*given, by=OUTSIDER)
    assert world.holders.names(outcome) == ["Admitted", "Committed"]
    facts = world.holders.ask("facts", a)
    assert facts & (1 << 160) - 1 == int(ISSUER, 16) and facts >> 160 & 0xFFFFFFFF == 1
    with pytest.raises(Refused, match="^attestation: bad signature$"):
        world.holders.attest(*given, by=OUTSIDER)


def test_an_attestation_is_used_up_even_where_the_word_comes_back(world):
    registrar_key(world)
    a = world.admit("a")
    given = attestation(world, row(a, "qib"), deadline=world.engine.seconds + 9_999_999)
    old = attestation(world, row(a), previous=0)
    world.holders.attest(*given, by=OUTSIDER)
    world.set_facts(a)
    with pytest.raises(Refused, match="^attestation: used before$"):
        world.holders.attest(*given, by=OUTSIDER)
    with pytest.raises(Refused, match="^attestation: bad signature$"):
        world.holders.attest(*old, by=OUTSIDER)


def test_a_stale_attestation_fails_because_it_names_the_word_it_replaces(world):
    registrar_key(world)
    a = world.admit("a")
    given = attestation(world, row(a, "qib"))
    world.holders.set_flags(a, Flags.FROZEN << 239, DOC, by=OFFICER)
    with pytest.raises(Refused, match="^attestation: bad signature$"):
        world.holders.attest(*given, by=OUTSIDER)


def test_an_attestation_ends_with_its_deadline_and_its_registrar(world):
    registrar_key(world)
    given = attestation(world, row(wallet("a")), deadline=world.engine.seconds + 10)
    world.engine.forward(11)
    with pytest.raises(Refused, match="^attestation: expired$"):
        world.holders.attest(*given, by=OUTSIDER)
    given = attestation(world, row(wallet("a")), deadline=world.engine.seconds + 10)
    world.holders.grant(KEY.address, 0, by=KEY.address)
    with pytest.raises(Refused, match="^attestation: no registrar$"):
        world.holders.attest(*given, by=OUTSIDER)


@pytest.mark.parametrize(
    "elsewhere", [{"chain": 1}, {"contract": OUTSIDER}, {"key": Account.from_key("0x" + "22" * 32)}]
)
def test_an_attestation_for_another_chain_register_or_by_another_key_is_nothing(world, elsewhere):
    registrar_key(world)
    given = list(attestation(world, row(wallet("a")), **elsewhere))
    given[4] = KEY.address
    with pytest.raises(Refused, match="^attestation: bad signature$"):
        world.holders.attest(*given, by=OUTSIDER)


def test_a_signature_of_another_length_or_with_a_high_s_is_nothing(world):
    registrar_key(world)
    *head, signature = attestation(world, row(wallet("a")))
    s = int.from_bytes(signature[32:64], "big")
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = signature[:32] + (order - s).to_bytes(32, "big") + bytes([55 - signature[64]])
    for wrong in (signature[:64], high, bytes(65)):
        with pytest.raises(Refused, match="^attestation: bad signature$"):
            world.holders.attest(*head, wrong, by=OUTSIDER)
    world.holders.attest(*head, signature, by=OUTSIDER)


def test_a_registrar_that_is_a_contract_answers_by_erc1271(world):
    yes = world.deploy_code("0x7f1626ba7e" + "00" * 28 + "5f5260205ff3")
    no = world.deploy_code("0x5f5f5260205ff3")
    for who in (yes, no):
        world.holders.grant(who, roles.ADMIT, by=ISSUER)
    world.engine.forward(roles.POWER_DELAY)
    line = [row(wallet("a")), ISSUER, DOC, world.engine.seconds + 10]
    with pytest.raises(Refused, match="^attestation: bad signature$"):
        world.holders.attest(*line, no, bytes(65), by=OUTSIDER)
    world.holders.attest(*line, yes, bytes(65), by=OUTSIDER)


def test_an_attestation_cannot_change_the_class_of_one_of_several_accounts(world):
    registrar_key(world)
    a = world.admit("a")
    world.link(a, "second")
    with pytest.raises(Refused, match="^person: name all accounts$"):
        world.holders.attest(*attestation(world, row(a, "qib")), by=OUTSIDER)
    world.holders.attest(*attestation(world, row(a, until=25_000)), by=OUTSIDER)


def test_a_person_is_admitted_with_identity_and_commitment(world):
    outcome = world.holders.admit_person(row(wallet("a")), OUTSIDER, DOC, by=REGISTRAR)
    assert world.holders.log(outcome, "Committed")[0]["registrar"] == REGISTRAR.lower()
    assert world.face.ask("identity", wallet("a")) == OUTSIDER.lower()


# ---- recovery ----


def test_a_recovery_moves_every_instrument_in_one_transaction(world):
    a, new = world.holder("a"), wallet("new a")
    vintage = world.open_vintage(a_free=365)
    world.issue(a, 10, vintage)
    world.issue(a, 20, token=world.sister)
    outcome = world.recover(a, new)
    for token, units in ((world.token, 1010), (world.sister, 20)):
        told = token.log(outcome, "Transfer")
        assert told == [{"sender": a.lower(), "receiver": new.lower(), "amount": units}]
        assert len(token.log(outcome, "RecoverySuccess")) == 1
        assert world.balance(new, token) == units and world.balance(a, token) == 0
    assert world.lots(new) == {vintage: 10} and world.holder_count() == 1
    assert world.holders.ask("facts", a) == 1 << 255 | int(new, 16)
    assert world.holders.ask("recoveries", a)[0] == 0


def test_the_reason_of_a_recovery_fits_its_place(world):
    a = world.holder("a")
    with pytest.raises(Refused, match="^recovery: reason out of range$"):
        world.holders.propose_recovery(a, wallet("new a"), 1 << 56, DOC, by=AGENT)
    world.holders.propose_recovery(a, wallet("new a"), (1 << 56) - 1, DOC, by=AGENT)
    world.engine.forward(RECOVERY_DELAY)
    told = world.holders.log(world.holders.recover(a, by=OFFICER), "Replaced")[0]
    assert (told["reason"], told["new_wallet"]) == ((1 << 56) - 1, wallet("new a").lower())


def test_a_recovery_waits_for_its_delay_to_the_second(world):
    a = world.holder("a")
    world.holders.propose_recovery(a, wallet("new a"), 1, DOC, by=AGENT)
    world.engine.forward(RECOVERY_DELAY - 1)
    with pytest.raises(Refused, match="^recovery: delay still runs$"):
        world.holders.recover(a, by=OFFICER)
    world.engine.forward(1)
    world.holders.recover(a, by=OFFICER)
    with pytest.raises(Refused, match="^recovery: none proposed$"):
        world.holders.recover(a, by=OFFICER)


def test_a_recovery_needs_a_second_person(world):
    a = world.holder("a")
    world.holders.grant(AGENT, roles.RECOVER | roles.CONFIRM, by=ISSUER)
    world.engine.forward(roles.POWER_DELAY)
    world.holders.propose_recovery(a, wallet("new a"), 1, DOC, by=AGENT)
    world.engine.forward(RECOVERY_DELAY)
    with pytest.raises(Refused, match="^recovery: second person needed$"):
        world.holders.recover(a, by=AGENT)


def test_the_wallet_itself_may_object_and_the_proposal_is_gone(world):
    a = world.holder("a")
    world.holders.propose_recovery(a, wallet("new a"), 1, DOC, by=AGENT)
    world.holders.end_recovery(a, by=a)
    world.engine.forward(RECOVERY_DELAY)
    for act, who in ((world.holders.recover, OFFICER), (world.holders.end_recovery, AGENT)):
        with pytest.raises(Refused, match="^recovery: none proposed$"):
            act(a, by=who)


def test_a_new_wallet_must_be_fresh_then_and_later(world):
    a, b = world.holder("a"), world.holder("b")
    for fresh in (b, ZERO):
        with pytest.raises(Refused, match="^new wallet: not fresh$"):
            world.holders.propose_recovery(a, fresh, 1, DOC, by=AGENT)
    with pytest.raises(Refused, match="^wallet: unknown$"):
        world.holders.propose_recovery(OUTSIDER, wallet("new"), 1, DOC, by=AGENT)
    world.holders.propose_recovery(a, wallet("new"), 1, DOC, by=AGENT)
    world.admit("new")
    world.engine.forward(RECOVERY_DELAY)
    with pytest.raises(Refused, match="^new wallet: not fresh$"):
        world.holders.recover(a, by=OFFICER)


def test_a_dead_wallet_is_dead_everywhere(world):
    a, b, new = world.holder("a"), world.admit("b"), wallet("new a")
    world.token.approve(b, 500, by=a)
    world.recover(a, new)
    for act in (
        lambda: world.token.transfer(b, 1, by=a),
        lambda: world.token.transferFrom(a, b, 1, by=b),
        lambda: world.holders.admit([row(a)], by=REGISTRAR),
        lambda: world.set_facts(a),
        lambda: world.holders.set_flags(a, 0, DOC, by=OFFICER),
        lambda: world.holders.propose_recovery(a, wallet("again"), 1, DOC, by=AGENT),
        lambda: world.holders.propose_recovery(b, a, 1, DOC, by=AGENT),
        lambda: world.token.freeze(DOC, a, 1, 1, DOC, by=OFFICER),
        lambda: world.issue(a, 1),
        lambda: world.link(a, "second"),
    ):
        with pytest.raises(Refused):
            act()
    assert not world.token.ask("canSend", a) and not world.token.ask("canReceive", a)
    assert not world.face.ask("isVerified", a) and not world.face.ask("contains", a)
    assert world.token.ask("recoveryAddress", a, new, ZERO)


def test_a_frozen_person_stays_frozen_in_the_new_wallet(world):
    a, b = world.holder("a"), world.admit("b")
    world.token.freeze(DOC, a, 900, 1, DOC, by=OFFICER)
    world.holders.set_flags(a, Flags.FROZEN << 239, DOC, by=OFFICER)
    world.recover(a, wallet("new a"))
    assert world.transfer(wallet("new a"), b, 1) == Reason.SENDER_FROZEN
    assert world.token.ask("getFrozenTokens", wallet("new a")) == 900


def test_an_instrument_that_fails_or_burns_gas_does_not_stop_a_recovery(world):
    a = world.holder("a")
    world.holders.list_instrument(world.deploy_code("0x5f5ffd"), by=ISSUER)  # always reverts
    world.holders.list_instrument(world.deploy_code("0x5b5f56"), by=ISSUER)  # loops for ever
    last = world.new_token("Last", symbol="LAST")
    outcome = world.recover(a, wallet("new a"))
    assert len(last.log(outcome, "Transfer")) == 1 and outcome.gas_used < 600_000


def test_a_recovery_with_too_little_gas_fails_whole(world):
    a = world.holder("a")
    world.holders.propose_recovery(a, wallet("new a"), 1, DOC, by=AGENT)
    world.engine.forward(RECOVERY_DELAY)
    for gas in range(60_000, 280_000, 20_000):
        kept = world.engine.snapshot()
        try:
            outcome = world.holders.recover(a, by=OFFICER, gas=gas)
        except Refused:
            assert world.balance(a) == 1000
        else:
            assert len(world.token.log(outcome, "Transfer")) == 1
            assert len(world.sister.log(outcome, "Transfer")) == 1
        world.engine.restore(kept)


def test_a_change_of_class_with_too_little_gas_fails_whole(world):
    a = world.holder("a")
    with pytest.raises(Refused, match="^gas: too little$"):
        world.holders.set_facts([row(a, "us_retail")], by=REGISTRAR, gas=150_000)


# ---- instruments ----


def test_an_instrument_is_listed_once_and_is_a_contract(world):
    assert world.holders.ask("instruments") == tuple(
        one.lower() for one in (world.token.address, world.sister.address)
    )
    for what, text in (
        (OUTSIDER, "^token: no contract$"),
        (world.token.address, "^token: listed already$"),
    ):
        with pytest.raises(Refused, match=text):
            world.holders.list_instrument(what, by=ISSUER)


def test_only_the_register_tells_a_token(world):
    for act in (
        lambda: world.token.told_of_recovery(ISSUER, OUTSIDER, 1, by=OUTSIDER),
        lambda: world.token.told_of_class(1, 0, 1 << 245, by=OUTSIDER),
        lambda: world.token.told_of_epoch(1, by=OUTSIDER),
    ):
        with pytest.raises(Refused, match="^caller: not the register$"):
            act()
    assert FAR
