"""Pairs of literals: those that can be covered, that are covered, and that are rare."""
