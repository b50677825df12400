"""Samplers that read DIMACS, the sample file, and the metrics of a sample."""
