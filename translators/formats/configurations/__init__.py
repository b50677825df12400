"""Configurations as other tools list them: one file per format, and a registry with the one reader of all formats."""
