"""The layout of a network's picture: rows of cells from top to bottom, so that every edge leads down.

A cell's row is the first one below all of its sources and all previous blocks. Within a row, cells stand near their
sources. An output for a cell further down passes the rows in between through a gap between cells, called a *way*; it
has one way, however many cells take it.

Source: Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures", 1981; positions
by isotonic regression, Best and Chakravarti, "Active set algorithms for isotonic regression", 1990.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from featurenet_uvl.drawing.cells import CellDrawing, draw_cell
from featurenet_uvl.drawing.picture import Anchor, Box, Edge, Picture, Text, Tone
from featurenet_uvl.drawing.wording import IMAGE, CellSteps, count_of, network_steps, summary
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.layers import format_shape

MARGIN, GUTTER, HEADING_HEIGHT, BLOCK_PADDING = 20.0, 96.0, 48.0, 12.0
"""The picture's margin, room for the blocks' texts on its left, height of its heading, space around a block's cells."""

CELL_GAP, WAY_WIDTH = 24.0, 14.0
"""Space between two cells of a row, and width of a way, in pixels."""

IMAGE_WIDTH, IMAGE_HEIGHT = 150.0, 26.0
"""Size of the image's box, in pixels."""

SWEEPS = 6
"""Number of passes over the rows that improve their order, and of those that improve their positions."""


@dataclass(slots=True)
class _Item:
    """An item of a row: a cell, the image, or a way. `source` is the key of the cell or image, or of the source of
    the way.
    """

    source: str
    width: float
    drawing: CellDrawing | None = None
    x: float = 0.0
    above: list[tuple[_Item, float]] = field(default_factory=list)
    """The items of the row above that lead here, each with the offset from `x` at which its edge arrives."""
    below: list[tuple[_Item, float]] = field(default_factory=list)

    @property
    def leaving(self) -> float:
        """The offset from `x` at which the item's edges start."""
        return self.drawing.leaving if self.drawing is not None else self.width / 2


_Row = list[_Item]


def draw_network(architecture: Architecture, title: str = "Network") -> Picture:
    """Return the picture of a network; equal networks give equal pictures.

    Args:
        architecture: The network.
        title: The picture's title.

    Raises:
        DecodeError: The shapes of the network do not fit.

    >>> from featurenet_uvl.ir.architecture import Cell, CellId, Destination
    >>> from featurenet_uvl.ir.layers import Dense, Flatten, Void, Zeros
    >>> cell = Cell(CellId(1, 1), (), Dense(16, "relu"), Flatten(), Zeros(), Void(), "Sum", Destination("Out"))
    >>> [box.key for box in draw_network(Architecture((8, 8, 1), 10, (cell,))).boxes]
    ['image', 'b1_c1_in1', 'b1_c1_op1', 'b1_c1_out']
    """
    cells = network_steps(architecture)
    rows = _rows(cells, _ranks(architecture))
    for sweep in range(SWEEPS):
        _order(rows, downwards=sweep % 2 == 0)
    _place(rows)
    return _picture(architecture, cells, rows, title)


def _ranks(architecture: Architecture) -> Mapping[str, int]:
    """Return the row of each cell: below all of its sources, and below all previous blocks."""
    ranks: dict[str, int] = {}
    first, block = 1, 0
    for cell in architecture.cells:
        if cell.id.block != block:
            first, block = max(ranks.values(), default=0) + 1, cell.id.block
        ranks[str(cell.id)] = max([first, *(ranks[str(source)] + 1 for source in cell.sources)])
    return ranks


