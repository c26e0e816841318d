"""What the published T-REX 4.1.6 costs, measured in the same run: `freehold bench gas --peers`.

Its compiled contracts and those of ONCHAINID are fetched from npm into the home directory and only
run there, as anybody's would; nothing of them is part of this project (T-REX is GPL-3.0). Two claim
topics are required and one claim issuer is trusted, as in an ordinary offering; the modules are
countries, most units per holder, and most units in all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from json import loads
from pathlib import Path
from typing import Any

from coincurve import PrivateKey
from eth_abi.abi import encode
from eth_hash.auto import keccak

from freehold.chain import npm
from freehold.chain.deploy import created
from freehold.chain.signer import KeySigner, with_v
from freehold.core.ids import ZERO_ADDRESS, Address
from freehold.doors.bench.gas_ledger import Ledger, Receipt, gas, party, post

NAME = "T-REX 4.1.6"
PACKAGES = {
    "@tokenysolutions/t-rex": npm.Pin(
        "4.1.6",
        "GNmVAC11cqwF6bmVCl0yhaVfPLBptF4K0vmepghTPbSogky1WG+38h7RR/p7909Si2JgswreeeLZZyBLN0KZrg==",
    ),
    "@onchain-id/solidity": npm.Pin(
        "2.2.1",
        "B54InT8yi89qlh9UVCARcfdQLVDP7Lef87B/Ww2Wn19oyEbPmlWho2EK1sgnrt/8Q0fGX/7y5rDnx3HPy28NTA==",
    ),
}
MODULES = ("CountryAllowModule", "MaxBalanceModule", "SupplyLimitModule")
TOPICS = (1, 2)
COUNTRY = 840
IMPLEMENTATIONS = (  # in the order in which the authority wants them
    "Token",
    "ClaimTopicsRegistry",
    "IdentityRegistry",
    "IdentityRegistryStorage",
    "TrustedIssuersRegistry",
    "ModularCompliance",
)
OWNER, BROKER, CLAIMS_KEY = party(0), party(18), keccak(b"freehold bench gas claims")
HOLDERS = tuple(party(number) for number in range(20, 23))

Figure = tuple[str, str, int]
"""A row of ours, the peer's name, its gas."""


@dataclass(slots=True)
class Peer:
    """The published contracts on a ledger: where their artifacts lie, and what is deployed."""

    ledger: Ledger
    folder: Path
    authority: Address = ZERO_ADDRESS
    issuer: Address = ZERO_ADDRESS
    identities: dict[Address, Address] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suite:
    """One token of the peer with its registries; `spent` is the gas of its six proxies."""

    token: Address
    registry: Address
    compliance: Address
    spent: int


def measure(ledger: Ledger, home: Path) -> Iterator[Figure]:
    """The peer's figures beside the rows of ours. Raises Unavailable where npm cannot fetch it."""
    folder = home / "peers" / "t-rex"
    if not all((folder / "node_modules" / name).is_dir() for name in PACKAGES):
        npm.fetch(folder, PACKAGES, NAME, "freehold bench gas --peers")
    peer = Peer(ledger, folder / "node_modules")
    deploy_shared(peer)
    onboarding = [admit_person(peer, holder) for holder in HOLDERS][-1]
    for count in (0, 1, len(MODULES)):
        yield from _with_modules(peer, count, onboarding)


def _with_modules(peer: Peer, count: int, onboarding: int) -> Iterator[Figure]:
    suite = deploy_suite(peer)
    for module in MODULES[:count]:
        bind_module(peer, suite, module)
    registration = [register(peer, suite, holder) for holder in HOLDERS][-1]
    name = f"{NAME}, {count} module{'' if count == 1 else 's'}"
    if count == 0:
        yield "admit, alone", f"{NAME}, identity with 2 claims", onboarding + registration
        yield "deploy one instrument", f"{NAME}, 6 proxies", suite.spent
    for figure, used in transfers(peer, suite):
        yield figure, name, used


def transfers(peer: Peer, suite: Suite) -> Iterator[tuple[str, int]]:
    """What a holder, a broker and an agent do."""
    first, second, third = HOLDERS
    minted = [_act(peer, suite.token, "Token", "mint", it.address, 10**6) for it in HOLDERS[:2]]
    yield "issue, alone, new holder", gas(minted[-1])
    _act(peer, suite.token, "Token", "unpause")

    def moved(receiver: KeySigner) -> int:
        sent = _act(peer, suite.token, "Token", "transfer", receiver.address, 1_000, by=first)
        return gas(sent)

    moved(second)
    yield "transfer, existing holder", moved(second)
    yield "transfer, new holder", moved(third)
    _act(peer, suite.token, "Token", "approve", BROKER.address, (1 << 256) - 1, by=first)
    parties = (first.address, second.address, 1_000)
    taken = _act(peer, suite.token, "Token", "transferFrom", *parties, by=BROKER)
    yield "transferFrom, infinite allowance", gas(taken)
    forced = _act(peer, suite.token, "Token", "forcedTransfer", *parties)
    yield "forced transfer", gas(forced)


# ---- deploying it, as its own tests do ----


