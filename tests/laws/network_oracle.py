"""Whether a set of selected features is a network that builds, worked out from the names alone.

This module uses nothing of the project but the names of the unfolded features, which a user sees, too. It repeats the
rules of docs/tensor-shapes.md, so that the rule set, the decoder and this module can disagree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import prod

Shape = tuple[int, ...]

FEATURE = re.compile(r"Block_(\d+)_Cell_(\d+)_(.+)")


class NoNetworkError(Exception):
    """The features are no network."""


@dataclass(frozen=True)
class Cell:
    """The names of its features, without the prefix."""

    features: frozenset[str]

    def one(self, pattern: str) -> str:
        """Return the match of the only feature that matches the pattern."""
        found = {match[1] for name in self.features if (match := re.fullmatch(pattern, name))}
        if len(found) != 1:
            raise NoNetworkError(f"{pattern}: {found}")
        return found.pop()

    def has(self, name: str) -> bool:
        return name in self.features

    @property
    def distance(self) -> int | None:
        """Return the number of cells that its output goes ahead within the block."""
        found = [name for name in self.features if name.startswith("Output_Cell_relativeIndex_")]
        return int(found[0].rsplit("_", 1)[1]) + 1 if found else None


def cells_of(names: Iterable[str]) -> dict[tuple[int, int], Cell]:
    """Return the cells by block and number, in order."""
    features: dict[tuple[int, int], set[str]] = {}
    for name in names:
        place = place_of(name)
        if place is not None:
            features.setdefault(place[:2], set()).add(place[2])
    return {key: Cell(frozenset(features[key])) for key in sorted(features)}


@cache
def place_of(name: str) -> tuple[int, int, str] | None:
    match = FEATURE.fullmatch(name)
    return (int(match[1]), int(match[2]), match[3]) if match else None


def output_shapes(names: Iterable[str], image: Shape) -> dict[tuple[int, int], Shape]:
    """Return the output shape of each cell.

    Raises:
        NoNetworkError: A layer or a combination does not fit.
    """
    cells = cells_of(names)
    shapes: dict[tuple[int, int], Shape] = {}
    for (block, number), cell in cells.items():
        aiming = [
            shapes[block, other]
            for other in range(1, number)
            if (block, other) in cells and cells[block, other].distance == number - other
        ]
        sources = aiming or (
            [image]
            if block == 1
            else [shapes[key] for key, sender in cells.items() if key[0] == block - 1 and sender.has("Output_Block")]
        )
        if len(sources) not in (1, 2) or (len(sources) == 2 and cell.has("Input2_Zeros")):
            raise NoNetworkError(f"cell {block},{number}: {len(sources)} sources")
        first = after(cell, 1, sources[0])
        shapes[block, number] = (
            first if cell.has("Input2_Zeros") else combined(cell, first, after(cell, 2, sources[-1]))
        )
    return shapes


@cache
def combined(cell: Cell, first: Shape, second: Shape) -> Shape:
    if cell.one(r"Combination_(\w+)") != "Concat":
        if first != second:
            raise NoNetworkError(f"{first} and {second} differ")
        return first
    if len(first) != len(second) or first[:-1] != second[:-1]:
        raise NoNetworkError(f"{first} and {second} do not join")
    return (*first[:-1], first[-1] + second[-1])


@cache
def after(cell: Cell, half: int, shape: Shape) -> Shape:
    return after_operation(cell, half, after_input(cell, half, shape))


def after_input(cell: Cell, half: int, shape: Shape) -> Shape:
    kind = cell.one(rf"Input{half}_([A-Z][a-z]+)")
    attribute = rf"Input{half}_{kind}_{{}}_(\w+)"
    if kind == "Identity":
        return shape
    if kind == "Dense":
        return (*shape[:-1], int(cell.one(attribute.format("neurons"))))
    need_matrix(shape)
    kernel = [int(size) for size in cell.one(attribute.format("kernel")).split("x")]
    stride, is_same = int(cell.one(attribute.format("stride"))), cell.one(attribute.format("padding")) == "same"
    channels = int(cell.one(attribute.format("filters"))) if kind == "Convolution" else shape[2]
    return (*(positions(size, window, stride, is_same) for size, window in zip(shape, kernel)), channels)


def positions(size: int, window: int, stride: int, is_same: bool) -> int:
    """Count the positions of a window one by one."""
    last = size if is_same else size - window + 1
    if last < 1:
        raise NoNetworkError(f"a window of {window} on {size}")
    return len(range(0, last, stride))


def after_operation(cell: Cell, half: int, shape: Shape) -> Shape:
    kind = cell.one(rf"Operation{half}_([A-Z][A-Za-z]+)(?:_\w+)?")
    if kind == "Flatten":
        need_matrix(shape)
        return (prod(shape),)
    if kind == "Padding":
        need_matrix(shape)
        border = 2 * int(cell.one(rf"Operation{half}_Padding_size_(\d+)"))
        return (shape[0] + border, shape[1] + border, shape[2])
    return shape


def need_matrix(shape: Shape) -> None:
    if len(shape) != 3:
        raise NoNetworkError(f"{shape} is no matrix")


def is_network(names: Iterable[str], image: Shape) -> bool:
    try:
        output_shapes(names, image)
    except NoNetworkError:
        return False
    return True
