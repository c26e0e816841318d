"""Secret votes: what a holder keeps of a sealed one, and how sealed ones are opened after the close.

The chain has the seal alone, which is the hash of the vote and a salt. The book keeps both, and so may the
holder, as a receipt: with it anybody can open the vote between the close and the end of revelation, here or
by his own call of the contract. What nobody opens does not count.
"""

import json
from typing import Any

from freehold.book import meetings
from freehold.chain.contracts import call
from freehold.core.actions.ballot_words import seal
from freehold.core.errors import Invalid
from freehold.core.powers import NO_POWERS
from freehold.desks import parties
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended, Order
from freehold.desks.servicing import assembly, noting
from freehold.desks.servicing.assembly import Assembly, Stage

LONGEST_RECEIPT = 8_192
_FIELDS = ("meeting", "account", "choices", "marks", "salt", "seal")


def receipt(office: Office, one: Assembly, holder: str) -> str | None:
    """What a holder keeps of his sealed vote, as JSON; None where none stands, or its words are lost."""
    party = parties.party(office, one.issuer, holder)
    account = party.facts.account
    sealed = one.chain.sealed.get(account)
    if sealed is None:
        return None
    with office.book.reading() as tx:
        text = meetings.secret(tx, one.issuer.id, holder, one.number, sealed.choices)
    if text is None:
        return None
    about: dict[str, Any] = {
        "what": "A sealed vote. Whoever has this file can open the vote between the close and the end of"
        " revelation; before that it tells how was voted, so keep it to yourself.",
        "meeting": one.number,
        "ballot": one.ballot,
        "holder": holder,
        "wallet": party.wallet,
        "account": account,
        "seal": f"0x{sealed.choices:064x}",
    }
    return json.dumps(about | json.loads(text), indent=1) + "\n"


def read(one: Assembly, account: int, text: str) -> tuple[int, list[int], bytes]:
    """Choices, marks and salt of a receipt. Raises Invalid where it is none of this account's seal."""
    try:
        told = json.loads(text[:LONGEST_RECEIPT])
        choices, marks = int(told["choices"], 16), [int(mark, 16) for mark in told["marks"]]
        salt = bytes.fromhex(told["salt"])
        made = int.from_bytes(seal(one.number, account, choices, marks, salt))
    except (ValueError, TypeError, KeyError, OverflowError):
        raise Invalid(
            "this is no receipt of a sealed vote: give the file that was kept, whole",
            field="receipt",
        ) from None
    sealed = one.chain.sealed.get(account)
    if sealed is None or sealed.choices != made:
        raise Invalid(
            f"this receipt is not of the vote that stands sealed at meeting {one.number}",
            field="receipt",
        )
    return choices, marks, salt


@noting.noted("reveal votes", noting.meeting)
def reveal(
    office: Office,
    actor: Actor,
    issuer: str | None,
    number: int,
    holder: str = "",
    text: str = "",
) -> ActOutcome:
    """Open the sealed votes that the book knows the words of, or that of one holder, from his receipt where
    he gives it; once each. Raises NotFound, Invalid for a receipt of another vote."""
    one = assembly.find(office, issuer, number)
    if wrong := assembly.when_wrong(one, (Stage.REVEALING,)):
        return orders.refuse(actor, "reveal-votes", "", 0, wrong)
    asked = []
    names = assembly.names(office, one)
    for account in sorted(one.chain.sealed.keys() - one.chain.cast.keys()):
        named = names.get(account, "")
        if not named or holder not in ("", named):
            continue
        told = text or receipt(office, one, named)
        if told is None:
            continue
        choices, marks, salt = read(one, account, told)
        wallet = parties.party(office, one.issuer, named).wallet
        data = call("Ballot", "reveal", number, wallet, choices, marks, salt)
        key = f"reveal {number} {account} {salt.hex()}"
        asked.append(Asked(actor.signer, one.ballot, data, "reveal a vote", key))
    if not asked:
        return ActOutcome("reveal-votes", "", actor.name, Ended.DONE)
    order = Order("reveal-votes", f"reveal {number}", asked[0].key, tuple(asked), NO_POWERS)
    return orders.carry(office, actor, order)
