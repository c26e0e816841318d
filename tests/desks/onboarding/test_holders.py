"""Holders: admitted once, shown as book and chain know them, marked by the registrar."""

from datetime import date

import pytest

from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.facts import Flags
from freehold.core.holder import Holder, HolderKind
from freehold.core.ids import Address, checksummed
from freehold.core.policy.starter import HolderClass
from freehold.desks import parties
from freehold.desks.onboarding import holders
from freehold.desks.onboarding.holders import AdmitRequest, MarkRequest
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import Ended
from freehold.desks.securities import transfers
from freehold.desks.securities.transfers import TransferRequest


def zoe(id):
    return Holder(id, "Zoë Marchetti", HolderKind.PERSON, "IT")


def wallet(number):
    return checksummed(f"0x{0xAB00 + number:040x}")


@pytest.fixture(scope="module")
def company(shared_company):
    return shared_company


def admit(office, holder, **given):
    known = zoe(holder) if isinstance(holder, str) else holder
    return holders.admit(office, orders.agent(office), AdmitRequest(known, **given))


def mark(office, holder, key, **given):
    return holders.mark(office, orders.agent(office), MarkRequest(holder, key, **given))


def test_somebody_without_a_wallet_gets_a_key_of_the_agent_and_can_receive(company):
    assert admit(company, "zoe-1").ended is Ended.DONE
    found = holders.holder(company, None, "zoe-1")
    assert (found.name, found.country, found.of_class) == ("Zoë Marchetti", "IT", "outside-us")
    assert found.kept_by_agent
    every = [one.wallet for one in holders.holders(company, None)]
    assert every.count(found.wallet) == 1
    asked = TransferRequest("common", "priya-raman", "zoe-1", 10, "gift")
    assert transfers.transfer(company, orders.agent(company), asked).allowed
    (held,) = holders.holder(company, None, "zoe-1").holdings
    assert (held.class_id, held.units) == ("common", 10)


def test_the_same_again_opens_no_second_account(company):
    first = admit(company, "zoe-2")
    before = company.w3.eth.block_number
    assert admit(company, "zoe-2").instructions == first.instructions
    assert company.w3.eth.block_number == before
    assert admit(company, Holder("yan-2", "Yan", HolderKind.PERSON)).ended is Ended.DONE
    one, two = (holders.holder(company, None, named) for named in ("zoe-2", "yan-2"))
    assert one.wallet != two.wallet


def test_an_own_wallet_a_class_a_mark_and_a_last_day_are_taken(company):
    until = date(2030, 1, 31)
    given = {"of_class": HolderClass.ACCREDITED, "flags": Flags.AFFILIATE, "until": until}
    assert admit(company, "zoe-3", wallet=wallet(3), **given).ended is Ended.DONE
    found = holders.holder(company, None, wallet(3))
    assert (found.id, found.kept_by_agent, found.until) == ("zoe-3", False, until)
    assert (found.of_class, found.flags) == ("accredited", ("AFFILIATE",))


def test_an_id_or_a_wallet_that_is_taken_is_refused(company):
    admit(company, "zoe-4", wallet=wallet(4))
    with pytest.raises(Conflict, match="zoe-4 is in the register already and differs"):
        admit(company, Holder("zoe-4", "Somebody else", HolderKind.PERSON), wallet=wallet(4))
    found = admit(company, Holder("yan-4", "Yan", HolderKind.PERSON), wallet=wallet(4))
    assert (found.ended, "wallet: known already" in found.reason) == (Ended.REFUSED, True)
    with pytest.raises(NotFound, match="no holder yan-4"):
        holders.holder(company, None, "yan-4")


def test_a_dry_run_admits_nobody(company):
    asked = AdmitRequest(zoe("zoe-5"))
    done = holders.admit(company, orders.agent(company), asked, dry_run=True)
    assert done.ended is Ended.TRIED
    with pytest.raises(NotFound):
        holders.holder(company, None, "zoe-5")


def test_marks_come_and_go_and_leave_the_rest_as_it_is(company):
    admit(company, "zoe-6")
    before = holders.holder(company, None, "zoe-6")
    assert (
        mark(company, "zoe-6", "one", set_flags=Flags.AFFILIATE | Flags.NOMINEE).ended is Ended.DONE
    )
    assert holders.holder(company, None, "zoe-6").flags == ("AFFILIATE", "NOMINEE")
    last = {"clear_flags": Flags.NOMINEE, "country": "FR", "until": date(2031, 5, 1)}
    assert (
        mark(company, "zoe-6", "two", of_class=HolderClass.ACCREDITED, **last).ended is Ended.DONE
    )
    after = holders.holder(company, None, "zoe-6")
    assert (after.flags, after.country, after.until) == (("AFFILIATE",), "FR", date(2031, 5, 1))
    assert (after.of_class, after.account) == ("accredited", before.account)


def test_a_freeze_is_not_the_registrars_to_write(company):
    admit(company, "zoe-7")
    with pytest.raises(Invalid, match="FROZEN is not a mark of the registrar"):
        mark(company, "zoe-7", "one", set_flags=Flags.FROZEN)


def test_the_second_person_cannot_admit(company):
    found = holders.admit(company, orders.second(company), AdmitRequest(zoe("zoe-8")))
    assert (found.code, "power ADMIT" in found.reason) == (200, True)


def test_the_list_has_everybody_and_the_issuers_own_account_has_a_name(company):
    found = {one.id: one for one in holders.holders(company, None)}
    assert len(found) >= 12
    held = {one.class_id: one.units for one in found["alpenrand"].holdings}
    assert held["series-a"] == 150_000
    owner = parties.owner(company, None)
    own = parties.party(company, owner, parties.TREASURY)
    assert (own.facts.account, own.facts.flags) == (1, Flags.TREASURY)
    assert Address(own.wallet) == company.keys.agent.address
