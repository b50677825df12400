"""Data sets, the training pool and the result store."""
