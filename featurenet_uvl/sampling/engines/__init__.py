"""The samplers, one per module, and their common steps."""
