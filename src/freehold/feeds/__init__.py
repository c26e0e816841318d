"""The fourth world: what comes from outside and goes there, over the open network."""
