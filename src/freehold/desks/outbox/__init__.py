"""Acts on their way to the chain: tried, carried once, followed until they are final."""
