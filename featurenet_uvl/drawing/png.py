"""Pictures as PNG, which matplotlib draws; it is imported on first use."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from featurenet_uvl.drawing.colours import BACKGROUND, EDGE, FAINT, INK, colours_of
from featurenet_uvl.drawing.picture import FONT_SIZE, Anchor, Box, Edge, Picture, Text
from featurenet_uvl.system.extras import require

SCALE = 2.0
"""Pixels of the file per pixel of the picture, in each direction."""

MAX_SIDE = 16_000
"""Largest width and height of a file, in pixels; larger pictures get a smaller scale."""

_DPI = 72.0
_FONT_SHARE = 0.86
"""Size of the text relative to the SVG's: matplotlib's own font, DejaVu Sans, is wider than the fonts of the SVG."""


def to_png(picture: Picture) -> bytes:
    """Return the bytes of a PNG file; equal pictures give equal bytes under one version of matplotlib."""
    require("matplotlib", "a PNG picture")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(picture.width / _DPI, picture.height / _DPI), facecolor=BACKGROUND)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, picture.width)
    axes.set_ylim(picture.height, 0)
    axes.axis("off")
    _add_texts(axes, picture.heading, 1)
    for order, boxes in ((2, picture.blocks), (3, picture.cells), (5, picture.boxes)):
        for box in boxes:
            _add_box(axes, box, order)
    for edge in picture.edges:
        _add_edge(axes, edge, 4)
    scale = min(SCALE, MAX_SIDE / max(picture.width, picture.height))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI * scale, facecolor=BACKGROUND, metadata={"Software": None})
    return buffer.getvalue()


def _add_box(axes: Any, box: Box, order: int) -> None:
    from matplotlib.patches import FancyBboxPatch

    fill, stroke, is_dashed = colours_of(box.tone)
    style = "round,pad=0,rounding_size=4"
    axes.add_patch(
        FancyBboxPatch(
            (box.x, box.y),
            box.width,
            box.height,
            boxstyle=style,
            facecolor=fill,
            edgecolor=stroke,
            linewidth=1,
            linestyle=(0, (3, 3)) if is_dashed else "-",
            zorder=order,
        )
    )
    _add_texts(axes, box.texts, order)


def _add_texts(axes: Any, texts: Iterable[Text], order: int) -> None:
    sides = {Anchor.START: "left", Anchor.END: "right"}
    for text in texts:
        axes.text(
            text.x,
            text.y,
            text.text,
            fontsize=FONT_SIZE * _FONT_SHARE,
            fontweight="bold" if text.is_bold else "normal",
            color=FAINT if text.is_faint else INK,
            ha=sides[text.anchor],
            va="baseline",
            parse_math=False,
            zorder=order + 0.5,
        )


def _add_edge(axes: Any, edge: Edge, order: float) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    (x1, y1), (x2, y2) = edge.start, edge.end
    middle = (y1 + y2) / 2
    path = Path([(x1, y1), (x1, middle), (x2, middle), (x2, y2)], [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    axes.add_patch(PathPatch(path, facecolor="none", edgecolor=EDGE, linewidth=1.4, zorder=order, capstyle="butt"))
    if edge.target:
        tip = [(x2, y2), (x2 - 4, y2 - 6.8), (x2 + 4, y2 - 6.8)]
        axes.add_patch(Polygon(tip, closed=True, facecolor=EDGE, edgecolor="none", zorder=order))
