"""The types between the stages: frozen data, each with its invariants. Imports nothing of the project but errors."""
