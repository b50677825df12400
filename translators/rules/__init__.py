"""Rule sets that a model switches on by name."""
