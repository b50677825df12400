"""From a solution to a configuration, an architecture and a Keras model."""