def deploy_shared(peer: Peer) -> None:
    """What one chain needs once: implementations, authorities, a claim issuer."""
    peer.authority = _create(peer, "TREXImplementationAuthority", True, ZERO_ADDRESS, ZERO_ADDRESS)
    places = [_create(peer, name) for name in IMPLEMENTATIONS]
    adopt = ("addAndUseTREXVersion", (4, 1, 6), tuple(places))
    _act(peer, peer.authority, "TREXImplementationAuthority", *adopt)
    peer.issuer = _create(peer, "ClaimIssuer", OWNER.address)
    key = keccak(encode(["address"], [_address(CLAIMS_KEY)]))
    _act(peer, peer.issuer, "ClaimIssuer", "addKey", key, 3, 1)
    identity = _create(peer, "Identity", OWNER.address, True)
    peer.identities[ZERO_ADDRESS] = _create(peer, "ImplementationAuthority", identity)


def admit_person(peer: Peer, holder: KeySigner) -> int:
    """An identity with two signed claims; the gas of all of it."""
    authority = peer.identities[ZERO_ADDRESS]
    receipt = _created(peer, "IdentityProxy", authority, holder.address)
    identity = peer.identities[holder.address] = created(receipt)
    spent = gas(receipt)
    for topic in TOPICS:
        content = b"a person is known"
        digest = keccak(encode(["address", "uint256", "bytes"], [identity, topic, content]))
        signed = keccak(b"\x19Ethereum Signed Message:\n32" + digest)
        signature = with_v(PrivateKey(CLAIMS_KEY).sign_recoverable(signed, hasher=None))
        claim = (topic, 1, peer.issuer, signature, content, "")
        spent += gas(_act(peer, identity, "Identity", "addClaim", *claim, by=holder))
    return spent


def deploy_suite(peer: Peer) -> Suite:
    """One token with its registries, each behind a proxy."""
    names = ("ClaimTopicsRegistry", "TrustedIssuersRegistry", "IdentityRegistryStorage")
    made = [_created(peer, f"{name}Proxy", peer.authority) for name in names]
    topics, issuers, storage = (created(receipt) for receipt in made)
    made.append(_created(peer, "ModularComplianceProxy", peer.authority))
    compliance = created(made[-1])
    made.append(_created(peer, "IdentityRegistryProxy", peer.authority, issuers, topics, storage))
    registry = created(made[-1])
    words = (peer.authority, registry, compliance, "Acme Common", "ACME", 0, ZERO_ADDRESS)
    made.append(_created(peer, "TokenProxy", *words))
    token = created(made[-1])
    for topic in TOPICS:
        _act(peer, topics, names[0], "addClaimTopic", topic)
    _act(peer, issuers, names[1], "addTrustedIssuer", peer.issuer, TOPICS)
    _act(peer, storage, names[2], "bindIdentityRegistry", registry)
    for place, name in ((registry, "IdentityRegistry"), (token, "Token")):
        _act(peer, place, name, "addAgent", OWNER.address)
    return Suite(token, registry, compliance, sum(map(gas, made)))


def bind_module(peer: Peer, suite: Suite, name: str) -> None:
    """Deploy a compliance module, bind it, and set its limit."""
    start = keccak(b"initialize()")[:4]
    module = _create(peer, "ModuleProxy", _create(peer, name), start)
    _act(peer, suite.compliance, "ModularCompliance", "addModule", module)
    limits: Mapping[str, tuple[str, Any]] = {
        "CountryAllowModule": ("batchAllowCountries", [COUNTRY]),
        "MaxBalanceModule": ("setMaxBalance", 10**9),
        "SupplyLimitModule": ("setSupplyLimit", 10**12),
    }
    function, limit = limits[name]
    asked = _call(peer, name, function, (limit,))
    _act(peer, suite.compliance, "ModularCompliance", "callModuleFunction", asked, module)


def register(peer: Peer, suite: Suite, holder: KeySigner) -> int:
    """Enter a person's identity into the token's registry."""
    words = (holder.address, peer.identities[holder.address], COUNTRY)
    return gas(_act(peer, suite.registry, "IdentityRegistry", "registerIdentity", *words))


# ---- calls by the artifacts' ABI ----


def _act(
    peer: Peer, to: Address, contract: str, function: str, *words: Any, by: KeySigner = OWNER
) -> Receipt:
    return post(peer.ledger, by, _call(peer, contract, function, words), to)


def _create(peer: Peer, contract: str, *words: Any) -> Address:
    return created(_created(peer, contract, *words))


def _created(peer: Peer, contract: str, *words: Any) -> Receipt:
    found = _artifact(peer.folder, contract)
    made = peer.ledger.w3.eth.contract(abi=found["abi"], bytecode=found["bytecode"])
    data = str(made.constructor(*words).data_in_transaction)
    return post(peer.ledger, OWNER, bytes.fromhex(data.removeprefix("0x")), None)


def _call(peer: Peer, contract: str, function: str, words: Sequence[Any]) -> bytes:
    interface = peer.ledger.w3.eth.contract(abi=_artifact(peer.folder, contract)["abi"])
    data = str(interface.encode_abi(function, args=list(words)))
    return bytes.fromhex(data.removeprefix("0x"))


@cache
def _artifact(folder: Path, contract: str) -> dict[str, Any]:
    """The artifact of this name: ONCHAINID's own before T-REX's copies of it."""
    for package in reversed(PACKAGES):
        for file in sorted((folder / package).glob(f"artifacts/**/{contract}.json")):
            found: dict[str, Any] = loads(file.read_text())
            return found
    raise AssertionError(f"{contract} is in none of the packages")


def _address(key: bytes) -> str:
    public = PrivateKey(key).public_key.format(compressed=False)
    return "0x" + keccak(public[1:])[-20:].hex()
