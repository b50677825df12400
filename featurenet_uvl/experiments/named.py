"""Architectures of the feature model that have a name, for any size of images."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from featurenet_uvl.ir.architecture import Architecture, Cell, CellId, Destination
from featurenet_uvl.ir.layers import Convolution, Dense, Flatten, Layer, Pooling, Shape, Void, Zeros


def lenet5(input_shape: Shape, classes: int) -> Architecture:
    """LeNet-5 as in Fig. 4 of the paper, three blocks of two cells; the baseline `lenet5` is its counterpart."""

    def convolution(filters: int, padding: str) -> Layer:
        return Convolution(kernel="5x5", filters=filters, stride=1, padding=padding, activation="tanh", type="normal")

    def pooling(stride: int) -> Layer:
        return Pooling(kernel="2x2", stride=stride, type="average", padding="valid")

    layers: list[tuple[Layer, type[Layer]]] = [
        (convolution(6, "same"), Void),
        (pooling(1), Void),
        (convolution(16, "valid"), Void),
        (pooling(2), Void),
        (convolution(120, "valid"), Flatten),
        (Dense(neurons=84, activation="tanh"), Void),
    ]
    ends = [Destination("Cell", 0), Destination("Block")] * 2 + [Destination("Cell", 0), Destination("Out")]
    ids = [CellId(block, cell) for block in (1, 2, 3) for cell in (1, 2)]
    cells = tuple(
        Cell(
            identity,
            (ids[number - 1],) if number else (),
            layer,
            operation(),
            Zeros(),
            Void(),
            "Sum",
            end,
        )
        for number, (identity, (layer, operation), end) in enumerate(zip(ids, layers, ends))
    )
    return Architecture(input_shape, classes, cells)


NAMED: Mapping[str, Callable[[Shape, int], Architecture]] = {"lenet5": lenet5}
