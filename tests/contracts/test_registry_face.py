"""ERC-3643's identity registry, storage, topics and issuers, answered from the register."""

import pytest

from freehold.core.reasons import Reason
from tests.contracts.engine import Refused
from tests.contracts.world import (
    DOC,
    FAR,
    ISSUER,
    OFFICER,
    OUTSIDER,
    REGISTRAR,
    wallet,
)  # fmt: skip

NOT_HELD = "^power: not held$"


def test_a_registered_identity_is_known_but_not_verified_until_a_registrar_says_so(world):
    a = wallet("a")
    outcome = world.face.registerIdentity(a, OUTSIDER, 276, by=REGISTRAR)
    assert world.face.names(outcome) == ["IdentityRegistered"]
    ask = world.face.ask
    assert ask("contains", a) and not ask("isVerified", a)
    assert ask("identity", a) == ask("storedIdentity", a) == OUTSIDER.lower()
    assert ask("investorCountry", a) == ask("storedInvestorCountry", a) == 276
    world.set_facts(a, "offshore")
    assert ask("isVerified", a)
    assert ask("identity", a) == OUTSIDER.lower()


def test_who_was_admitted_without_identity_stands_for_himself(world):
    a = world.admit("a")
    assert world.face.ask("identity", a) == a.lower()
    assert int(world.face.ask("identity", OUTSIDER), 16) == 0


def test_verified_ends_with_the_day_the_epoch_and_a_freeze(world):
    a = world.admit("a", until=world.engine.today + 1)
    ask = world.face.ask
    world.engine.at((world.engine.today + 2) * 86_400 - 1)
    assert ask("isVerified", a)
    world.engine.forward(1)
    assert not ask("isVerified", a)
    world.set_facts(a)
    assert ask("isVerified", a)
    world.holders.set_flags(a, 1 << 239, DOC, by=OFFICER)
    assert not ask("isVerified", a)
    world.holders.set_flags(a, 0, DOC, by=OFFICER)
    world.holders.raise_epoch(DOC, by=OFFICER)
    assert not ask("isVerified", a)


def test_a_deleted_identity_keeps_its_units_and_receives_no_more(world):
    a, b = world.holder("a"), world.holder("b")
    world.face.deleteIdentity(a, by=REGISTRAR)
    assert not world.face.ask("isVerified", a) and world.face.ask("contains", a)
    assert world.transfer(b, a, 1) == Reason.RECEIVER_CLAIM_EXPIRED
    assert world.transfer(a, b, 1000) == 0


def test_another_country_is_written_and_renews_no_stale_admission(world):
    a = world.admit("a")
    world.face.updateCountry(a, 276, by=REGISTRAR)
    assert world.face.ask("investorCountry", a) == 276
    world.holders.raise_epoch(DOC, by=OFFICER)
    with pytest.raises(Refused, match="^identity: admission is stale$"):
        world.face.updateCountry(a, 840, by=REGISTRAR)
    assert not world.face.ask("isVerified", a)


def test_what_cannot_be_is_refused(world):
    a = world.admit("a")
    for act, text in (
        (
            lambda: world.face.updateIdentity(a, OUTSIDER, by=REGISTRAR),
            "^identity: fixed at admission$",
        ),
        (lambda: world.face.updateCountry(a, 1024, by=REGISTRAR), "^country: unknown$"),
        (
            lambda: world.face.registerIdentity(OUTSIDER, OUTSIDER, 1024, by=REGISTRAR),
            "^country: unknown$",
        ),
        (lambda: world.face.deleteIdentity(OUTSIDER, by=REGISTRAR), "^wallet: unknown$"),
        (lambda: world.face.registerIdentity(a, a, 1, by=REGISTRAR), "^wallet: known already$"),
    ):
        with pytest.raises(Refused, match=text):
            act()


def test_a_batch_registers_all_or_none(world):
    who = [wallet("a"), wallet("b")]
    for wallets, identities, countries in ((who, who[:1], [1, 2]), (who, who, [1])):
        with pytest.raises(Refused, match="^batch: unequal lists$"):
            world.face.batchRegisterIdentity(wallets, identities, countries, by=REGISTRAR)
    world.face.batchRegisterIdentity(who, who, [840, 276], by=REGISTRAR)
    assert [world.face.ask("investorCountry", one) for one in who] == [840, 276]


