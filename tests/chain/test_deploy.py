"""The order of deployment, carried out on the embedded ledger."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hexbytes import HexBytes
from web3 import Web3

from freehold.chain import contracts, deploy, node
from freehold.chain.signer import KeySigner, from_key
from freehold.core.ids import ZERO_ADDRESS, Address
from freehold.core.powers import ALL_POWERS, Powers
from freehold.core.reasons import Reason, sentence

REGISTRAR_KEY, SELLER_KEY = from_key("11" * 32), from_key("22" * 32)
BUYER, STRANGER = from_key("33" * 32).address, from_key("44" * 32).address
SENTENCES = {int(reason): sentence(reason) for reason in Reason if reason}
ACTIVE = 1 << 68
RULES = [(1, 0, ACTIVE | (1 << (76 + 9)) | (2**28 - 1) << 168 | 255 << 220), (2, 1 << 16, 2)]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Web3]:
    keys = [REGISTRAR_KEY.address, SELLER_KEY.address]
    node.create_ledger(tmp_path, keys, development=True)
    w3 = node.open_ledger(tmp_path, linger_seconds=0.2)
    yield w3
    getattr(w3.provider, "close")()  # noqa: B009 - web3's own providers have none


def send(w3: Web3, key: KeySigner, data: bytes, to: str | None) -> Mapping[str, Any]:
    tx = {
        "chainId": 31337,
        "nonce": w3.eth.get_transaction_count(Web3.to_checksum_address(key.address)),
        "to": to,
        "data": data,
        "gas": 12_000_000,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 0,
    }
    digest = w3.eth.send_raw_transaction(key.sign_transaction(tx))
    return w3.eth.wait_for_transaction_receipt(digest)


def opening(symbol: str, issuer: Mapping[str, Address], assets: Address) -> bytes:
    return contracts.opening(
        f"Acme {symbol}", symbol, 0, 1_000, 0, b"\1" * 32, assets, issuer["RegistryFace"], 0,
        [(REGISTRAR_KEY.address, ALL_POWERS)],
    )  # fmt: skip


def test_platform_issuer_and_two_instruments_stand_and_move_by_the_rules(ledger: Web3) -> None:
    def post(data: bytes, to: str | None) -> Mapping[str, Any]:
        receipt = send(ledger, REGISTRAR_KEY, data, to)
        assert receipt["status"] == 1
        return receipt

    platform = deploy.place_platform(post, SENTENCES)
    assert tuple(platform) == deploy.PLATFORM
    grants = [(REGISTRAR_KEY.address, ALL_POWERS)]
    issuer = deploy.place_issuer(post, platform["Registrar"], grants, 0, 0)
    tokens = [
        deploy.place_instrument(
            post, platform["Registrar"], issuer["Holders"],
            opening(symbol, issuer, platform["Assets"]),
        )
        for symbol in ("COM", "PRF")
    ]  # fmt: skip
    holders = issuer["Holders"]
    assert contracts.read(ledger, "Holders", holders, "instruments") == tokens
    assert contracts.read(ledger, "Registrar", platform["Registrar"], "count") == 2
    assert [contracts.read(ledger, "SecurityToken", t, "symbol") for t in tokens] == ["COM", "PRF"]
    face_powers = contracts.read(ledger, "Holders", holders, "powers_of", issuer["RegistryFace"])
    assert Powers(face_powers) == deploy.FACE_POWERS
    told = contracts.read(ledger, "SecurityToken", tokens[0], "messageForTransferRestriction", 110)
    assert told == sentence(Reason.RECEIVER_UNKNOWN)

    admitted = [int(w, 16) | 1 << 192 | 30_000 << 207 for w in (SELLER_KEY.address, BUYER)]
    post(contracts.call("Holders", "admit", admitted), holders)
    content = contracts.content_hash(RULES)
    post(contracts.call("SecurityToken", "announce_rules", b"\2" * 32, content), tokens[0])
    post(contracts.call("SecurityToken", "activate_rules", RULES), tokens[0])
    row = int(SELLER_KEY.address, 16) | 500 << 160
    post(contracts.call("SecurityToken", "issue", b"\3" * 32, 0, 0, [row]), tokens[0])

    refused = contracts.call("SecurityToken", "transfer", STRANGER, 5)
    with pytest.raises(Exception, match="transfer refused: 110"):
        ledger.eth.call({"from": SELLER_KEY.address, "to": tokens[0], "data": HexBytes(refused)})
    assert send(ledger, SELLER_KEY, refused, tokens[0])["status"] == 0
    accepted = contracts.call("SecurityToken", "transfer", BUYER, 120)
    assert send(ledger, SELLER_KEY, accepted, tokens[0])["status"] == 1
    assert contracts.read(ledger, "SecurityToken", tokens[0], "balanceOf", BUYER) == 120
    assert contracts.read(ledger, "SecurityToken", tokens[1], "balanceOf", BUYER) == 0


def test_a_platform_that_was_interrupted_is_gone_on_with() -> None:
    sent: list[bytes] = []

    def post(data: bytes, to: str | None) -> Mapping[str, Any]:
        assert to is None
        sent.append(data)
        return {"contractAddress": f"0x{len(sent):040x}", "logs": []}

    placed = {"Reasons": ZERO_ADDRESS, "TransferDesk": ZERO_ADDRESS}
    found = deploy.place_platform(post, SENTENCES, placed)
    assert set(found) == set(deploy.PLATFORM)
    assert len(sent) == len(deploy.PLATFORM) - 2
    assert found["Reasons"] == ZERO_ADDRESS
