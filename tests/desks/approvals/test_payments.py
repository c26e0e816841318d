"""Payments in the approvals: seen before they are released, posted with the decision, spared by rules."""

from decimal import Decimal

import pytest

from freehold.book import cashbook
from freehold.core.approvals import Rule, Rules, State, write_rules
from freehold.core.cashbook import Kind, balances
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.roles import Role
from freehold.desks import permits
from freehold.desks.approvals import approvals, payments, ruling
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import Office
from freehold.desks.servicing import cashbook as cashbook_desk
from tests.desks.approvals.test_approvals import proposed, somebody, state, work

IBAN, OTHER = "DE89370400440532013000", "DE02120300000000202051"


def pay(key: str, amount: str = "50.00", reference: str = "", **more: str) -> ProposeRequest:
    texts = {"account": IBAN, "currency": "EUR", "amount": amount, "payee": "Holders of common"}
    texts |= {"against": "holders"} | more
    return ProposeRequest("payment", texts, key, None, None, reference or key)


def stands(office: Office) -> dict[str, int]:
    with office.book.reading() as tx:
        entries = cashbook.entries(tx, "northwind-optics", "EUR")
    return {str(one): amount for one, amount in balances(each.entry for each in entries).items()}


def test_a_payment_is_seen_before_it_is_released_and_posted_with_the_decision(shared_company):
    office, agent = shared_company, somebody(shared_company, "tom", Role.TRANSFER_AGENT)
    issuer, auditor = somebody(office, "ines", Role.ISSUER), somebody(office, "otto", Role.AUDITOR)
    for iban in (IBAN, OTHER):
        cashbook_desk.add_place(office, permits.keyholder(), None, "EUR", Kind.BANK, iban)
    made, other = proposed(office, issuer, pay("DIV-1")), proposed(office, issuer, pay("DIV-2"))
    told = {one.record: (one.before, one.after) for one in made.difference.changes}
    assert told[f"Bank {IBAN}, EUR"] == ("0", "-50")
    assert told["Holders, EUR"] == ("0", "50")
    assert told[f"Bank {OTHER}, EUR"] == ("0", "0"), "what stays is told too"
    assert told["Paid to"] == ("none", "Holders of common")
    assert stands(office) == {}
    with pytest.raises(NotPermitted, match="you proposed this yourself"):
        approvals.approve(office, issuer, made.id, made.difference.digest)
    with pytest.raises(NotPermitted):
        payments.release_payment(office, auditor, None, "DIV-1")
    done = approvals.approve(office, agent, made.id, made.difference.digest)
    assert done.state is State.CARRIED_OUT, "no worker is needed for what stands in the book alone"
    paid = {f"bank:{IBAN}": -5_000, "holders": 5_000}
    assert stands(office) == paid
    with pytest.raises(Conflict, match="The register moved on"):
        approvals.approve(office, agent, other.id, other.difference.digest)
    with pytest.raises(Conflict, match="carried out already"):
        payments.release_payment(office, agent, None, "DIV-1")
    with pytest.raises(Conflict, match="was released by"):
        proposed(office, issuer, pay("again", reference="DIV-1"))
    with pytest.raises(Conflict, match="it was tried again now: look at what it changes"):
        payments.release_payment(office, agent, None, "DIV-2")
    found = payments.try_payment(office, agent, None, "DIV-2").difference.changes
    assert {one.record: one.after for one in found}[f"Bank {IBAN}, EUR"] == "-100"
    approvals.decline(office, agent, other.id, "paid by another bank")
    again = proposed(office, issuer, pay("anew", reference="DIV-2"))
    assert payments.release_payment(office, agent, None, "DIV-2").released_by == agent.id
    assert state(office, again.id) is State.CARRIED_OUT
    assert stands(office) == {name: 2 * amount for name, amount in paid.items()}
    late = proposed(office, issuer, pay("late"))
    listed = payments.payments(office, auditor, None)
    assert [(one.reference, one.state) for one in listed] == [
        ("DIV-1", "released"), ("DIV-2", "released"), ("DIV-2", "declined"), ("late", "proposed"),
    ]  # fmt: skip
    assert listed[0].approval == made.id
    work(office)
    assert stands(office) == {name: 2 * amount for name, amount in paid.items()}
    approvals.withdraw(office, issuer, late.id)
    mistakes = [
        (pay("none", "0"), Invalid, "has an amount"),
        (pay("twice", account=OTHER, reference="DIV-1"), Conflict, "choose another reference"),
        (pay("to", against="nobody"), Invalid, "choose one of holders"),
        (pay("at", account="DE00"), NotFound, "is no bank account"),
        (pay("in", currency="CHF"), NotFound, "no currency CHF"),
    ]
    for asked, kind, said in mistakes:
        with pytest.raises(kind, match=said):
            approvals.propose(office, issuer, asked)


def test_rules_by_amount_let_one_person_pay_little_and_the_table_of_rules_says_so(shared_company):
    office, agent = shared_company, somebody(shared_company, "tom", Role.TRANSFER_AGENT)
    officer, issuer = (
        somebody(office, name, role)
        for name, role in (("cora", Role.COMPLIANCE_OFFICER), ("ines", Role.ISSUER))
    )
    cashbook_desk.add_place(office, permits.keyholder(), None, "EUR", Kind.BANK, IBAN)
    before = [one for one in ruling.table(office, officer).lines if one.kind == "payment"]
    assert [(one.persons, one.own, one.named) for one in before] == [(2, False, "")]
    text = write_rules(Rules((Rule("payment", 1, "EUR", Decimal(100)),), 24))
    made = proposed(office, officer, ProposeRequest("approval-rules", {"rules": text}, "pays"))
    approvals.approve(office, issuer, made.id, made.difference.digest)
    work(office)
    stood = stands(office)[f"bank:{IBAN}"]
    small = proposed(office, issuer, pay("small", "100"))
    assert (small.state, small.persons) == (State.CARRIED_OUT, 1)
    assert stands(office)[f"bank:{IBAN}"] == stood - 10_000
    assert proposed(office, issuer, pay("large", "100.01")).state is State.PROPOSED
    found = ruling.table(office, officer)
    assert (found.hours, found.proposal) == (24, made.id)
    own, rest = (one for one in found.lines if one.kind == "payment")
    assert (own.named, own.up_to, own.persons, own.own) == ("EUR", Decimal(100), 1, True)
    assert (rest.instrument, rest.up_to, rest.persons, rest.own) == ("*", None, 2, False)
    assert set(rest.roles) == {Role.ISSUER, Role.TRANSFER_AGENT}
    assert {agent.name, issuer.name} <= set(rest.approvers)
    assert officer.name not in rest.approvers
    (itself,) = (one for one in found.lines if one.kind == "approval-rules")
    assert (itself.persons, itself.own) == (2, False)
    with pytest.raises(NotPermitted):
        ruling.table(office, somebody(office, "dev", Role.DEVELOPER))
