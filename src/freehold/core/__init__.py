"""The pure core: what the securities business is, without files, clocks, nodes or databases."""
