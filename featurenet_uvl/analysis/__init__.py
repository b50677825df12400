"""Analyses of a CNF: decided features, numbers of solutions, decision diagrams."""
