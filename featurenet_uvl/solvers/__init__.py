"""The only package that asks SAT solvers."""
