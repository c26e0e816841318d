"""`freehold bench actions`: what corporate actions compute, beside others who compute the same.

Day counts beside QuantLib, on 100,000 random periods for each convention it has; exits beside a
search of all choices, on 10,000 random tables; rates of return and hurdles beside pyxirr; what a
million holders are entitled to, with tax, and the root of their claims; every kind of action from its
announcement to its close, and called off in every state; a dividend to 10,000 holders, paid without a
break and by processes that are killed, and a winding-up of their issuer. The oracles are packages of
the group `oracles` in pyproject.toml, which `python3 freehold` installs.
"""

import importlib
import time
from collections.abc import Callable, Iterable, Iterator

from freehold.core.errors import Unavailable
from freehold.doors.bench.report import Options, Row

PARTS = (
    "freehold.doors.bench.daycount_quantlib:rows",
    "freehold.doors.bench.waterfall_search:rows",
    "freehold.doors.bench.irr_pyxirr:rows",
    "freehold.doors.bench.entitlements:rows",
    "freehold.doors.bench.action_lives:rows",
    "freehold.doors.bench.dividends:rows",
)


def rows(options: Options) -> Iterator[Row]:
    """The rows of every part. Raises Unavailable where an oracle is not installed."""
    for part in PARTS:
        name, function = part.split(":")
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as missing:
            raise Unavailable(
                f"{missing.name} is not installed, which this compares with: use a checkout's"
                " python3 freehold, or pip install quantlib pyxirr"
            ) from None
        measured: Callable[[], Iterable[Row]] = getattr(module, function)
        started = time.perf_counter()
        yield from measured()
        yield Row(f"{name.rpartition('.')[2]} took", time.perf_counter() - started, "s")
