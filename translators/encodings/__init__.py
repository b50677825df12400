"""From formulas and counts to clauses; the inputs always determine the auxiliaries."""
