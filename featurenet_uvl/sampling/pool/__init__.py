"""Collects distinct solutions, and chooses among them."""
