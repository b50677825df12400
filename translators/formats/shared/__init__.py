"""Helpers that several model formats use: recorded losses, renaming."""
