"""Subscriptions as their holders see them: what is owed, and the permit to sign for it."""

from collections.abc import Mapping
from typing import Any

from freehold.chain import messages
from freehold.chain.signer import typed_data_digest
from freehold.core.actions.life import Step
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import Power, holder_scope
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.servicing import events, servicing
from freehold.desks.servicing.subscribing import Price, permit_of, price_of


def price(office: Office, who: Actor, id: str, holder: str) -> Price:
    """What a holder owes; for himself, or for whoever reads the register.

    Raises NotPermitted, NotFound, Conflict where he subscribed nothing or it is no offer.
    """
    of = events.readable(office, who, id)
    every = permits.allows(who, Power.READ_REGISTER, of.owner.id)
    if not every and holder not in events.own_holders(who, of.owner.id):
        raise NotFound(f"there is no holder {holder}", holder=holder)
    return price_of(office, of, holder)


def to_sign(office: Office, who: Actor, id: str, holder: str) -> Mapping[str, Any]:
    """What the holder's wallet signs (EIP-712) so that the agent may take the price.

    Raises as `price`, NotPermitted, Conflict where nothing is missing or the coin takes no signature.
    """
    permits.require(who, Power.ELECT)
    of = events.readable(office, who, id)
    permits.require(who, Power.ELECT, holder_scope(of.owner.id, holder))
    servicing.require(office, of, Step.ELECT)
    one = price_of(office, of, holder)
    if one.allowed >= one.amount:
        raise Conflict(f"the price of {holder} may be taken already: nothing is to be signed")
    return permit_of(office, of, one)


def require_signed(office: Office, who: Actor, id: str, holder: str, signature: str) -> None:
    """Raises Invalid for a signature that is not the one of the holder's wallet over `to_sign`."""
    typed = to_sign(office, who, id, holder)
    signer = messages.signer_of_digest(typed_data_digest(typed), signature)
    if signer != typed["message"]["owner"]:
        said = f"the signature is that of {signer}, not of the holder's wallet"
        raise Invalid(f"{said} {typed['message']['owner']}", field="signature")
