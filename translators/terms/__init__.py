"""Numeric terms: simplify, evaluate and linearise them, and find the domains of typed features."""
