"""What a user can do, for the command line, Python, experiments and benchmarks alike."""
