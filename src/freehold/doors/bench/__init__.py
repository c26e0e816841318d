"""Measurements: each module gives the rows of one topic; report.py holds them to their goals."""
