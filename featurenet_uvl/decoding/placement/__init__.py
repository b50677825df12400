"""The choice of blocks and cells for the layers of an imported network."""
