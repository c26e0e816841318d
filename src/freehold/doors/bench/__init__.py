"""Measurements: each returns rows of what was measured beside what was aimed at."""
