"""Policy: who may move which units to whom, decided once and compiled to data on chain."""
