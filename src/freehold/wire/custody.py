"""Self-custody over the wire: from the agent's key to a holder's own, and his invitation to sign in."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from freehold.wire import documents as w
from freehold.wire.people import SignInName

STRICT: Any = {"extra": "forbid"}


class CustodyExitWanted(BaseModel):
    """Whose account is to come under which wallet of his own: one that opens no account."""

    model_config = STRICT

    holder: w.HolderName
    wallet: w.Address


class CustodyExitOut(BaseModel):
    """A way from the agent's key to a wallet: until when its challenge is good, and how far it has come."""

    id: str
    issuer: str
    holder: str
    wallet: w.Address
    asked_at: datetime
    expires_at: datetime
    proved_at: datetime | None
    checked: bool


class CustodyExitAsked(CustodyExitOut):
    """The text that the wallet has to sign (ERC-191)."""

    text: str


class CustodyExits(BaseModel):
    """Ways out of the agent's key, the newest first."""

    items: list[CustodyExitOut]


class ProofIn(BaseModel):
    """The wallet's signature of the text."""

    model_config = STRICT

    signature: Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{2,2000}$")]


class ConsentIn(BaseModel):
    """The SHA-256 of what the holder's identity was checked on."""

    model_config = STRICT

    document: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ConsentOut(BaseModel):
    """The proposal that two persons agree to before the account moves."""

    exit: str
    proposal: str


class HolderInvitation(BaseModel):
    """The name with which a holder is to sign in."""

    model_config = STRICT

    name: SignInName


class HolderInvited(BaseModel):
    """An invited holder. `link` is null where the same request was answered before."""

    issuer: str
    holder: str
    identity: str
    link: Annotated[str | None, Field(description="A path below the platform's address")]
