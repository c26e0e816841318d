"""The stream of changes: who may hear it, where it goes on, when it ends."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from freehold.core.roles import Role
from tests.doors.running import Platform


@contextmanager
def stream(platform: Platform, key: str, last: str = "", kinds: str = "") -> Iterator[Any]:
    """An open stream, as lines."""
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
    headers |= {"Last-Event-ID": last} if last else {}
    url = f"{platform.url}/api/v1/changes/stream"
    query = {"kinds": kinds} if kinds else {}
    with requests.get(url, query, headers=headers, stream=True, timeout=30) as answer:
        yield answer


def events(answer: Any) -> Iterator[dict[str, str]]:
    """The events of a stream, each with its fields."""
    found: dict[str, str] = {}
    for line in answer.iter_lines(chunk_size=1):
        name, _, value = line.decode().partition(": ")
        if line:
            found[name] = value
        else:
            yield found
            found = {}


def sale(platform: Platform, key: str) -> str:
    listed = platform.ask(Role.AUDITOR, "GET", "/v1/instruments").json()["items"]
    token = next(one["token"] for one in listed if one["class_id"] == "common")
    asked = {"sender": "tobias-brandt", "receiver": "wei-ling-tan", "units": "1"}
    place, once = f"/v1/instruments/{token}/transfers", {"Idempotency-Key": key}
    return str(platform.ask(Role.TRANSFER_AGENT, "POST", place, asked, once).json()["instruction"])


def of_instruction(told: Iterator[dict[str, str]], id: str, until: str) -> list[dict[str, str]]:
    """What is told of an instruction, up to a state."""
    found = []
    for one in told:
        if "data" in one and json.loads(one["data"])["subject"] == id:
            found.append(one)
            if json.loads(one["data"])["content"]["state"] == until:
                break
    return found


def test_a_stream_goes_on_behind_the_last_event_that_somebody_had(platform):
    key = platform.keys[Role.TRANSFER_AGENT]
    with stream(platform, key, kinds="instruction.changed") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        heard = events(answer)
        first = next(heard)
        assert set(first) == {"retry", "id"}, "the place comes before anything else"
        id = sale(platform, "streamed")
        told = of_instruction(heard, id, "final")
    assert {one["event"] for one in told} == {"instruction.changed"}
    numbers = [int(one["id"]) for one in told]
    assert numbers == sorted(set(numbers)) and numbers[0] > int(first["id"])
    assert [json.loads(one["data"])["number"] for one in told] == numbers
    with stream(platform, key, told[1]["id"], "instruction.changed") as answer:
        heard = events(answer)
        assert next(heard)["id"] == told[1]["id"]
        again = of_instruction(heard, id, "final")
    assert again == told[2:], "nothing is missed and nothing comes twice"


def test_somebody_hears_what_he_may_read_and_nobody_else_hears_anything(platform):
    with stream(platform, "fh_" + "0" * 40) as answer:
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    with stream(platform, platform.keys[Role.INVESTOR], "bad") as answer:
        assert answer.status_code == 400
    start = str(platform.ask(Role.AUDITOR, "GET", "/v1/changes?limit=500").json()["next"])
    id = sale(platform, "of-somebody-else")
    with stream(platform, platform.keys[Role.AUDITOR], start) as answer:
        assert of_instruction(events(answer), id, "final")
    seen = platform.ask(Role.INVESTOR, "GET", f"/v1/changes?cursor={start}&limit=500").json()
    assert id not in {one["subject"] for one in seen["items"]}


def test_a_stream_ends_with_its_key(platform):
    asked = {"label": "a stream", "powers": ["instruction:read", "key:own"], "days": 1}
    made = platform.ask(Role.TRANSFER_AGENT, "POST", "/v1/api-keys", asked).json()
    with stream(platform, made["token"]) as answer:
        told = events(answer)
        assert "id" in next(told)
        gone = platform.ask(Role.TRANSFER_AGENT, "DELETE", f"/v1/api-keys/{made['id']}")
        assert gone.status_code == 204
        list(told)  # it ends: a stream that went on would run into the time limit
    with stream(platform, made["token"]) as answer:
        assert answer.status_code == 401
