"""DIMACS: a strict reader, and a writer for the tools that read it."""
