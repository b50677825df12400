"""Asks SAT solvers; the only package that imports them."""
