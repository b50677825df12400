"""Helpers that several writers of models use: recorded losses, renaming."""
