"""Pairs of literals: which can be covered, which are, and which are rare."""
