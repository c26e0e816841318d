"""Who asks through a proxy: what trusted ones added is believed, read from the right, and nothing else."""

import pytest

from freehold.config import networks_of
from freehold.doors.platform.proxies import behind

TRUSTED = networks_of("10.0.0.7, 10.1.0.0/16 fd00::/64")


@pytest.mark.parametrize(
    ("peer", "lines", "asked"),
    [
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),  # anybody may write the header
        ("10.0.0.7", ["203.0.113.9"], "203.0.113.9"),
        ("::ffff:10.0.0.7", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.7", ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),  # the first word is his own
        ("10.0.0.7", ["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.7", ["203.0.113.9, 10.1.2.3, fd00::5"], "203.0.113.9"),
        ("10.0.0.7", ["203.0.113.9:51000"], "203.0.113.9"),  # a port is no other place
        ("10.0.0.7", ["[2001:db8::9]:51000"], "2001:db8::9"),
        ("10.0.0.7", ["203.0.113.9, junk"], "10.0.0.7"),
        ("10.0.0.7", ["junk, 10.1.2.3"], "10.1.2.3"),
        ("10.0.0.7", [""], "10.0.0.7"),
        ("10.0.0.7", [], "10.0.0.7"),
    ],
)
def test_the_address_is_the_right_most_that_no_trusted_proxy_has(peer, lines, asked):
    headers = [(b"x-forwarded-for", one.encode()) for one in lines]
    scope = {"type": "http", "client": (peer, 4_000), "headers": headers}
    assert behind(scope, TRUSTED)["client"][0] == asked
    assert behind(scope, ())["client"] == (peer, 4_000)
