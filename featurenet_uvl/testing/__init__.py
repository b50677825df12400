"""Conformance checks for the parts that other packages add to this one; their tests call them."""
