"""The beginning of a sample file, in a module of its own: to recognise a sample, a caller need not load NumPy."""

from __future__ import annotations

MAGIC = "# featurenet_uvl sample "


def is_sample(text: str) -> bool:
    """Whether a text begins like a sample file."""
    return text.startswith(MAGIC)
