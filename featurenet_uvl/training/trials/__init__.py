"""What is trained: the protocol, and one trial of a network."""
