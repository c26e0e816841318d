"""The local fast node: anvil under a journal of ours, so that it survives what anvil does not.

anvil executes thousands of transfers a second but keeps its chain in memory. Here a gateway stands
in front of it, commits every raw transaction and every block to SQLite, and after a crash leads a
fresh anvil back to the very same head. For the rest of Freehold there are `install.install`,
`node.start`, `node.stop`, `node.status`, `serve.run` (foreground) and `scratch.scratch` (no
journal, all of anvil's development methods: for tests).
"""
