"""Pictures of networks: as SVG, as PNG, and as text for the terminal."""
