"""The page of the contracts lists what the compiled contracts have."""

from freehold.chain.artifacts import artifact
from tests.docs.contracts_page import PAGE, page
from tests.docs.contracts_words import ABOUT, WORDS


def test_the_page_of_the_contracts_is_up_to_date() -> None:
    remedy = "write it anew: .venv/bin/python -m tests.docs.contracts_page"
    assert PAGE.read_text() == page(), remedy


def test_no_words_are_kept_for_a_function_that_is_gone() -> None:
    assert WORDS.keys() <= ABOUT.keys()
    gone = {
        f"{contract}.{name}"
        for contract, words in WORDS.items()
        for name in words.keys() - {entry.get("name") for entry in artifact(contract)["abi"]}
    }
    assert not gone


def test_every_act_of_a_power_is_shown_with_the_power_it_needs() -> None:
    lines = page().splitlines()
    shown = {
        line.split("|")[1].strip(" `"): line.split("|")[2].strip() for line in lines if "|" in line
    }
    assert shown["halt(reason, document)"] == "HALT"
    assert shown["forcedTransfer(sender, receiver, amount)"] == "FORCE"
    assert shown["grant(who, held)"] == "GRANT"
    assert shown["updateCountry(wallet, country)"] == "ADMIT"
    assert shown["balanceOf(owner)"] == "asks"
