"""How a sample file begins; whoever only asks whether a text is a sample need not load NumPy."""

from __future__ import annotations

MAGIC = "# featurenet_uvl sample "


def is_sample(text: str) -> bool:
    """Whether a text begins like a sample file."""
    return text.startswith(MAGIC)
