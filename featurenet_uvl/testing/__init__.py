"""Checks for what other packages add to this one, to be called in their tests."""
