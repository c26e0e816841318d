"""A process that is to be killed in the middle of a payment kills itself (-9) at a point that is drawn."""

import os
import signal
from typing import Any

from freehold.book import instructions
from freehold.chain import send

POINTS = ("before it is stored", "before it is sent", "after it is sent")
"""Where, on the way of the act's transaction."""


def arm(begins: str, point: str) -> None:
    """Kill this process (-9) when it comes to the act whose words begin so, at the point."""
    store, give = instructions.store_first_all, send.send
    reached = []

    def storing(tx: Any, each: Any, *rest: Any) -> Any:
        for one, _ in each:
            if one.what.startswith(begins):
                reached.append(one.id)
                if point == POINTS[0]:
                    _die()
        return store(tx, each, *rest)

    def sending(w3: Any, made: Any) -> Any:
        if reached and point == POINTS[1]:
            _die()
        answer = give(w3, made)
        if reached:
            _die()
        return answer

    setattr(instructions, "store_first_all", storing)  # noqa: B010
    setattr(send, "send", sending)  # noqa: B010


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
