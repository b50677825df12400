"""Collect distinct solutions, and choose among them."""
