"""Holders: admitted once, shown as book and chain know them, marked by the registrar."""

from datetime import date

import pytest

from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.facts import Flags
from freehold.core.holder import Holder, HolderKind
from freehold.core.ids import Address, checksummed
from freehold.core.policy.starter import HolderClass
from freehold.desks import holders, orders, parties, transfers
from freehold.desks.holders import AdmitRequest, MarkRequest
from freehold.desks.orders import Ended
from freehold.desks.transfers import TransferRequest

ZOE = Holder("zoe", "Zoë Marchetti", HolderKind.PERSON, "IT")
WALLET = checksummed("0x" + "ab" * 20)


def admit(office, holder=ZOE, **given):
    return holders.admit(office, orders.agent(office), AdmitRequest(holder, **given))


def mark(office, key, **given):
    return holders.mark(office, orders.agent(office), MarkRequest("zoe", key, **given))


def test_somebody_without_a_wallet_gets_a_key_of_the_agent_and_can_receive(company):
    assert admit(company).ended is Ended.DONE
    found = holders.holder(company, None, "zoe")
    assert (found.name, found.country, found.of_class) == ("Zoë Marchetti", "IT", "outside-us")
    assert found.kept_by_agent
    assert found.wallet not in {one.wallet for one in holders.holders(company, None)[:-1]}
    asked = TransferRequest("common", "priya-raman", "zoe", 10, "gift")
    assert transfers.transfer(company, orders.agent(company), asked).allowed
    (held,) = holders.holder(company, None, "zoe").holdings
    assert (held.class_id, held.units) == ("common", 10)


def test_the_same_again_opens_no_second_account(company):
    first = admit(company)
    before = company.w3.eth.block_number
    assert admit(company).instructions == first.instructions
    assert company.w3.eth.block_number == before
    assert admit(company, Holder("yan", "Yan", HolderKind.PERSON)).ended is Ended.DONE
    one, two = (holders.holder(company, None, named) for named in ("zoe", "yan"))
    assert one.wallet != two.wallet


def test_an_own_wallet_a_class_a_mark_and_a_last_day_are_taken(company):
    until = date(2030, 1, 31)
    given = {"of_class": HolderClass.ACCREDITED, "flags": Flags.AFFILIATE, "until": until}
    assert admit(company, wallet=WALLET, **given).ended is Ended.DONE
    found = holders.holder(company, None, WALLET)
    assert (found.id, found.kept_by_agent, found.until) == ("zoe", False, until)
    assert (found.of_class, found.flags) == ("accredited", ("AFFILIATE",))


def test_an_id_or_a_wallet_that_is_taken_is_refused(company):
    admit(company, wallet=WALLET)
    with pytest.raises(Conflict, match="zoe is in the register already and differs"):
        admit(company, Holder("zoe", "Somebody else", HolderKind.PERSON), wallet=WALLET)
    found = admit(company, Holder("yan", "Yan", HolderKind.PERSON), wallet=WALLET)
    assert (found.ended, "wallet: known already" in found.reason) == (Ended.REFUSED, True)
    with pytest.raises(NotFound, match="no holder yan"):
        holders.holder(company, None, "yan")


def test_a_dry_run_admits_nobody(company):
    asked = AdmitRequest(ZOE)
    done = holders.admit(company, orders.agent(company), asked, dry_run=True)
    assert done.ended is Ended.TRIED
    with pytest.raises(NotFound):
        holders.holder(company, None, "zoe")


def test_marks_come_and_go_and_leave_the_rest_as_it_is(company):
    admit(company)
    before = holders.holder(company, None, "zoe")
    assert mark(company, "one", set_flags=Flags.AFFILIATE | Flags.NOMINEE).ended is Ended.DONE
    assert holders.holder(company, None, "zoe").flags == ("AFFILIATE", "NOMINEE")
    last = {"clear_flags": Flags.NOMINEE, "country": "FR", "until": date(2031, 5, 1)}
    assert mark(company, "two", of_class=HolderClass.ACCREDITED, **last).ended is Ended.DONE
    after = holders.holder(company, None, "zoe")
    assert (after.flags, after.country, after.until) == (("AFFILIATE",), "FR", date(2031, 5, 1))
    assert (after.of_class, after.account) == ("accredited", before.account)


def test_a_freeze_is_not_the_registrars_to_write(company):
    admit(company)
    with pytest.raises(Invalid, match="FROZEN is not a mark of the registrar"):
        mark(company, "one", set_flags=Flags.FROZEN)


def test_the_second_person_cannot_admit(company):
    found = holders.admit(company, orders.second(company), AdmitRequest(ZOE))
    assert (found.code, "power ADMIT" in found.reason) == (200, True)


def test_the_list_has_everybody_and_the_issuers_own_account_has_a_name(company):
    assert len(holders.holders(company, None)) == 10
    owner = parties.owner(company, None)
    own = parties.party(company, owner, parties.TREASURY)
    assert (own.facts.account, own.facts.flags) == (1, Flags.TREASURY)
    assert Address(own.wallet) == company.keys.agent.address
