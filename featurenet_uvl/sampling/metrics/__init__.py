"""Measures samples: distances, coverage, and bounds on how diverse a sample can be."""
