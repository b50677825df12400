"""Trials: the protocol, one trial of a network, and its result."""
