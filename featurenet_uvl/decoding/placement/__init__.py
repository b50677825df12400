"""Place the layers of an imported network in blocks and cells."""
