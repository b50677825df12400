"""Finite domains by reasoning: the values that all constraints together leave."""
