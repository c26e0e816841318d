"""What a planted fault is."""

from typing import NamedTuple


class Fault(NamedTuple):
    """Replace `old` by `new` in `contracts/file`; `breaks` says what that would mean, `tests` is the
    smallest part of the suite that has to see it."""

    file: str
    old: str
    new: str
    breaks: str
    tests: str
