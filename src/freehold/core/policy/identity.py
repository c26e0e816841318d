"""What a policy is called on chain: the hash of its canonical form.

The canonical form is the whole expanded policy as RFC 8785 JSON, so that the same rules give the
same id whatever the order of keys in the file, and any change gives another. Sets are sorted; the
order of prohibitions, paths, caps and classes is kept, because it decides which code comes first.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction

from freehold.core.ids import JSON, record_hash
from freehold.core.policy.expression import Expression
from freehold.core.policy.model import Period, Policy


def policy_id(policy: Policy) -> str:
    """keccak-256 of the canonical policy, as 0x and 64 hex digits."""
    return record_hash(policy_document(policy))


def policy_document(policy: Policy) -> JSON:
    """The expanded policy as plain JSON values: what is hashed, stored and shown."""
    return _plain(policy)


def _plain(value: object) -> JSON:
    if isinstance(value, Enum):
        return value.name.lower() if isinstance(value.value, int) else str(value.value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Expression | Period):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Fraction):
        return [value.numerator, value.denominator]
    if isinstance(value, frozenset):
        return sorted((_plain(one) for one in value), key=str)
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value)}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    assert is_dataclass(value), f"a {type(value)} has no place in a policy"
    return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
