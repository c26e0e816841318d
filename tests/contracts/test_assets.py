"""Titles and documents: one thing once, no title without its units, versions kept, gated like units."""

import pytest

from freehold.core.asset import title_number
from freehold.core.facts import Flags
from tests.contracts import world as roles
from tests.contracts.engine import Refused
from tests.contracts.world import (
    AGENT,
    DOC,
    ISSUER,
    NOTE,
    OFFICER,
    OUTSIDER,
    REGISTRAR,
    wallet,
)  # fmt: skip

ZERO = "0x" + "00" * 20


def thing(world):
    """The number of the title that this issuer gives to the thing."""
    return title_number(world.holders.address, "0x" + DOC.hex())


@pytest.fixture
def titled(world):
    """A title that holder `a` owns."""
    a = world.admit("a")
    world.assets.issue_title(DOC, 4, world.holders.address, a, by=ISSUER)
    return a


def owner(world):
    return world.assets.ask("ownerOf", thing(world))


def test_a_thing_is_recorded_once_by_its_issuer(world, titled):
    assert owner(world) == titled.lower() and world.assets.ask("balanceOf", titled) == 1
    assert world.assets.ask("kind_of", thing(world)) == 4
    register = world.holders.address
    for record, kind, who, by, text in (
        (DOC, 4, titled, ISSUER, "^asset: recorded already$"),
        (bytes(32), 4, titled, ISSUER, "^asset: no record$"),
        (NOTE, 0, titled, ISSUER, "^asset: unknown kind$"),
        (NOTE, 8, titled, ISSUER, "^asset: unknown kind$"),
        (NOTE, 4, OUTSIDER, ISSUER, "^transfer refused: 110$"),
        (NOTE, 4, titled, OUTSIDER, "^power: not held$"),
    ):
        with pytest.raises(Refused, match=text):
            world.assets.issue_title(record, kind, register, who, by=by)


def test_the_number_of_a_title_is_its_issuers_own_and_anybody_can_recompute_it(world):
    """A squatter with a register of his own neither blocks nor impersonates the issuer."""
    grants = [(OUTSIDER, roles.ISSUE | roles.ADMIT | roles.DOCUMENT)]
    squat = world.deploy("Holders", grants, roles.POWER_DELAY, roles.RECOVERY_DELAY)
    squat.admit([roles.row(OUTSIDER)], by=OUTSIDER)
    outcome = world.assets.issue_title(DOC, 4, squat.address, OUTSIDER, by=OUTSIDER)
    told = world.assets.log(outcome, "TitleIssued")[0]
    theirs = title_number(squat.address, "0x" + DOC.hex())
    assert told["asset"] == theirs == world.assets.ask("title_of", squat.address, DOC)
    assert (told["issuer"], told["record"]) == (squat.address.lower(), DOC)
    a = world.admit("a")
    world.assets.issue_title(DOC, 4, world.holders.address, a, by=ISSUER)
    assert owner(world) == a.lower() and thing(world) != theirs
    for act in (
        lambda: world.assets.bind(thing(world), world.token.address, by=OUTSIDER),
        lambda: add(world, thing(world).to_bytes(32, "big"), by=OUTSIDER),
    ):
        with pytest.raises(Refused, match="^power: not held$"):
            act()
    with pytest.raises(Refused, match="^asset: another issuer's$"):
        add(world, thing(world).to_bytes(32, "big"), by=OUTSIDER, register=squat.address)


