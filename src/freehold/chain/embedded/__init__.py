"""The embedded ledger: a real EVM (py-evm, Prague rules) whose chain lives in one LMDB file.

It runs as a process of its own on a private Unix socket and speaks Ethereum's JSON-RPC, so that
nothing above it knows which node it talks to. Read in this order: `encoding`, `trie`, `store`,
`transactions`, `blocks`, `state`, `evm`, `genesis`, `pool`, `chain`, then the
`rpc*` modules, `server`, `provider` and `http`.
"""
