"""The rules of an instrument: written, adopted, explained."""
