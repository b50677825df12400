"""UVL, read by hand and written back."""
