"""Freehold: tokenised securities in Python, from issue to redemption, on any EVM chain."""

__version__ = "0.1.0"