def test_a_title_moves_only_to_whoever_may_receive(world, titled):
    b = world.admit("b")
    move = lambda to: world.assets.transferFrom(titled, to, thing(world), by=titled)  # noqa: E731
    world.set_facts(b, until=1)
    with pytest.raises(Refused, match="^transfer refused: 112$"):
        move(b)
    world.set_facts(b)
    for flag, code in ((Flags.FROZEN, 104), (Flags.SANCTIONED, 115)):
        world.holders.set_flags(b, flag << 239, DOC, by=OFFICER)
        with pytest.raises(Refused, match=f"^transfer refused: {code}$"):
            move(b)
    world.holders.set_flags(b, 0, DOC, by=OFFICER)
    for flag, code in ((Flags.FROZEN, 103), (Flags.SANCTIONED, 116)):
        world.holders.set_flags(titled, flag << 239, DOC, by=OFFICER)
        with pytest.raises(Refused, match=f"^transfer refused: {code}$"):
            move(b)
    world.holders.set_flags(titled, 0, DOC, by=OFFICER)
    for stranger in (OUTSIDER, ZERO):
        with pytest.raises(Refused, match="^transfer refused: 110$"):
            move(stranger)
    world.holders.raise_epoch(DOC, by=OFFICER)
    with pytest.raises(Refused, match="^transfer refused: 114$"):
        move(b)
    world.set_facts(b)
    move(b)
    assert owner(world) == b.lower()


def test_a_title_does_not_move_while_units_against_it_exist(world, titled):
    b = world.admit("b")
    world.assets.bind(thing(world), world.token.address, by=ISSUER)
    assert world.assets.ask("bound_tokens", thing(world)) == (world.token.address.lower(),)
    world.issue(b, 1)
    with pytest.raises(Refused, match="^title: units exist$"):
        world.assets.transferFrom(titled, b, thing(world), by=titled)
    world.token.redeem(NOTE, b, 1, 1, DOC, 0, [], by=ISSUER)
    world.assets.transferFrom(titled, b, thing(world), by=titled)


def test_only_this_issuers_units_are_bound_and_once(world, titled):
    world.assets.bind(thing(world), world.token.address, by=ISSUER)
    for asset, token, text in (
        (thing(world), world.token.address, "^token: bound already$"),
        (thing(world), OUTSIDER, "^token: not this issuer's$"),
        (5, world.token.address, "^asset: unknown$"),
    ):
        with pytest.raises(Refused, match=text):
            world.assets.bind(asset, token, by=ISSUER)


def test_a_title_is_moved_by_its_owner_or_whom_he_names(world, titled):
    b, c = world.admit("b"), world.admit("c")
    assets = world.assets
    for by in (OUTSIDER, b):
        with pytest.raises(Refused, match="^title: not yours$"):
            assets.transferFrom(titled, b, thing(world), by=by)
        with pytest.raises(Refused, match="^title: not yours$"):
            assets.approve(b, thing(world), by=by)
    with pytest.raises(Refused, match="^title: not the owner's$"):
        assets.transferFrom(b, c, thing(world), by=b)
    assets.approve(b, thing(world), by=titled)
    assets.transferFrom(titled, c, thing(world), by=b)
    with pytest.raises(Refused, match="^title: not yours$"):
        assets.transferFrom(c, titled, thing(world), by=b)
    assets.setApprovalForAll(b, True, by=c)
    assets.transferFrom(c, titled, thing(world), by=b)
    assert (assets.ask("balanceOf", c), assets.ask("balanceOf", titled)) == (0, 1)


def test_unknown_things_have_no_owner(world):
    for name in ("ownerOf", "getApproved"):
        with pytest.raises(Refused, match="^asset: unknown$"):
            world.assets.ask(name, 5)
    with pytest.raises(Refused, match="^asset: unknown$"):
        world.assets.approve(OUTSIDER, 5, by=OUTSIDER)
    with pytest.raises(Refused, match="^wallet: zero$"):
        world.assets.ask("balanceOf", ZERO)


def test_a_title_follows_two_recoveries_and_old_approvals_die(world, titled):
    b = world.admit("b")
    world.assets.approve(OUTSIDER, thing(world), by=titled)
    world.recover(titled, wallet("new"))
    assert world.assets.ask("getApproved", thing(world)) == ZERO
    world.recover(wallet("new"), wallet("newer"))
    assert owner(world) == wallet("newer").lower()
    for by in (OUTSIDER, titled, wallet("new")):
        with pytest.raises(Refused, match="^title: not"):
            world.assets.transferFrom(wallet("newer"), b, thing(world), by=by)
    world.assets.approve(b, thing(world), by=wallet("newer"))
    assert world.assets.ask("balanceOf", wallet("newer")) == 1
    world.assets.transferFrom(wallet("newer"), b, thing(world), by=b)
    assert owner(world) == b.lower() and world.assets.ask("balanceOf", titled) == 0


