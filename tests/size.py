"""How large the tests are: `FREEHOLD_TEST_TIMES=20` makes random histories and kills twenty times as many.

The ordinary run stays within minutes; `just night` takes hours over the same tests.
"""

import os

TIMES = int(os.environ.get("FREEHOLD_TEST_TIMES", "1"))


def times(count: int) -> int:
    """So many in the ordinary run, that many times as many in a longer one."""
    return count * TIMES
