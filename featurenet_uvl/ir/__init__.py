"""The types between the stages: frozen data, each with its invariants. Imports `errors` and `system` only."""
