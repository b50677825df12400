"""A picture after its layout: boxes with text, frames around them, edges between them. In pixels; y grows downwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

FONT_SIZE, LINE_HEIGHT = 11.0, 14.0
"""Size of the text, and distance between two baselines, in pixels."""

CHARACTER_WIDTH = 5.9
"""Upper limit of a line's mean width per character at `FONT_SIZE`, in pixels, in ordinary sans-serif fonts."""


class Tone(Enum):
    """The role of a box, for which the writers choose a colour."""

    CONVOLUTION = "convolution"
    POOLING = "pooling"
    DENSE = "dense"
    OPERATION = "operation"
    PASSING = "passing"
    """A layer that passes its tensor on unchanged."""
    JOIN = "join"
    OUTPUT = "output"
    IMAGE = "image"
    CELL = "cell"
    BLOCK = "block"


class Anchor(Enum):
    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `y` is its baseline."""

    x: float
    y: float
    text: str
    is_bold: bool = False
    anchor: Anchor = Anchor.START
    is_faint: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with text. `key` identifies the drawn thing (`b1_c2_in1`); `title` describes it in words."""

    key: str
    x: float
    y: float
    width: float
    height: float
    tone: Tone
    title: str
    texts: tuple[Text, ...] = ()

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def moved(self, dx: float, dy: float) -> Box:
        """Return the box at another position."""
        texts = tuple(Text(t.x + dx, t.y + dy, t.text, t.is_bold, t.anchor, t.is_faint) for t in self.texts)
        return Box(self.key, self.x + dx, self.y + dy, self.width, self.height, self.tone, self.title, texts)


@dataclass(frozen=True, slots=True)
class Edge:
    """A line down from `start` to `end`, vertical at both ends, that stays between their heights.

    `source` and `target` are keys of boxes. An edge without a target is a trunk: the common first part of the lines to
    one or more targets. At its end, other edges of the same source start.
    """

    source: str
    target: str | None
    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole picture. Blocks and cells are frames around boxes; boxes do not overlap, and edges run around them."""

    width: float
    height: float
    title: str
    description: str
    blocks: tuple[Box, ...]
    cells: tuple[Box, ...]
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    heading: tuple[Text, ...] = field(default=())