def _rows(cells: Sequence[CellSteps], ranks: Mapping[str, int]) -> list[_Row]:
    """Return the rows with the image, the cells and the ways, linked to each other."""
    rows: list[_Row] = [[] for _ in range(max(ranks.values()) + 1)]
    at: dict[tuple[str, int], _Item] = {(IMAGE, 0): _Item(IMAGE, IMAGE_WIDTH)}
    rows[0].append(at[IMAGE, 0])
    for steps in cells:
        drawing, key = draw_cell(steps), str(steps.id)
        item = at[key, ranks[key]] = _Item(key, drawing.frame.width, drawing)
        rows[ranks[key]].append(item)
    for steps in cells:
        key = str(steps.id)
        for source, entry in zip(steps.sources, at[key, ranks[key]].drawing.entries):  # type: ignore[union-attr]
            start = 0 if source == IMAGE else ranks[source]
            for rank in range(start + 1, ranks[key]):
                if (source, rank) not in at:
                    at[source, rank] = _Item(source, WAY_WIDTH)
                    rows[rank].append(at[source, rank])
                    _link(at[source, rank - 1], at[source, rank], WAY_WIDTH / 2)
            _link(at[source, ranks[key] - 1], at[key, ranks[key]], entry)
    return rows


def _link(upper: _Item, lower: _Item, entry: float) -> None:
    lower.above.append((upper, entry))
    upper.below.append((lower, entry))


def _order(rows: list[_Row], *, downwards: bool) -> None:
    """Sort each row by the mean place of the items to which each of its items is linked in the previous row."""
    for row in rows if downwards else rows[::-1]:
        places = {id(item): (number + 0.5) / len(other) for other in rows for number, item in enumerate(other)}

        def mean(item: _Item, places: Mapping[int, float] = places) -> float:
            linked = item.above if downwards else item.below
            return sum(places[id(other)] for other, _ in linked) / len(linked) if linked else places[id(item)]

        row.sort(key=mean)


def _place(rows: list[_Row]) -> None:
    """Set the position of every item along its row: near the items that it is linked to, without overlaps."""
    for row in rows:
        _spread(row, [0.0] * len(row))
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            _spread(row, [_best_x(item) for item in row])
    left = min(item.x for row in rows for item in row)
    for row in rows:
        for item in row:
            item.x = round(item.x - left, 1)


def _best_x(item: _Item) -> float:
    """Return the mean of the positions at which one of the item's edges would be vertical."""
    positions = [upper.x + upper.leaving - entry for upper, entry in item.above]
    positions.extend(lower.x + entry - item.leaving for lower, entry in item.below)
    return sum(positions) / len(positions) if positions else item.x


def _spread(row: _Row, wanted: Sequence[float]) -> None:
    """Move the items of a row as near as possible to wanted positions (least squares), keeping order and gaps."""
    offsets, total = [], 0.0
    for item in row:
        offsets.append(total)
        total += item.width + CELL_GAP
    pools: list[tuple[float, int]] = []
    for position, offset in zip(wanted, offsets):
        mean, count = position - offset, 1
        while pools and pools[-1][0] > mean:
            other, others = pools.pop()
            mean, count = (mean * count + other * others) / (count + others), count + others
        pools.append((mean, count))
    means = [mean for mean, count in pools for _ in range(count)]
    for item, offset, mean in zip(row, offsets, means):
        item.x = offset + mean


def _gap(upper: _Row) -> float:
    """Return the height between two rows; it grows with the longest sideways edge, to keep edges apart."""
    lengths = [abs(lower.x + entry - item.x - item.leaving) for item in upper for lower, entry in item.below]
    return 44 + min(0.12 * max(lengths, default=0), 90)


