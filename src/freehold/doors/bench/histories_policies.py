"""The two policies between which random histories change: a dual offering with every kind of clock."""

from datetime import UTC, datetime
from fractions import Fraction
from functools import cache

from freehold.core.policy.case import Law
from freehold.core.policy.compile import Compiled, compile_policy, with_unit_limit
from freehold.core.policy.parse import parse_policy
from freehold.core.policy.rows import limit_after_split
from freehold.desks.rules.policies import shipped_profiles

POLICY = """
[policy]
name = "histories {name}"
as_of = {day}
use = ["us.reg_d.506c", "us.reg_s.cat3"]
[issuer]
reporting = true
[profile."us.reg_s.cat3"]
period = "P6M"
exempt_exit = {exits}
[countries]
{countries}
[vintages.L]
number = 40
lock = "P3M"
lock_code = "CONTRACT_LOCKUP"
[vintages.G]
number = 41
lock = "P6M"
lock_code = "SFA_SIX_MONTHS"
[vintages.C]
number = 42
reg_cf = "P1Y"
[caps]
holders = {{group = "all", limit = {holders}, code = "MAX_HOLDERS"}}
nonaccredited = {{group = "not accredited", limit = 1, code = "MAX_NONACCREDITED_HOLDERS"}}
holding = {{limit = {holding}, code = "{too_much}", per_person = true}}
[[prohibitions]]
id = "crowd"
families = ["C"]
until = "reg_cf"
kinds = ["transfers"]
when = "not receiver.accredited"
code = "REGCF_ONE_YEAR"
[[prohibitions]]
id = "never"
kinds = ["foreclose"]
when = "True"
code = "NO_RESALE_PATH"
[[prohibitions]]
id = "lock"
families = ["L", "G"]
until = "lock"
kinds = ["transfers"]
when = "True"
"""


@cache
def policies() -> tuple[Compiled, Compiled]:
    """The two policies between which histories change."""
    today = datetime.now(UTC).date()
    texts = (
        POLICY.format(
            name="one", countries='forbidden = ["KP"]', exits="[]", holders=5, holding=4000,
            too_much="THRESHOLD_CHECK_REQUIRED", day=today,
        ),
        POLICY.format(
            name="two", countries='allowed = ["US", "DE"]', exits='["144A", "4a7"]', holders=4,
            holding=2500, too_much="MAX_HOLDING", day=today,
        ),
    )  # fmt: skip
    one, two = (compile_policy(parse_policy(t, shipped_profiles(), today).policy) for t in texts)
    return one, two


@cache
def after_splits(policy: int, splits: int) -> Compiled:
    """A policy as the token obeys it after so many splits of two for one."""
    found = policies()[policy]
    limit = found.rules.most_units
    assert limit is not None, "both policies limit what is in one hand"
    for _ in range(splits):
        limit = limit_after_split(limit, Fraction(2))
    return with_unit_limit(found, limit)


@cache
def law(policy: int, splits: int = 0) -> Law:
    """What a policy says after so many splits of two for one."""
    return Law(after_splits(policy, splits).policy)
