"""One readable file a preset."""
