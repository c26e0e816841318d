"""What an exit of an issuer would bring to each class."""

from dataclasses import dataclass

from freehold.client.connection import Connection
from freehold.wire.exits import ExitAsked, ExitDivided, ExitTerms, ExitTermsIn


@dataclass(frozen=True, slots=True)
class Exits:
    """The terms of issuers' exits, and exits divided by them."""

    connection: Connection

    def terms(self, issuer: str) -> ExitTerms:
        """The terms saved last, or a draft from cap table and register."""
        return self.connection.get("/v1/issuers/{issuer}/exit-terms", ExitTerms, issuer=issuer)

    def keep(self, issuer: str, terms: str) -> ExitTerms:
        """Save terms (TOML) for everybody who may read them."""
        path, body = "/v1/issuers/{issuer}/exit-terms", ExitTermsIn(terms=terms)
        return self.connection.put(path, ExitTerms, body, issuer=issuer)

    def divide(self, issuer: str, exit: str, terms: str | None = None) -> ExitDivided:
        """Divide an exit (whole coins) by the issuer's terms, or by those given; nothing is kept."""
        path, body = "/v1/issuers/{issuer}/waterfall", ExitAsked(exit=exit, terms=terms)
        return self.connection.post(path, ExitDivided, body, issuer=issuer)
