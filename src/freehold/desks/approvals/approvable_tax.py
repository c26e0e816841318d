"""Where an issuer's withheld tax goes, which two persons agree to: who sets it alone could take it."""

from collections.abc import Sequence

from freehold.book.session import Transaction
from freehold.core.approvals import Act, Change
from freehold.core.roles import Power
from freehold.desks.approvals import kinds
from freehold.desks.approvals.kinds import Asking, Kind, Planned, Step
from freehold.desks.office import Office
from freehold.desks.servicing import tax_wallet

_PAYER = "the wallet of whoever pays"


def _read(office: Office, asking: Asking) -> Act:
    wallet = tax_wallet.read(office, asking.texts["wallet"])
    return kinds.of_issuer("tax-wallet", asking, {"wallet": wallet or tax_wallet.NONE})


def _difference(office: Office, act: Act) -> Sequence[Change]:
    after = tax_wallet.read(office, act.arguments["wallet"])
    before = tax_wallet.of(office, act.issuer)
    return [Change("Withheld tax goes to", before or _PAYER, after or _PAYER)]


def _carry(office: Office, planned: Planned) -> Step:
    """The setting stands in the book alone: there is nothing to send."""

    def write(tx: Transaction) -> None:
        wallet = tax_wallet.read(office, planned.act.arguments["wallet"])
        tax_wallet.write(tx, office, planned.act.issuer, wallet, planned.key)

    return Step(write=write)


KINDS = (
    Kind(
        "tax-wallet",
        "Set the wallet that tax goes to",
        Power.KEEP_CASH,
        _read,
        _difference,
        _carry,
        ("wallet",),
    ),
)
