"""Formats of feature models, configurations and clauses: one folder per format."""
