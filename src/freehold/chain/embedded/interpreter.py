"""py-evm's Prague computation as the ledger runs it."""

from eth.vm.forks.prague.computation import PragueComputation


class LedgerComputation(PragueComputation):  # type: ignore[misc]
    """One call frame."""
