"""flamapy: its feature models to and from ours, and the formats that it reads."""
