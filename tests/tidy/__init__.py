"""The rules of the house, each a function of a repository's root that returns its findings.

A finding is the sentence a reviewer would say, with the place first. tests/test_tidy.py runs every
rule on this repository and on planted violations.
"""
