"""Where trials run: local workers or a Ray cluster."""
