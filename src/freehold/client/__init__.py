"""A client of the API in Python: typed, synchronous, from the same models that the API answers with.

    from freehold.client import connect

    freehold = connect("https://agent.example", key="fh_...")
    for instrument in freehold.registers.instruments():
        print(instrument.name, instrument.outstanding)

What a holder signs, he signs in his own process: `freehold.client.signing` takes a key, returns a signed
document, and never sends the key anywhere. `freehold.client.deliveries` reads what webhooks bring.
"""

from freehold.client import deliveries, signing
from freehold.client.connection import Connection
from freehold.client.freehold import Freehold, connect
from freehold.client.problems import (
    Conflicting,
    Faulty,
    Missing,
    Mistaken,
    NoRoom,
    NotPermitted,
    NotSignedIn,
    ProblemError,
    Refused,
    TooMany,
    Unavailable,
    Unreadable,
)

__all__ = [
    "Conflicting",
    "Connection",
    "Faulty",
    "Freehold",
    "Missing",
    "Mistaken",
    "NoRoom",
    "NotPermitted",
    "NotSignedIn",
    "ProblemError",
    "Refused",
    "TooMany",
    "Unavailable",
    "Unreadable",
    "connect",
    "deliveries",
    "signing",
]