def _picture(architecture: Architecture, cells: Sequence[CellSteps], rows: list[_Row], title: str) -> Picture:
    tops, heights = _vertical(rows)
    frames, boxes, edges = list[Box](), list[Box](), list[Edge]()
    for row, top, height in zip(rows, tops, heights):
        for item in row:
            x = MARGIN + GUTTER + item.x
            if item.drawing is not None:
                frames.append(item.drawing.frame.moved(x, top))
                boxes.extend(box.moved(x, top) for box in item.drawing.boxes)
                edges.extend(_moved(edge, x, top) for edge in item.drawing.edges)
            elif item.source == IMAGE and item.width == IMAGE_WIDTH:
                boxes.append(_image(architecture).moved(x, top))
            else:
                edges.append(Edge(item.source, None, (x + item.leaving, top), (x + item.leaving, top + height)))
    edges.extend(_links(rows, tops, heights))
    width = max(item.x + item.width for row in rows for item in row) + 2 * MARGIN + GUTTER + BLOCK_PADDING
    text = summary(architecture)
    heading = (Text(MARGIN, 28, title, is_bold=True), Text(MARGIN, 44, text, is_faint=True))
    longest = max(len(title), len(text)) * 7.0 + 2 * MARGIN
    width = max(width, longest)
    blocks = tuple(_blocks(cells, frames, width))
    return Picture(
        width,
        tops[-1] + heights[-1] + MARGIN + BLOCK_PADDING,
        title,
        text,
        blocks,
        tuple(frames),
        tuple(boxes),
        tuple(edges),
        heading,
    )


def _vertical(rows: list[_Row]) -> tuple[list[float], list[float]]:
    """Return the top and the height of each row."""
    heights = [
        max((i.drawing.frame.height for i in row if i.drawing is not None), default=IMAGE_HEIGHT) for row in rows
    ]
    tops = [HEADING_HEIGHT + MARGIN]
    for row, height in zip(rows[:-1], heights):
        tops.append(tops[-1] + height + _gap(row))
    return tops, heights


def _moved(edge: Edge, dx: float, dy: float) -> Edge:
    (x1, y1), (x2, y2) = edge.start, edge.end
    return Edge(edge.source, edge.target, (x1 + dx, y1 + dy), (x2 + dx, y2 + dy))


def _image(architecture: Architecture) -> Box:
    shape = format_shape(architecture.input_shape)
    texts = (
        Text(8, 17, "Image", is_bold=True),
        Text(IMAGE_WIDTH - 8, 17, shape, anchor=Anchor.END, is_faint=True),
    )
    return Box(IMAGE, 0, 0, IMAGE_WIDTH, IMAGE_HEIGHT, Tone.IMAGE, f"the image: {shape}", texts)


def _links(rows: list[_Row], tops: list[float], heights: list[float]) -> Iterator[Edge]:
    """Yield the edges between consecutive rows."""
    left = MARGIN + GUTTER
    for upper, top, height, next_top in zip(rows, tops, heights, tops[1:]):
        for item in upper:
            if item.drawing is not None:
                start = top + item.drawing.frame.height
            else:
                start = top + (IMAGE_HEIGHT if item.width == IMAGE_WIDTH else height)
            x = left + item.x + item.leaving
            if item.below and start < top + height:
                yield Edge(item.source, None, (x, start), (x, top + height))
            for lower, entry in item.below:
                target = lower.source if lower.drawing is not None else None
                yield Edge(item.source, target, (x, top + height), (left + lower.x + entry, next_top))


def _blocks(cells: Sequence[CellSteps], frames: Sequence[Box], width: float) -> Iterator[Box]:
    by_key = {frame.key: frame for frame in frames}
    numbers = sorted({steps.id.block for steps in cells})
    for number in numbers:
        own = [steps for steps in cells if steps.id.block == number]
        top = min(by_key[str(steps.id)].y for steps in own) - BLOCK_PADDING
        bottom = max(by_key[str(steps.id)].bottom for steps in own) + BLOCK_PADDING
        weights = sum(steps.weights for steps in own)
        texts = (
            Text(10, 20, f"Block {number}", is_bold=True),
            Text(10, 36, f"{weights:,}", is_faint=True),
            Text(10, 50, "weight" if weights == 1 else "weights", is_faint=True),
        )
        title = f"block {number}: {count_of(len(own), 'cell')}, {count_of(weights, 'weight')}"
        yield Box(f"b{number}", 0, 0, width - 2 * MARGIN + 16, bottom - top, Tone.BLOCK, title, texts).moved(
            MARGIN - 8, top
        )
