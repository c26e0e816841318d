"""The `freehold` command: one file for each group of commands."""
