"""Instruments and their units: deployed, issued, transferred, split, frozen, recovered."""
