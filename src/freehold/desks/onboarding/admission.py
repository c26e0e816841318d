"""Admits the holders of a past to their issuer's register, each with a wallet.

Who names none gets an account under a key that the agent keeps, numbered in the order of the file.
"""

from collections.abc import Mapping, Sequence

from freehold.book import issuers
from freehold.book.issuers import KnownHolder
from freehold.chain.contracts import call
from freehold.core.acts import Act, Admit
from freehold.core.facts import Facts, pack_facts
from freehold.core.holder import Holder
from freehold.core.identifiers import country_number
from freehold.core.ids import Address
from freehold.core.policy import starter
from freehold.desks.office import Office
from freehold.desks.outbox.carrying import Asked, Progress, carry_out
from freehold.desks.platform.establishment import Established

ADMITTED_AT_ONCE = 100


def admit(
    office: Office,
    made: Established,
    acts: Sequence[Act],
    wallets: Mapping[str, Address],
    progress: Progress,
) -> dict[str, KnownHolder]:
    """Open the accounts of a past's holders and write them into the book; by holder id."""
    rows = [
        _holder_row(office, made, number, act.holder, wallets)
        for number, act in enumerate(act for act in acts if isinstance(act, Admit))
    ]
    known = {str(act.holder.id): act for act in acts if isinstance(act, Admit)}
    words = [pack_facts(_facts(known[row.id], row.wallet)) for row in rows]
    asked = []
    for start in range(0, len(words), ADMITTED_AT_ONCE):
        page = words[start : start + ADMITTED_AT_ONCE]
        data = call("Holders", "admit", page)
        what = f"admit {len(page)} holders"
        asked.append(Asked(office.keys.agent, made.issuer.register, data, what, f"page {start}"))
    carry_out(office, f"admit {made.issuer.id}", asked, progress)
    with office.book.transaction() as tx:
        for row in rows:
            issuers.add(tx, row, office.clock.now())
    return {row.id: row for row in rows}


def _holder_row(
    office: Office,
    made: Established,
    number: int,
    holder: Holder,
    wallets: Mapping[str, Address],
) -> KnownHolder:
    wallet, custody = wallets.get(holder.id), None
    if wallet is None:
        assert office.keys.custody, "checked before anything was sent"
        custody = number
        wallet = office.keys.custody(number).address
    return KnownHolder(
        made.issuer.id, holder.id, holder.name, str(holder.kind), holder.country, wallet, custody
    )


def _facts(act: Admit, wallet: Address) -> Facts:
    holder = act.holder
    return Facts(
        account=0,
        holder_class=int(starter.class_of(holder)),
        country=country_number(holder.country) if holder.country else 0,
        flags=act.flags,
        identity=wallet,
    )
