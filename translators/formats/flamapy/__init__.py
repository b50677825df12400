"""A bridge to flamapy's metamodel in both directions, and flamapy's own readers."""
