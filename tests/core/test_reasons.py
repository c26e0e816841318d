"""The refusal codes: complete, each with a sentence for a person."""

import re

import pytest

from freehold.core.reasons import UNVERIFIED, WARNINGS, Reason, Refusal, esc, message_for, sentence
from tests.parts import ROOT, SHARED


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_one_plain_sentence_of_its_own(reason):
    said = sentence(reason)
    assert said.endswith(".") and said[:-1].count(". ") == 0
    assert 15 < len(said) <= 100
    assert [other for other in Reason if sentence(other) == said] == [reason]


def test_every_code_but_ok_lies_in_our_range():
    assert [int(reason) for reason in Reason if not 100 <= reason <= 239] == [0]


def test_a_refusal_never_carries_the_success_byte_and_only_warnings_the_information_byte():
    assert [reason for reason in Reason if esc(reason) == 0x51] == [Reason.OK]
    assert {reason for reason in Reason if esc(reason) == 0x5F} == WARNINGS


def test_reasons_about_one_side_carry_the_status_byte_of_that_side():
    for reason in Reason:
        if reason.name.startswith("SENDER_"):
            assert esc(reason) == 0x56
        if reason.name.startswith("RECEIVER_"):
            assert esc(reason) == 0x57


def test_a_sanction_is_not_cured_by_proof_but_a_missing_check_is():
    assert Reason.KYC_MISSING in UNVERIFIED
    assert Reason.SENDER_SANCTIONED not in UNVERIFIED and Reason.BAD_ACTOR not in UNVERIFIED
    assert Reason.RULE144_HOLDING not in UNVERIFIED


def test_a_foreign_code_is_unknown_and_a_refusal_with_it_still_speaks():
    assert message_for(7) == "unknown"
    assert Refusal(7).message == "Transfer refused (7): unknown"
    assert Refusal(140).message.startswith("Transfer refused (140): These units are restricted")


@pytest.mark.needs("shared")
def test_the_codes_names_and_status_bytes_are_those_of_the_rule_catalogue():
    catalogue = SHARED / "reference" / "regulation.md"
    section = catalogue.read_text().split("## 4. Reason codes")[1].split("\n## 5")[0]
    rows = re.findall(r"\| (\d+) \| ([A-Z0-9_]+)[^|]*\| ([0-9a-f]{2}) (?=\|)", section)
    listed = {(int(code), name, int(byte, 16)) for code, name, byte in rows}
    ours = {(int(reason), reason.name, esc(reason)) for reason in Reason}
    assert listed <= ours and len(listed) > 60
    added = {code for code, _, _ in ours - listed}
    desk, relay, policy = range(210, 219), range(220, 224), range(230, 234)
    assert added == {Reason.OUTSIDE_RULES, *desk, *relay, *policy}


def test_the_reference_says_of_each_reason_what_the_program_says():
    page = (ROOT / "docs" / "reference" / "reasons.md").read_text()
    for reason in Reason:
        ends = "inform" if reason in WARNINGS else "proof" if reason in UNVERIFIED else ""
        row = f"| {reason:d} | {reason.name} | {esc(reason):#04x} | {ends} | {sentence(reason)} |"
        assert row in page.splitlines()
