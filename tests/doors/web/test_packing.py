"""What a form brings back is known under any mask and by nothing else; long pages are packed."""

import gzip

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse

from freehold.doors.web.packing import is_mask_of, masked, pack

SECRET, OTHER = bytes(range(32)), bytes(range(1, 33))


def request(*encodings: str) -> Request:
    headers = [(b"accept-encoding", each.encode()) for each in encodings]
    return Request({"type": "http", "headers": headers})


def test_a_secret_looks_the_same_on_one_page_and_different_on_the_next():
    one, other = request(), request()
    first, second = masked(SECRET, one), masked(SECRET, other)
    assert first == masked(SECRET, one) != second
    assert is_mask_of(first, SECRET) and is_mask_of(second, SECRET)
    assert SECRET.hex() not in first
    assert not is_mask_of(first, OTHER)


@pytest.mark.parametrize(
    "text", ["", "0" * 64, "0" * 128, "z" * 128, SECRET.hex(), SECRET.hex() * 2, "é"]
)
def test_what_is_no_mask_of_the_secret_is_refused(text):
    assert not is_mask_of(text, SECRET)


@pytest.mark.parametrize(
    ("length", "encodings", "packed"),
    [
        (5_000, ["br, gzip"], True),
        (5_000, ["br"], False),
        (5_000, [], False),
        (10, ["gzip"], False),
    ],
)
def test_a_long_page_is_packed_for_whoever_can_unpack_it(length, encodings, packed):
    page = HTMLResponse("x" * length, headers={"Vary": "Cookie"})
    pack(page, request(*encodings))
    assert page.headers["vary"] == "Cookie, Accept-Encoding"
    assert ("content-encoding" in page.headers) is packed
    assert int(page.headers["content-length"]) == len(page.body)
    assert (gzip.decompress(page.body) if packed else page.body) == b"x" * length
