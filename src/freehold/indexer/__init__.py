"""The chain as SQL tables: a projection that may be dropped and built again at any time."""
