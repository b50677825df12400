"""The command line: parses, calls one function, prints."""

PROGRAM = "featurenet-uvl"
"""Name of the program in its messages."""
