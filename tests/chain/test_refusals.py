"""Revert data and error texts, read back as refusals or errors."""

import pytest
from eth_abi import encode
from eth_hash.auto import keccak

from freehold.chain.refusals import read
from freehold.chain.rpc import revert_data
from freehold.core.errors import Conflict
from freehold.core.reasons import Reason, Refusal


def revert(signature, *values):
    types = signature[signature.index("(") + 1 : -1].split(",")
    return keccak(signature.encode())[:4] + encode(types, values)


HOLDER, OTHER = "0x" + "11" * 20, "0x" + "22" * 20


@pytest.mark.parametrize("reason", [one for one in Reason if one])
def test_a_policy_refusal_comes_back_as_its_code(reason):
    assert read(revert("Error(string)", f"transfer refused: {reason:d}")) == Refusal(reason)


def test_a_code_that_is_unknown_here_is_still_a_refusal():
    assert read(revert("Error(string)", "transfer refused: 239")) == Refusal(239)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (revert("ERC7943CannotSend(address)", HOLDER), Reason.SENDER_FROZEN),
        (revert("ERC7943CannotReceive(address)", HOLDER), Reason.RECEIVER_FROZEN),
        (
            revert("ERC7943CannotTransfer(address,address,uint256)", HOLDER, OTHER, 5),
            Reason.NO_RESALE_PATH,
        ),
        (
            revert("ERC7943InsufficientUnfrozenBalance(address,uint256,uint256)", HOLDER, 5, 4),
            Reason.INSUFFICIENT_BALANCE,
        ),
        (
            revert("ERC20InsufficientAllowance(address,uint256,uint256)", HOLDER, 5, 4),
            Reason.INSUFFICIENT_ALLOWANCE,
        ),
    ],
)
def test_a_typed_error_of_the_standards_is_read_as_the_nearest_code(data, reason):
    assert read(data) == Refusal(reason)


@pytest.mark.parametrize(
    ("data", "words", "sentence"),
    [
        (revert("Error(string)", "vintage: unknown"), "", "the contract refused: vintage: unknown"),
        (revert("Panic(uint256)", 0x11), "", "stopped at an arithmetic overflow (panic 0x11)"),
        (revert("Panic(uint256)", 0x99), "", "stopped at an internal check (panic 0x99)"),
        (b"\xde\xad\xbe\xef", "", "an error that is unknown here: 0xdeadbeef"),
        (b"", "", "refused without saying why"),
        (b"", "execution reverted", "refused without saying why"),
        (keccak(b"Error(string)")[:4] + b"\0" * 7, "", "the contract refused: "),
        (keccak(b"Panic(uint256)")[:4], "", "an error that is unknown here"),
    ],
)
def test_anything_else_is_an_error_with_a_sentence(data, words, sentence):
    said = read(data, words)
    assert isinstance(said, Conflict) and sentence in said.message


def test_a_refusal_in_the_words_alone_is_found():
    assert read(b"", "execution reverted: transfer refused: 140") == Refusal(140)


def test_a_text_that_merely_quotes_a_refusal_is_not_one():
    said = read(revert("Error(string)", "note: transfer refused: 140 is a code"))
    assert isinstance(said, Conflict)


@pytest.mark.parametrize(
    "said",
    ["0x0102", "Reverted 0x0102", {"data": "0x0102"}, {"data": {"data": "0x0102"}}],
)
def test_revert_data_is_found_in_every_form_that_nodes_use(said):
    assert revert_data(said) == b"\1\2"


@pytest.mark.parametrize("said", [None, "", "0xnothex", {"message": "no"}, 17, []])
def test_an_answer_without_revert_data_has_none(said):
    assert revert_data(said) == b""
