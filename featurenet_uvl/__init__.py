"""Feature models of deep neural networks: translation, sampling, decoding, training."""

__version__ = "0.1.0"
