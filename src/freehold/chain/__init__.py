"""The only code that talks to a node: ledgers, contracts, signers, sending and refusals."""
