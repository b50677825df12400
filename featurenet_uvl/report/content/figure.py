"""A figure as data: panels with series of points. The report's JSON holds it, and `draw` draws it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from featurenet_uvl.errors import UsageError
from featurenet_uvl.system.extras import require

FORMATS = ("png", "pdf")
"""Formats of the figures of a report."""
DRAWN = (*FORMATS, "svg")
"""Formats that `draw` can write; the web page holds SVG."""


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one kind. `style` is a key of `STYLES`; `low` and `high` are a band around the points, if not empty.

    `names` has the network of each point, if points are networks.
    """

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    style: str
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes. A limit of None is set by the points."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    is_log_x: bool = False
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure. `name` is the name of its files; `caption` tells networks, images and epochs behind it."""

    name: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
    columns: int = 2


_DARK, _MIDDLE, _LIGHT = "#1b3a5c", "#b3541e", "#8a8a8a"

STYLES: Mapping[str, Mapping[str, Any]] = {
    "first": {"color": _DARK, "linewidth": 1.8},
    "second": {"color": _MIDDLE, "linewidth": 1.8, "linestyle": (0, (4, 2))},
    "first, thin": {"color": _DARK, "linewidth": 0.9, "linestyle": (0, (1, 1))},
    "second, thin": {"color": _MIDDLE, "linewidth": 0.9, "linestyle": (0, (5, 1, 1, 1))},
    "third": {"color": _LIGHT, "linewidth": 1.8, "linestyle": (0, (1, 1))},
    "third, thin": {"color": _LIGHT, "linewidth": 1.0},
    "steps": {"color": _DARK, "linewidth": 1.6, "drawstyle": "steps-post"},
    "steps 2": {"color": _MIDDLE, "linewidth": 1.4, "linestyle": (0, (4, 2)), "drawstyle": "steps-post"},
    "steps 3": {"color": _LIGHT, "linewidth": 1.4, "linestyle": (0, (1, 1)), "drawstyle": "steps-post"},
    "dots": {"color": _DARK, "linestyle": "none", "marker": "o", "markersize": 4, "alpha": 0.75},
    "triangles": {"color": _MIDDLE, "linestyle": "none", "marker": "^", "markersize": 4.5, "alpha": 0.85},
    "squares": {"color": _LIGHT, "linestyle": "none", "marker": "s", "markersize": 4, "alpha": 0.9},
    "diamonds": {"color": _DARK, "linestyle": "none", "marker": "D", "markersize": 5, "markerfacecolor": "none"},
    "stars": {"color": "black", "linestyle": "none", "marker": "*", "markersize": 12},
    "crosses": {"color": "black", "linestyle": "none", "marker": "x", "markersize": 7},
    "plusses": {"color": "black", "linestyle": "none", "marker": "P", "markersize": 8},
    "rings": {"color": "black", "linestyle": "none", "marker": "o", "markersize": 8, "markerfacecolor": "none"},
    "vertical": {"color": "black", "linewidth": 0.9, "linestyle": (0, (2, 2))},
    "vertical 2": {"color": _LIGHT, "linewidth": 1.2, "linestyle": (0, (5, 1, 1, 1))},
}
"""Styles of series by name. Dashes and markers tell them apart in grey, too."""

_METADATA: Mapping[str, dict[str, None]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
}
"""Metadata that would differ between two runs, which None leaves out."""


def draw(figure: Figure, form: str) -> bytes:
    """Draw a figure and return the bytes of a PNG, PDF or SVG file; equal input gives equal bytes under one matplotlib.

    Raises:
        UsageError: Another format.
    """
    if form not in DRAWN:
        raise UsageError(f"found figure format {form!r}, expected png, pdf or svg")
    require("matplotlib", "drawing figures")
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas

    columns = min(figure.columns, len(figure.panels))
    rows = -(-len(figure.panels) // columns)
    width = 5.4 if columns < 3 else 3.2
    below = max(_legend_rows(len(panel.series)) for panel in figure.panels) if columns < 3 else 0
    height = 4.0 + 0.2 * below if columns < 3 else 2.6
    canvas = Canvas(figsize=(width * columns, height * rows), layout="constrained")
    grid = canvas.subplots(rows, columns, squeeze=False)
    for axes in grid.flat[len(figure.panels) :]:
        axes.set_axis_off()
    for number, (axes, panel) in enumerate(zip(grid.flat, figure.panels, strict=False)):
        _draw_panel(axes, panel, is_small=columns > 2)
        if panel.series and (columns < 3 or number == 0):
            _draw_legend(axes, len(panel.series), is_small=columns > 2)
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": figure.name}):  # else the names within an SVG are random
        canvas.savefig(buffer, format=form, dpi=150, metadata=_METADATA[form])
    return buffer.getvalue()


_LONGEST = 50
"""Characters of the longest label in a legend; a longer one would leave no room for the panel."""


def _legend_rows(series: int) -> int:
    """Return the number of rows of the legend below a panel; 0 if it stands within, because the series are few."""
    return -(-series // 2) if series > 3 else 0


def _draw_legend(axes: Any, series: int, *, is_small: bool) -> None:
    if is_small or not _legend_rows(series):
        axes.legend(fontsize="x-small" if is_small else "small")
        return
    handles, labels = axes.get_legend_handles_labels()
    short = [label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…" for label in labels]
    axes.legend(
        handles, short, fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, frameon=False
    )


def _draw_panel(axes: Any, panel: Panel, *, is_small: bool) -> None:
    for series in panel.series:
        style = STYLES[series.style]
        if series.style.startswith("vertical"):
            axes.axvline(series.x[0], label=series.label, **style)
            continue
        axes.plot(series.x, series.y, label=series.label, **style)
        if series.low:
            axes.fill_between(series.x, series.low, series.high, color=style["color"], alpha=0.15, linewidth=0)
    if panel.is_log_x:
        axes.set_xscale("log")
    if panel.x_limits:
        axes.set_xlim(*panel.x_limits)
    if panel.y_limits:
        axes.set_ylim(*panel.y_limits)
    axes.set_xlabel(panel.x_label, fontsize="small" if is_small else "medium")
    axes.set_ylabel(panel.y_label, fontsize="small" if is_small else "medium")
    axes.set_title(panel.title, fontsize="small" if is_small else "medium")
    axes.grid(alpha=0.3)
    if panel.x_label == "epoch":
        axes.locator_params(axis="x", integer=True)
