"""What a drawing says of a network: the same words in every form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import prod

from featurenet_uvl.ir.architecture import Architecture, Cell, CellId, CellShapes
from featurenet_uvl.ir.layers import Layer, Shape, format_shape


@dataclass(frozen=True, slots=True)
class Step:
    """One layer of a cell, in words. `place` is one of `in1`, `op1`, `in2`, `op2`, `join`, `flatten` and `out`."""

    place: str
    kind: str
    parameters: tuple[str, ...]
    shape: Shape
    weights: int

    @property
    def size(self) -> str:
        """Shape and weights, such as `28x28x6, 156 weights`."""
        return shape_words(self.shape) + (f", {count_of(self.weights, 'weight')}" if self.weights else "")


@dataclass(frozen=True, slots=True)
class CellSteps:
    """A cell in words: its halves, what joins them (None where there is one half), and the network's end if it is."""

    id: CellId
    sources: tuple[str, ...]
    """Keys of what feeds each half: cells, or `image`."""
    halves: tuple[tuple[Step, Step], ...]
    join: Step | None
    ends: tuple[Step, ...]

    @property
    def weights(self) -> int:
        return sum(step.weights for step in self.steps())

    def steps(self) -> Iterator[Step]:
        """All layers, in order."""
        for half in self.halves:
            yield from half
        if self.join is not None:
            yield self.join
        yield from self.ends


IMAGE = "image"
"""The key of the network's input."""


def count_of(number: int, thing: str, ending: str = "s") -> str:
    """
    >>> count_of(1, "cell"), count_of(1200, "weight")
    ('1 cell', '1,200 weights')
    """
    return f"{number:,} {thing}{'' if number == 1 else ending}"


def key_words(key: str) -> str:
    """A source or target in words.

    >>> key_words("b2_c3"), key_words("image")
    ('cell 2.3', 'image')
    """
    return "cell " + key[1:].replace("_c", ".") if key != IMAGE else key


def shape_words(shape: Shape) -> str:
    """
    >>> shape_words((28, 28, 1)), shape_words((84,))
    ('28x28x1', 'vector 84')
    """
    return format_shape(shape) if len(shape) > 1 else f"vector {shape[0]}"


def summary(architecture: Architecture) -> str:
    """The network in one line."""
    blocks = count_of(len({cell.id.block for cell in architecture.cells}), "block")
    cells = count_of(len(architecture.cells), "cell")
    weights = count_of(architecture.weights(), "weight")
    classes = count_of(architecture.classes, "class", "es")
    return f"{blocks}, {cells}, {weights}; images {format_shape(architecture.input_shape)}, {classes}"


def network_steps(architecture: Architecture) -> tuple[CellSteps, ...]:
    """All cells in words.

    Raises:
        DecodeError: The shapes do not fit.
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
    """What follows a cell that ends in Out: it is flattened, and classified by a layer of its own."""
    if not cell.ends_network:
        return
    length = prod(output)
    if len(output) > 1:
        yield Step("flatten", "Flatten", (), (length,), 0)
    yield Step("out", "Output", (f"classes {classes}", "activation softmax"), (classes,), (length + 1) * classes)


def _step(place: str, layer: Layer, before: Shape, after: Shape) -> Step:
    parameters = tuple(f"{field.name} {getattr(layer, field.name)}" for field in fields(layer))
    return Step(place, layer.name, parameters, after, layer.weights(before))


def wrapped(parts: tuple[str, ...], width: int) -> list[str]:
    """The parts with commas between them, in lines of at most this many characters where a part is no longer.

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
