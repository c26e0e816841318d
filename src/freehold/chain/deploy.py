"""In which order the contracts come into being, and what each is told at its birth.

Three levels: the *platform* once for a chain, an *issuer*'s register once for an issuer, an
*instrument* for each class of units. Nothing is sent here: the functions give data, and `place_*`
walk through them with a `post` of the caller, which signs, waits, and raises where a transaction
fails. A platform that was interrupted is gone on with from what is `placed` already.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from freehold.chain import contracts
from freehold.core.ids import Address, checksummed
from freehold.core.powers import Powers

Post = Callable[[bytes, str | None], Mapping[str, Any]]
"""Sends data to a contract, or creates one where the address is None; gives the mined receipt."""

Grants = Sequence[tuple[str, Powers]]
Addresses = dict[str, Address]
"""Contract name -> address."""

PLATFORM = (
    "Reasons",
    "TransferDesk",
    "StandardsDesk",
    "ActionDesk",
    "BackOffice",
    "SecurityToken",  # the blueprint, not an instrument
    "Registrar",
    "Assets",
)
ISSUER = ("Holders", "RegistryFace")
FACE_POWERS = Powers.ADMIT | Powers.RULES


def place_platform(
    post: Post, sentences: Mapping[int, str], placed: Mapping[str, Address] | None = None
) -> Addresses:
    """Create what a chain needs once; `sentences` are the texts of the reason codes."""
    found: Addresses = dict(placed or {})
    for name in PLATFORM:
        if name not in found:
            found[name] = created(post(platform_creation(name, found, sentences), None))
    return found


def place_issuer(
    post: Post, registrar: Address, grants: Grants, power_delay: int, recovery_delay: int
) -> Addresses:
    """Create an issuer's register and its ERC-3643 face; delays in seconds.

    The sender must be among `grants` with GRANT: it gives the face its powers, which take over
    after the delay.
    """
    creation = holders_creation(registrar, grants, power_delay, recovery_delay)
    holders = created(post(creation, None))
    face = created(post(face_creation(holders), None))
    post(contracts.call("Holders", "grant", face, FACE_POWERS), holders)
    return {"Holders": holders, "RegistryFace": face}


def place_instrument(post: Post, registrar: Address, holders: Address, opening: bytes) -> Address:
    """Deploy one instrument with what `contracts.opening` made; the sender holds ISSUE there."""
    receipt = post(instrument_call(holders, opening), registrar)
    return deployed_token(receipt, registrar)


def platform_creation(
    name: str, placed: Mapping[str, Address], sentences: Mapping[int, str]
) -> bytes:
    """The data that creates one contract of PLATFORM, given those before it."""
    match name:
        case "Reasons":
            return contracts.creation(name, list(sentences), list(sentences.values()))
        case "StandardsDesk":
            return contracts.creation(name, placed["TransferDesk"], placed["Reasons"])
        case "ActionDesk":
            return contracts.creation(name, placed["StandardsDesk"])
        case "BackOffice":
            return contracts.creation(name, placed["ActionDesk"])
        case "SecurityToken":
            return contracts.blueprint(name)
        case "Registrar":
            parts = ("SecurityToken", "TransferDesk", "BackOffice")
            return contracts.creation(name, *(placed[part] for part in parts))
    return contracts.creation(name)


def holders_creation(
    registrar: Address, grants: Grants, power_delay: int, recovery_delay: int
) -> bytes:
    """The data that creates an issuer's register; the registrar may list instruments in it."""
    held = [*grants, (registrar, Powers.LIST)]
    return contracts.creation("Holders", held, power_delay, recovery_delay)


def face_creation(holders: Address) -> bytes:
    """The data that creates the ERC-3643 face of a register."""
    return contracts.creation("RegistryFace", holders)


def instrument_call(holders: Address, opening: bytes) -> bytes:
    """The call to the registrar that deploys one instrument of the issuer."""
    return contracts.call("Registrar", "deploy", holders, opening)


def created(receipt: Mapping[str, Any]) -> Address:
    """The contract that a mined transaction created."""
    return checksummed(str(receipt["contractAddress"]))


def deployed_token(receipt: Mapping[str, Any], registrar: Address) -> Address:
    """The instrument that a mined call of the registrar deployed."""
    topic = contracts.event_topic("Registrar", "InstrumentDeployed")
    for log in receipt["logs"]:
        if log["address"].lower() == registrar.lower() and _bytes(log["topics"][0]) == topic:
            return checksummed("0x" + _bytes(log["topics"][1])[-20:].hex())
    raise AssertionError("the registrar deploys with an event")


def _bytes(value: str | bytes) -> bytes:
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)
