"""The names of a network's Keras layers: each tells the layer's place. This module alone makes them.

`decoding/keras/verify.py` writes them down once more, because it shares nothing with what it checks.
"""

from __future__ import annotations

from featurenet_uvl.ir.architecture import CellId
from featurenet_uvl.ir.layers import Layer

IMAGE = "image"
"""The name of the network's input, which no layer has."""


def layer_name(cell: CellId, part: str, layer: Layer) -> str:
    """Return the name of a layer in one of the parts `in1`, `op1`, `in2` and `op2` of its cell.

    >>> from featurenet_uvl.ir.layers import Dropout
    >>> layer_name(CellId(1, 2), "op1", Dropout(0.5))
    'b1_c2_op1_drop'
    """
    return f"{part_prefix(cell, part)}{layer.short_name}"


def part_prefix(cell: CellId, part: str) -> str:
    """Return the beginning of the names of the layers in a part of a cell."""
    return f"{cell}_{part}_"


def merge_name(cell: CellId, combination: str) -> str:
    """Return the name of the layer that combines the two halves of a cell.

    >>> merge_name(CellId(1, 2), "Sum")
    'b1_c2_sum'
    """
    return f"{cell}_{combination.lower()}"


def end_flatten_name(cell: CellId) -> str:
    """Return the name of the layer that flattens the output of a cell that ends the network."""
    return f"{cell}_out_flatten"


def softmax_name(cell: CellId) -> str:
    """Return the name of the layer that classifies the output of a cell that ends the network."""
    return f"{cell}_out_softmax"
