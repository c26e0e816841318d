"""py-evm's Prague computation as the ledger runs it."""

from eth.vm.forks.prague.computation import PragueComputation


class LedgerComputation(PragueComputation):
    """One call frame."""
