"""The tasks of users, shared by the command line, Python, experiments and benchmarks."""
