"""The one table of the acts that persons agree to: how each is read, tried and carried out.

To register another: write its `read`, `difference` and `carry_out` in a module `approvable_SUBJECT.py`
(`desks/approvals/kinds.py` says what each has to do), and add its KINDS here. Everything else, from the
API to the approval page, follows from the table. See docs/concepts/approvals.md.
"""

from collections.abc import Mapping, Sequence

from freehold.book import approvals
from freehold.book.session import Transaction
from freehold.core.approvals import RULES, Act, Change, read_rules, write_rules
from freehold.core.errors import Invalid
from freehold.core.roles import Power
from freehold.desks.approvals import (
    approvable_call_off,
    approvable_corrections,
    approvable_funding,
    approvable_halts,
    approvable_holders,
    approvable_meetings,
    approvable_payments,
    approvable_policy,
    approvable_powers,
    approvable_restraints,
    approvable_servicing,
    approvable_tax,
    approvable_units,
    approvable_windups,
    kinds,
)
from freehold.desks.approvals.kinds import Asking, Kind, Planned, Step
from freehold.desks.office import Office


def _read_rules(office: Office, asking: Asking) -> Act:
    rules = write_rules(read_rules(asking.texts["rules"], list(KINDS)))
    return kinds.of_issuer(RULES, asking, {"rules": rules})


def _difference_of_rules(office: Office, act: Act) -> Sequence[Change]:
    with office.book.reading() as tx:
        before = write_rules(approvals.rules(tx, act.issuer))
    return [Change("approval rules", before, act.arguments["rules"])]


def _carry_rules(office: Office, planned: Planned) -> Step:
    """The rules stand in the book alone: there is nothing to send."""

    def write(tx: Transaction) -> None:
        text = planned.act.arguments["rules"]
        approvals.set_rules(tx, planned.act.issuer, text, planned.key, office.clock.now())

    return Step(write=write)


_RULES = Kind(
    RULES,
    "Change the approval rules",
    Power.CHANGE_POWERS,
    _read_rules,
    _difference_of_rules,
    _carry_rules,
    ("rules",),
)

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        *approvable_units.KINDS,
        *approvable_holders.KINDS,
        *approvable_corrections.KINDS,
        *approvable_halts.KINDS,
        *approvable_policy.KINDS,
        *approvable_call_off.KINDS,
        *approvable_powers.KINDS,
        *approvable_restraints.KINDS,
        *approvable_servicing.KINDS,
        *approvable_funding.KINDS,
        *approvable_tax.KINDS,
        *approvable_payments.KINDS,
        *approvable_meetings.KINDS,
        *approvable_windups.KINDS,
        _RULES,
    )
}
PROPOSABLE = tuple(kind for kind in KINDS.values() if kind.direct)


def kind_named(name: str) -> Kind:
    """The kind with this name. Raises Invalid with the ones there are."""
    if name not in KINDS:
        there = ", ".join(KINDS)
        raise Invalid(f"{name[:64]!r} is no act that is proposed; there are {there}", field="kind")
    return KINDS[name]
