"""One cell as boxes: its halves side by side, their combination below, and the network's end below that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from featurenet_uvl.drawing.picture import CHARACTER_WIDTH, LINE_HEIGHT, Anchor, Box, Edge, Text, Tone
from featurenet_uvl.drawing.wording import CellSteps, Step, count_of, key_words, wrapped
from featurenet_uvl.ir.layers import Convolution, Dense, Identity, Pooling, Void

BOX_WIDTH, BOX_PADDING = 196.0, 8.0
"""Width of a layer's box, and space between its edge and its text, in pixels."""

CELL_PADDING, HEADER_HEIGHT = 10.0, 22.0
"""Space between the edge of a cell and its boxes, and height of the cell's heading, in pixels."""

STEP_GAP, HALF_GAP = 14.0, 14.0
"""Space between two layers of a half, and between the two halves, in pixels."""

_LINE_CHARACTERS = int((BOX_WIDTH - 2 * BOX_PADDING) / CHARACTER_WIDTH)

_TONES: Mapping[str, Tone] = {
    Convolution.name: Tone.CONVOLUTION,
    Pooling.name: Tone.POOLING,
    Dense.name: Tone.DENSE,
    Identity.name: Tone.PASSING,
    Void.name: Tone.PASSING,
}
"""Kinds of layers with a tone of their own; all others have the tone of their place in the cell."""

_PLACE_TONES: Mapping[str, Tone] = {"join": Tone.JOIN, "flatten": Tone.OUTPUT, "out": Tone.OUTPUT}
"""Places with a tone of their own; a layer elsewhere is an operation."""


@dataclass(frozen=True, slots=True)
class CellDrawing:
    """A cell with its upper left corner at (0, 0).

    `entries` has the x at which the input of each half enters the frame, at its top; `leaving` is the x at which the
    cell's output leaves it, at its bottom.
    """

    frame: Box
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    entries: tuple[float, ...]
    leaving: float


def draw_cell(steps: CellSteps) -> CellDrawing:
    """Return the boxes of a cell and the edges between them."""
    width = 2 * CELL_PADDING + len(steps.halves) * BOX_WIDTH + (len(steps.halves) - 1) * HALF_GAP
    key, boxes, edges, ends = str(steps.id), list[Box](), list[Edge](), list[Box]()
    for number, half in enumerate(steps.halves):
        x, y = CELL_PADDING + number * (BOX_WIDTH + HALF_GAP), HEADER_HEIGHT + STEP_GAP
        chain = list(_chain(key, half, x, y, BOX_WIDTH))
        boxes.extend(chain)
        edges.append(Edge(key, chain[0].key, (_middle(chain[0]), HEADER_HEIGHT), (_middle(chain[0]), y)))
        edges.extend(_between(chain))
        ends.append(chain[-1])
    below = [step for step in (steps.join, *steps.ends) if step is not None]
    start = max(box.bottom for box in ends) + STEP_GAP
    chain = list(_chain(key, below, CELL_PADDING, start, width - 2 * CELL_PADDING))
    boxes.extend(chain)
    if chain:
        edges.extend(Edge(box.key, chain[0].key, (_middle(box), box.bottom), (_middle(box), start)) for box in ends)
    edges.extend(_between(chain))
    height = boxes[-1].bottom + CELL_PADDING
    leaving = _middle(boxes[-1])
    if not steps.ends:
        edges.append(Edge(key, None, (leaving, boxes[-1].bottom), (leaving, height)))
    entries = tuple(_middle(box) for box in boxes if box.key in (f"{key}_in1", f"{key}_in2"))
    return CellDrawing(_frame(steps, width, height), tuple(boxes), tuple(edges), entries, leaving)


def _frame(steps: CellSteps, width: float, height: float) -> Box:
    name, weights = key_words(str(steps.id)), count_of(steps.weights, "weight")
    texts = (
        Text(CELL_PADDING, 15, name.capitalize(), is_bold=True),
        Text(width - CELL_PADDING, 15, weights, anchor=Anchor.END, is_faint=True),
    )
    return Box(str(steps.id), 0, 0, width, height, Tone.CELL, f"{name}: {weights}", texts)


def _chain(key: str, steps: tuple[Step, ...] | list[Step], x: float, y: float, width: float) -> Iterator[Box]:
    """Yield the boxes of consecutive layers, one below the other."""
    for step in steps:
        box = _box(f"{key}_{step.place}", step, width).moved(x, y)
        yield box
        y = box.bottom + STEP_GAP


def _between(chain: list[Box]) -> Iterator[Edge]:
    for upper, lower in pairwise(chain):
        yield Edge(upper.key, lower.key, (_middle(upper), upper.bottom), (_middle(lower), lower.y))


def _middle(box: Box) -> float:
    return box.x + box.width / 2


def _box(key: str, step: Step, width: float) -> Box:
    """Return a box with a layer's kind, parameters, output shape and weights; on a single line if they fit."""
    title = ", ".join((step.kind, *step.parameters)) + f": {step.size}"
    is_short = not step.parameters and (len(step.kind) + len(step.size) + 3) * CHARACTER_WIDTH < width - 2 * BOX_PADDING
    size = wrapped(tuple(step.size.split(", ")), _LINE_CHARACTERS)
    parameters = wrapped(step.parameters, _LINE_CHARACTERS)
    lines = [] if is_short else [*parameters, *size]
    texts = [Text(BOX_PADDING, 15, step.kind, is_bold=True)]
    if is_short:
        texts.append(Text(width - BOX_PADDING, 15, step.size, anchor=Anchor.END, is_faint=True))
    for number, line in enumerate(lines, 1):
        texts.append(Text(BOX_PADDING, 15 + number * LINE_HEIGHT, line, is_faint=number > len(parameters)))
    tone = _TONES.get(step.kind, _PLACE_TONES.get(step.place, Tone.OPERATION))
    return Box(key, 0, 0, width, 22 + len(lines) * LINE_HEIGHT, tone, title, tuple(texts))
