"""What can be money of an action: a coin, and no security of the book's own."""

from freehold.book import issuers
from freehold.core.errors import Invalid
from freehold.desks.office import Office


def require_money(office: Office, coin: str, field: str = "coin") -> None:
    """Raises Invalid for the token of a security: units of it are issued and redeemed by its rules, and
    are in no pot or cash book."""
    with office.book.reading() as tx:
        for owner in issuers.issuers(tx):
            for one in issuers.instruments(tx, owner.id):
                if one.token.lower() == coin.strip().lower():
                    raise Invalid(
                        f"{coin} is the security {one.name} ({one.class_id}) of {owner.name}, and no"
                        " money: name a coin; units are paid by a stock dividend or a spin-off",
                        field=field,
                        value=coin,
                    )
