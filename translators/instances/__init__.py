"""Instances of multi-features, and constraints instantiated for them."""
