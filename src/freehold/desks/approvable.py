"""The one table of the acts that persons agree to: how each is read, tried and carried out.

To register another: write its `read`, `difference` and `carry_out` (`desks/kinds.py` says what each has to
do) in a module `approvable_SUBJECT.py`, and add its KINDS here. Everything else, from the API to the
approval page, follows from the table. See docs/concepts/approvals.md.
"""

from collections.abc import Mapping

from freehold.core.errors import Invalid
from freehold.desks import approvable_holders, approvable_units
from freehold.desks.kinds import Kind

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        *approvable_units.KINDS,
        *approvable_holders.KINDS,
    )
}
PROPOSABLE = tuple(kind for kind in KINDS.values() if kind.direct)


def kind_named(name: str) -> Kind:
    """The kind with this name. Raises Invalid with the ones there are."""
    if name not in KINDS:
        there = ", ".join(KINDS)
        raise Invalid(f"{name[:64]!r} is no act that is proposed; there are {there}", field="kind")
    return KINDS[name]
