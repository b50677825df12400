"""The words for a network, the same in every kind of drawing. They follow from the layers; no kind needs an entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import prod

from featurenet_uvl.ir.architecture import Architecture, Cell, CellId, CellShapes
from featurenet_uvl.ir.layers import Layer, Shape, format_shape


@dataclass(frozen=True, slots=True)
class Step:
    """A layer of a cell, in words. `place` is one of `in1`, `op1`, `in2`, `op2`, `join`, `flatten` and `out`."""

    place: str
    kind: str
    parameters: tuple[str, ...]
    shape: Shape
    weights: int
    macs: int = 0

    @property
    def size(self) -> str:
        """The output shape and the weights, for example `28x28x6, 156 weights`."""
        return shape_words(self.shape) + (f", {count_of(self.weights, 'weight')}" if self.weights else "")


@dataclass(frozen=True, slots=True)
class CellSteps:
    """A cell in words: its halves, their combination (None for one half), and the end of the network if it is one."""

    id: CellId
    sources: tuple[str, ...]
    """The key of each half's source: a cell, or `IMAGE`."""
    halves: tuple[tuple[Step, Step], ...]
    join: Step | None
    ends: tuple[Step, ...]

    @property
    def weights(self) -> int:
        return sum(step.weights for step in self.steps())

    @property
    def macs(self) -> int:
        return sum(step.macs for step in self.steps())

    def steps(self) -> Iterator[Step]:
        """Yield all layers, in order."""
        for half in self.halves:
            yield from half
        if self.join is not None:
            yield self.join
        yield from self.ends


IMAGE = "image"
"""The key of the network's input."""


def count_of(number: int, thing: str, ending: str = "s") -> str:
    """Return a number with its noun.

    >>> count_of(1, "cell"), count_of(1200, "weight")
    ('1 cell', '1,200 weights')
    """
    return f"{number:,} {thing}{'' if number == 1 else ending}"


def key_words(key: str) -> str:
    """Return the words for the key of a cell or of the image.

    >>> key_words("b2_c3"), key_words("image")
    ('cell 2.3', 'image')
    """
    return "cell " + key[1:].replace("_c", ".") if key != IMAGE else key


def shape_words(shape: Shape) -> str:
    """Return the words for a shape.

    >>> shape_words((28, 28, 1)), shape_words((84,))
    ('28x28x1', 'vector 84')
    """
    return format_shape(shape) if len(shape) > 1 else f"vector {shape[0]}"


def summary(architecture: Architecture) -> str:
    """Return a description of the network in one line."""
    blocks = count_of(len({cell.id.block for cell in architecture.cells}), "block")
    cells = count_of(len(architecture.cells), "cell")
    weights = count_of(architecture.weights(), "weight")
    classes = count_of(architecture.classes, "class", "es")
    macs = count_of(architecture.macs(), "MAC")
    return f"{blocks}, {cells}, {weights}, {macs}; images {format_shape(architecture.input_shape)}, {classes}"


def network_steps(architecture: Architecture) -> tuple[CellSteps, ...]:
    """Return all cells in words.

    Raises:
        DecodeError: The shapes of the network do not fit.
    """
    shapes = architecture.shapes()
    return tuple(_cell_steps(cell, shapes[cell.id], architecture.classes) for cell in architecture.cells)


def _cell_steps(cell: Cell, at: CellShapes, classes: int) -> CellSteps:
    keys = tuple(map(str, cell.sources)) or (IMAGE,)
    halves = [
        (_step("in1", cell.input1, at.source1, at.input1), _step("op1", cell.operation1, at.input1, at.operation1))
    ]
    join = None
    if at.source2 is not None and at.input2 is not None and at.operation2 is not None:
        second = (
            _step("in2", cell.input2, at.source2, at.input2),
            _step("op2", cell.operation2, at.input2, at.operation2),
        )
        halves.append(second)
        join = Step("join", cell.combination, (), at.output, 0)
    sources = (keys[0], keys[-1])[: len(halves)]
    return CellSteps(cell.id, sources, tuple(halves), join, tuple(_ends(cell, at.output, classes)))


def _ends(cell: Cell, output: Shape, classes: int) -> Iterator[Step]:
    """Yield the layers with which the network ends after a cell: a Flatten for a matrix, and a softmax layer."""
    if not cell.ends_network:
        return
    length = prod(output)
    if len(output) > 1:
        yield Step("flatten", "Flatten", (), (length,), 0)
    parameters = (f"classes {classes}", "activation softmax")
    yield Step("out", "Output", parameters, (classes,), (length + 1) * classes, length * classes)


def _step(place: str, layer: Layer, before: Shape, after: Shape) -> Step:
    parameters = tuple(f"{field.name} {getattr(layer, field.name)}" for field in fields(layer))
    return Step(place, layer.name, parameters, after, layer.weights(before), layer.macs(before))


def wrapped(parts: tuple[str, ...], width: int) -> list[str]:
    """Return the parts, separated by commas, in lines of at most `width` characters; only a longer part exceeds it.

    >>> wrapped(("kernel 5x5", "filters 6", "stride 1"), 24)
    ['kernel 5x5, filters 6,', 'stride 1']
    """
    lines: list[str] = []
    for number, part in enumerate(parts, 1):
        text = part + ("," if number < len(parts) else "")
        if lines and len(lines[-1]) + 1 + len(text) <= width:
            lines[-1] += f" {text}"
        else:
            lines.append(text)
    return lines
