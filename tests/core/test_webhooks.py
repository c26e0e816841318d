"""The signature of a delivery, and when a failed one is tried again."""

import pytest

from freehold.core import webhooks

SECRET, BODY, NOW = "whsec_test", b'{"number":1}', 1_800_000_000


def test_a_signature_verifies_for_its_own_body_secret_and_time_alone():
    header = webhooks.sign(SECRET, NOW, BODY)
    assert webhooks.verify(SECRET, header, BODY, NOW + 300)
    assert not webhooks.verify(SECRET, header, BODY, NOW + 301)
    assert not webhooks.verify(SECRET, header, BODY, NOW - 301)
    assert not webhooks.verify("whsec_other", header, BODY, NOW)
    assert not webhooks.verify(SECRET, header, b'{"number":2}', NOW)


@pytest.mark.parametrize("header", ["", "t=1", "t=x,v1=00", "v1=" + "0" * 64])
def test_what_is_no_signature_does_not_verify(header):
    assert not webhooks.verify(SECRET, header, BODY, NOW)


def test_waits_double_up_to_six_hours_and_are_spread():
    waits = [webhooks.wait_seconds(failures, 1) for failures in range(1, webhooks.TRIES)]
    assert waits[:4] == [5, 10, 20, 40]
    assert max(waits) <= webhooks.LONGEST_WAIT_SECONDS
    assert webhooks.wait_seconds(3, 0) == 10
    assert webhooks.wait_seconds(60, 1) == webhooks.LONGEST_WAIT_SECONDS
