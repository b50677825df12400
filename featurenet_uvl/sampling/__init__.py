"""Draws samples of configurations, and measures how diverse they are."""