def test_the_face_asks_for_the_power_in_the_register(world):
    a, face = world.admit("a"), world.face
    for act in (
        lambda by: face.registerIdentity(OUTSIDER, OUTSIDER, 1, by=by),
        lambda by: face.batchRegisterIdentity([], [], [], by=by),
        lambda by: face.deleteIdentity(a, by=by),
        lambda by: face.updateCountry(a, 1, by=by),
    ):
        with pytest.raises(Refused, match=NOT_HELD):
            act(OFFICER)
    for act in (
        lambda by: face.addClaimTopic(1, by=by),
        lambda by: face.removeClaimTopic(1, by=by),
        lambda by: face.addTrustedIssuer(OUTSIDER, [1], by=by),
        lambda by: face.removeTrustedIssuer(OUTSIDER, by=by),
        lambda by: face.updateIssuerClaimTopics(OUTSIDER, [1], by=by),
    ):
        with pytest.raises(Refused, match=NOT_HELD):
            act(REGISTRAR)


@pytest.mark.parametrize("topic", [0, 1, (1 << 256) - 1])
def test_a_changed_topic_makes_everybody_be_admitted_again(world, topic):
    a, b = world.holder("a"), world.admit("b")
    world.face.addClaimTopic(topic, by=OFFICER)
    assert world.face.ask("getClaimTopics") == (topic,)
    assert world.transfer(a, b, 1) == Reason.KYC_MISSING
    world.set_facts(b)
    assert world.transfer(a, b, 1) == 0
    with pytest.raises(Refused, match="^topic: there already$"):
        world.face.addClaimTopic(topic, by=OFFICER)
    world.face.removeClaimTopic(topic, by=OFFICER)
    assert world.transfer(a, b, 1) == Reason.KYC_MISSING
    with pytest.raises(Refused, match="^topic: unknown$"):
        world.face.removeClaimTopic(topic, by=OFFICER)


def test_a_changed_issuer_makes_everybody_be_admitted_again(world):
    b, face = world.admit("b"), world.face
    ask = face.ask
    steps = (
        lambda: face.addTrustedIssuer(ISSUER, [1, 2], by=OFFICER),
        lambda: face.updateIssuerClaimTopics(ISSUER, [2], by=OFFICER),
        lambda: face.removeTrustedIssuer(ISSUER, by=OFFICER),
    )
    seen = []
    for step in steps:
        step()
        assert not ask("isVerified", b)
        world.set_facts(b)
        seen.append((ask("getTrustedIssuers"), ask("getTrustedIssuersForClaimTopic", 1)))
        assert ask("isTrustedIssuer", ISSUER) == bool(seen[-1][0])
    issuer = (ISSUER.lower(),)
    assert seen == [(issuer, issuer), (issuer, ()), ((), ())]
    assert not ask("hasClaimTopic", ISSUER, 2)


def test_issuers_are_known_once_and_have_topics(world):
    face = world.face
    face.addTrustedIssuer(ISSUER, [1], by=OFFICER)
    assert face.ask("getTrustedIssuerClaimTopics", ISSUER) == (1,)
    for act, text in (
        (lambda: face.addTrustedIssuer(ISSUER, [1], by=OFFICER), "^issuer: there already$"),
        (lambda: face.addTrustedIssuer(OUTSIDER, [], by=OFFICER), "^issuer: no topics$"),
        (lambda: face.updateIssuerClaimTopics(ISSUER, [], by=OFFICER), "^issuer: no topics$"),
        (lambda: face.updateIssuerClaimTopics(OUTSIDER, [1], by=OFFICER), "^issuer: unknown$"),
        (lambda: face.removeTrustedIssuer(OUTSIDER, by=OFFICER), "^issuer: unknown$"),
        (lambda: face.ask("getTrustedIssuerClaimTopics", OUTSIDER), "^issuer: unknown$"),
    ):
        with pytest.raises(Refused, match=text):
            act()


def test_one_contract_is_registry_storage_topics_and_issuers(world):
    here = world.face.address.lower()
    for name in ("identityStorage", "topicsRegistry", "issuersRegistry"):
        assert world.face.ask(name) == here
    assert world.face.ask("linkedIdentityRegistries") == (here,)
    assert world.token.ask("identityRegistry") == here and FAR
