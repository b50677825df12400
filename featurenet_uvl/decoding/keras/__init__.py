"""Architectures as Keras models, and Keras models as architectures."""
