"""Encode comparisons of weighted sums: by decision diagrams or by adders."""
