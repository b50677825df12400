"""Networks as text for the terminal: block by block and cell by cell, with sources and destinations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from featurenet_uvl.drawing.wording import (
    IMAGE,
    CellSteps,
    Step,
    count_of,
    key_words,
    network_steps,
    shape_words,
    summary,
    wrapped,
)
from featurenet_uvl.ir.architecture import Architecture

MIN_WIDTH, MAX_WIDTH = 64, 120
"""Smallest and largest width of a drawing, in columns."""

_KIND_WIDTH, _SHAPE_WIDTH, _WEIGHTS_WIDTH = 13, 15, 13


def architecture_text(architecture: Architecture, title: str = "Network", width: int = 80) -> str:
    """Return a network as lines of text.

    Args:
        architecture: The network.
        title: The first line.
        width: Columns of the terminal; the drawing has at least `MIN_WIDTH` and at most `MAX_WIDTH`.

    Raises:
        DecodeError: The shapes of the network do not fit.
    """
    width = min(max(width, MIN_WIDTH), MAX_WIDTH)
    cells = network_steps(architecture)
    targets = _targets(cells)
    lines = [_one_line(title), summary(architecture)]
    for number in sorted({steps.id.block for steps in cells}):
        own = [steps for steps in cells if steps.id.block == number]
        weights = sum(steps.weights for steps in own)
        lines += ["", f"Block {number}: {count_of(len(own), 'cell')}, {count_of(weights, 'weight')}"]
        for steps in own:
            lines.extend(_cell(steps, targets[str(steps.id)], width))
    return "\n".join(lines) + "\n"


def _targets(cells: Sequence[CellSteps]) -> Mapping[str, list[str]]:
    """Return for the image and each cell the names of the cells that take its output."""
    targets: dict[str, list[str]] = {IMAGE: [], **{str(steps.id): [] for steps in cells}}
    for steps in cells:
        for source in dict.fromkeys(steps.sources):
            targets[source].append(key_words(str(steps.id)))
    return targets


def _cell(steps: CellSteps, targets: Sequence[str], width: int) -> Iterator[str]:
    head = f"  {key_words(str(steps.id)).capitalize()}"
    yield head + count_of(steps.weights, "weight").rjust(width - len(head))
    for source, half in zip(steps.sources, steps.halves):
        yield f"  ┌ {key_words(source)}"
        for step in half:
            yield from _step(step, "│", width)
    if steps.join is not None:
        yield from _step(steps.join, "└", width)
    for step in steps.ends:
        yield from _step(step, "■", width)
    if targets:
        lines = wrapped(tuple(targets), width - 7)
        yield f"  ╰─ to {lines[0]}"
        yield from (f"        {line}" for line in lines[1:])


def _step(step: Step, mark: str, width: int) -> Iterator[str]:
    """Yield a layer's lines: kind and parameters on the left, shape and weights on the right of the first line."""
    left = 4 + _KIND_WIDTH
    room = width - left - _SHAPE_WIDTH - _WEIGHTS_WIDTH
    lines = wrapped(step.parameters, room) or [""]
    kind = step.kind
    if len(kind) >= _KIND_WIDTH and lines != [""]:
        yield f"  {mark} {kind}"
        kind = ""
    weights = f"{step.weights:,}" if step.weights else "-"
    first = f"  {mark} {kind.ljust(_KIND_WIDTH)}{lines[0]}".ljust(left + room)
    yield first + shape_words(step.shape).rjust(_SHAPE_WIDTH) + weights.rjust(_WEIGHTS_WIDTH)
    below = mark if mark == "│" else " "
    yield from (f"  {below} {'':{_KIND_WIDTH}}{line}" for line in lines[1:])


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
