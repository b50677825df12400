"""From formulas and counts to clauses; auxiliaries are always determined by their inputs."""
