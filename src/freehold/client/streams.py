"""Server-sent events (WHATWG HTML, 9.2) as an iterator that goes on where it was.

The connection may end at any time: it is made anew with `Last-Event-ID`, so nothing is missed and nothing
comes twice. The server names its place before the first event, so that also holds before there was one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import requests

from freehold.client.connection import Connection, Query
from freehold.client.problems import TooMany, Unavailable
from freehold.wire.live import Change

RETRY_SECONDS, LONGEST_SECONDS = 2.0, 60.0
CHUNK = 1 << 16
"""At most so much is read at once; what comes in chunks of HTTP is read as it comes."""


@dataclass(slots=True)
class Place:
    """Where a stream stands: the last number, how long to wait before it is opened again."""

    last: str | None
    wait: float = RETRY_SECONDS


def changes(connection: Connection, kinds: str | None, after: int | None) -> Iterator[Change]:
    """Changes as they happen, behind the number `after`, or from now on. Never ends by itself.

    Raises ProblemError where the key may see nothing, or has ended.
    """
    place, failures = Place(None if after is None else str(after)), 0
    while True:
        try:
            for one in _opened(connection, kinds, place):
                failures = 0
                yield one
        except (Unavailable, TooMany, requests.RequestException) as fault:
            failures += 1
            if failures >= connection.tries and not isinstance(fault, TooMany):
                raise
        connection.sleep(min(place.wait * 2 ** max(failures - 1, 0), LONGEST_SECONDS))


def _opened(connection: Connection, kinds: str | None, place: Place) -> Iterator[Change]:
    """One connection's changes; `place` moves on with each."""
    headers = {"Accept": "text/event-stream"}
    if place.last is not None:
        headers["Last-Event-ID"] = place.last
    query: Query = {"kinds": kinds}
    with connection.open("/v1/changes/stream", headers, query) as answer:
        data: list[str] = []
        id = place.last
        for raw in answer.iter_lines(chunk_size=CHUNK):
            line = raw.decode()
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if line == "":
                place.last, said, data = id, "\n".join(data), []
                if said:
                    yield Change.model_validate_json(said)
            elif name == "data":
                data.append(value)
            elif name == "id":
                id = value
            elif name == "retry" and value.isdigit():
                place.wait = int(value) / 1_000
