"""One reader and writer a format."""
