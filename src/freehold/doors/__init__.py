"""The ways in: command line, interfaces, worker, benchmarks. Nothing here decides anything."""
