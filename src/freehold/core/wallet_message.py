"""The message that a wallet signs to sign in, exactly as EIP-4361 (Sign-In with Ethereum) words it.

A message is read back by its own grammar and must be written the same again, letter by letter: what
is not there, stands in another order, or is written in another way is refused. Whose domain it names,
for which chain and until when is judged by `fault_of`, with one sentence for each thing.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from freehold.core.clock import parse, stamp
from freehold.core.errors import Invalid
from freehold.core.ids import Address, checksummed

SKEW = timedelta(minutes=1)
"""By so much a wallet's clock may be ahead of ours."""
_TEXT = re.compile(
    r"(?P<domain>[^\s/?#]+) wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9a-fA-F]{40})\n\n"
    r"(?P<statement>[^\n]+)\n\n"
    r"URI: (?P<uri>\S+)\n"
    r"Version: 1\n"
    r"Chain ID: (?P<chain>[1-9][0-9]{0,18})\n"
    r"Nonce: (?P<nonce>[a-zA-Z0-9]{8,64})\n"
    r"Issued At: (?P<issued>\S{20,35})\n"
    r"Expiration Time: (?P<expires>\S{20,35})"
)


@dataclass(frozen=True, slots=True)
class Site:
    """Whom a wallet signs in to: `domain` is host and port, `uri` the page, `chain` the ledger's id."""

    domain: str
    uri: str
    chain: int


@dataclass(frozen=True, slots=True)
class WalletMessage:
    """A sign-in message; instants are aware UTC, whole seconds."""

    site: Site
    address: Address
    statement: str
    nonce: str
    issued: datetime
    expires: datetime

    def text(self) -> str:
        """What the wallet signs, as EIP-191 personal data."""
        return (
            f"{self.site.domain} wants you to sign in with your Ethereum account:\n"
            f"{self.address}\n\n{self.statement}\n\nURI: {self.site.uri}\nVersion: 1\n"
            f"Chain ID: {self.site.chain}\nNonce: {self.nonce}\n"
            f"Issued At: {stamp(self.issued)}\nExpiration Time: {stamp(self.expires)}"
        )


def read_message(text: str) -> WalletMessage:
    """A message from its text. Raises Invalid where it is not exactly as we word it."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise _unreadable()
    try:
        issued, expires = (parse(found[name], name) for name in ("issued", "expires"))
        site = Site(found["domain"], found["uri"], int(found["chain"]))
        made = WalletMessage(
            site, checksummed(found["address"]), found["statement"], found["nonce"], issued, expires
        )
    except Invalid:
        raise _unreadable() from None
    if made.text() != text:
        raise _unreadable()
    return made


def fault_of(message: WalletMessage, here: Site, statement: str, now: datetime) -> str:
    """The first thing that speaks against a message, as a sentence; empty where nothing does."""
    faults = (
        (
            message.site.domain != here.domain,
            f"The message is for {message.site.domain}, not for {here.domain}. Sign a new one here.",
        ),
        (
            message.site.uri != here.uri,
            f"The message names the page {message.site.uri}, not {here.uri}. Sign a new one here.",
        ),
        (
            message.site.chain != here.chain,
            f"The message is for chain {message.site.chain}; this register is on chain {here.chain}. "
            "Switch the wallet's network and sign again.",
        ),
        (
            message.statement != statement,
            "The message agrees to something else than was asked. Sign a new one here.",
        ),
        (
            message.issued > now + SKEW,
            "The message was issued in the future. Set the clock of your device and sign again.",
        ),
        (now >= message.expires, "The message has expired. Sign a new one."),
    )
    return next((sentence for wrong, sentence in faults if wrong), "")


def _unreadable() -> Invalid:
    return Invalid("The message is not the one that was shown here. Sign a new one.")
