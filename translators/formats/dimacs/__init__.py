"""DIMACS, strictly read, and written as the tools that take it need it."""