def test_a_forced_title_needs_power_reason_document_and_another_holder(world, titled):
    b = world.admit("b")
    for who, reason, document, by, text in (
        (b, 0, DOC, ISSUER, "^act: reason and document$"),
        (b, 1, bytes(32), ISSUER, "^act: reason and document$"),
        (titled, 1, DOC, ISSUER, "^forced: same holder$"),
        (OUTSIDER, 1, DOC, ISSUER, "^transfer refused: 110$"),
        (b, 1, DOC, AGENT, "^power: not held$"),
    ):
        with pytest.raises(Refused, match=text):
            world.assets.force_title(thing(world), who, reason, document, by=by)
    outcome = world.assets.force_title(thing(world), b, 3, DOC, by=ISSUER)
    assert world.assets.names(outcome) == ["Transfer", "TitleForced"] and owner(world) == b.lower()


def test_a_receiving_contract_has_to_accept(world, titled):
    silent = world.deploy_code("0x5f5f5260205ff3")
    polite = world.deploy_code("0x7f150b7a02" + "00" * 28 + "5f5260205ff3")
    for who in (silent, polite):
        world.holders.admit([int(who, 16) | 1 << 192 | 30_000 << 207], by=REGISTRAR)
    with pytest.raises(Refused, match="^title: not accepted$"):
        world.assets.safeTransferFrom(titled, silent, thing(world), by=titled)
    world.assets.safeTransferFrom(titled, polite, thing(world), b"x", by=titled)
    assert owner(world) == polite.lower()


# ---- documents ----


def add(world, subject, label=NOTE, document=DOC, uri="here", by=ISSUER, register=None):
    return world.assets.add_document(
        subject, register or world.holders.address, label, document, uri, by=by
    )


def test_documents_are_added_and_never_overwritten(world, titled):
    subject = thing(world).to_bytes(32, "big")
    add(world, subject)
    world.engine.forward(60)
    outcome = add(world, subject, document=NOTE, uri="there")
    assert world.assets.log(outcome, "DocumentAdded")[0]["version"] == 2
    newest = world.assets.ask("document", subject, NOTE)
    assert newest[:2] == ("there", NOTE)
    assert world.assets.ask("document_version", subject, NOTE, 1)[:2] == ("here", DOC)
    assert world.assets.ask("document_names", subject) == (NOTE,)
    assert world.assets.ask("tokenURI", thing(world)) == ""
    add(world, subject, b"record".ljust(32, b"\0"), uri="record")
    assert world.assets.ask("tokenURI", thing(world)) == "record"


def test_documents_of_units_are_seen_through_erc1643(world):
    subject = int(world.token.address, 16).to_bytes(32, "big")
    add(world, subject)
    uri, document, added = world.token.ask("getDocument", NOTE)
    assert (uri, document, added) == ("here", DOC, world.engine.seconds)
    assert world.token.ask("getAllDocuments") == (NOTE,)


def test_documents_of_others_and_without_content_are_refused(world, titled):
    token = int(world.token.address, 16).to_bytes(32, "big")
    title = thing(world).to_bytes(32, "big")
    for subject, label, document, by, text in (
        (token, NOTE, DOC, OUTSIDER, "^power: not held$"),
        (int(OUTSIDER, 16).to_bytes(32, "big"), NOTE, DOC, ISSUER, "^token: not this issuer's$"),
        (NOTE, NOTE, DOC, ISSUER, "^asset: another issuer's$"),
        (title, bytes(32), DOC, ISSUER, "^document: name and hash$"),
        (title, NOTE, bytes(32), ISSUER, "^document: name and hash$"),
    ):
        with pytest.raises(Refused, match=text):
            add(world, subject, label, document, by=by)


def test_a_title_speaks_erc721(world):
    for one in (0x01FFC9A7, 0x80AC58CD, 0x5B5E139F):
        assert world.assets.ask("supportsInterface", one.to_bytes(4, "big"))
    assert not world.assets.ask("supportsInterface", b"\xff" * 4)
