"""A picture that is laid out: boxes with text, frames around them, edges between them; in pixels, y goes down."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

FONT_SIZE = 11.0
LINE_HEIGHT = 14.0
CHARACTER_WIDTH = 5.9
"""What a character of an ordinary sans-serif font takes at `FONT_SIZE` at most, on average over a line."""


class Tone(Enum):
    """What a box is for; the writers choose the colours."""

    CONVOLUTION = "convolution"
    POOLING = "pooling"
    DENSE = "dense"
    OPERATION = "operation"
    PASSING = "passing"
    """A layer that only passes its tensor on."""
    JOIN = "join"
    OUTPUT = "output"
    IMAGE = "image"
    CELL = "cell"
    BLOCK = "block"


class Anchor(Enum):
    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True, slots=True)
class Text:
    """One line; `y` is its baseline."""

    x: float
    y: float
    text: str
    is_bold: bool = False
    anchor: Anchor = Anchor.START
    is_faint: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with text. `key` says what it stands for, such as `b1_c2_in1`; `title` says it in words."""

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
        """The same box elsewhere."""
        texts = tuple(Text(t.x + dx, t.y + dy, t.text, t.is_bold, t.anchor, t.is_faint) for t in self.texts)
        return Box(self.key, self.x + dx, self.y + dy, self.width, self.height, self.tone, self.title, texts)


@dataclass(frozen=True, slots=True)
class Edge:
    """A line that leaves downwards at `start` and arrives downwards at `end`, without leaving the height between them.

    `source` and `target` are keys. An edge without target is a trunk: part of the way to several targets, which ends
    where other edges of the same source start.
    """

    source: str
    target: str | None
    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Picture:
    """Blocks and cells are frames; their boxes lie within them. Boxes do not overlap, edges run around them."""

    width: float
    height: float
    title: str
    description: str
    blocks: tuple[Box, ...]
    cells: tuple[Box, ...]
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    heading: tuple[Text, ...] = field(default=())
