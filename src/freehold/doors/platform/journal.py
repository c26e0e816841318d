"""What the processes write down: one JSON object a line, on standard error.

Nothing personal and no secret goes in: routes stand as their patterns (never the path that was
asked for), people as the ids of the book, and errors as their kind unless we worded them ourselves.
"""

import json
import sys
import threading
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

DEPTH = 8
_ONE_AT_A_TIME = threading.Lock()


def fault(part: str, what: BaseException, id: str) -> None:
    """Write down a mistake of ours: its kind and where in the code it rose, none of its values."""
    frames = traceback.extract_tb(what.__traceback__)[-DEPTH:]
    where = " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(frames))
    write(part, "fault", id=id, kind=type(what).__name__, where=where)


def write(part: str, event: str, **facts: str | int | float | bool | None) -> None:
    """Write one line: `part` is the process, `event` what happened. Where nothing can be written, as on a
    full disk, the line is lost and the work goes on."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = json.dumps({"at": at, "part": part, "event": event, **facts}, ensure_ascii=False)
    with _ONE_AT_A_TIME, suppress(OSError):
        print(line, file=sys.stderr, flush=True)
