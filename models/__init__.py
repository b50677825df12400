"""The DNN feature model, its restrictions, and the named architectures."""
