"""Figures of the paper, drawn from results. matplotlib is imported by the functions here, never by the module."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from featurenet_uvl.errors import UsageError

FORMATS = ("png", "pdf")

PAPER_FIGURE_7: Mapping[str, tuple[tuple[float, float], ...]] = {
    "mnist": ((0.50, 0.585), (0.90, 0.852), (0.95, 0.985)),
    "cifar10": ((0.30, 0.729), (0.50, 0.994), (0.55, 1.0)),
}
"""By data set: an accuracy, and the share of the paper's 1,000 networks below it, from the text of section 6.2."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """What Fig. 7 shows. `accuracies` are those of the networks that have one, from 0 to 1."""

    accuracies: tuple[float, ...]
    title: str
    paper_points: tuple[tuple[float, float], ...] = ()
    baselines: tuple[tuple[str, float], ...] = ()
    """Names and accuracies, drawn as vertical lines."""


def count_below(accuracies: Sequence[float], limit: float) -> int:
    """How many networks have an accuracy lower than the limit.

    >>> count_below([0.1, 0.5, 0.9], 0.5)
    1
    """
    return sum(accuracy < limit for accuracy in accuracies)


def distribution_points(accuracies: Sequence[float]) -> list[tuple[int, int]]:
    """The points of Fig. 7: (x, y) says that y networks have an accuracy lower than x %, for x = 0 .. 100.

    >>> distribution_points([0.005, 0.015])[:3]
    [(0, 0), (1, 1), (2, 2)]
    """
    return [(percent, count_below(accuracies, percent / 100)) for percent in range(101)]


def draw_distribution(distribution: Distribution, form: str) -> bytes:
    """Fig. 7 as the bytes of a PNG or PDF file; equal input gives equal bytes under one version of matplotlib.

    Raises:
        UsageError: Another format.
    """
    if form not in FORMATS:
        raise UsageError(f"found figure format {form!r}, expected {' or '.join(FORMATS)}")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    points = distribution_points(distribution.accuracies)
    total = len(distribution.accuracies)
    axes.step([x for x, _ in points], [y for _, y in points], where="post", label=f"{total} networks, this run")
    if distribution.paper_points:
        axes.plot(
            [100 * accuracy for accuracy, _ in distribution.paper_points],
            [share * total for _, share in distribution.paper_points],
            linestyle="none",
            marker="x",
            color="tab:red",
            label="paper: 1,000 networks, scaled",
        )
    for name, accuracy in distribution.baselines:
        axes.axvline(100 * accuracy, linestyle="--", color="tab:gray", label=f"{name}, {accuracy:.1%}")
    _label(axes, distribution.title, total)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, dpi=150, metadata=_METADATA[form])
    return buffer.getvalue()


_METADATA: Mapping[str, dict[str, None]] = {"png": {"Software": None}, "pdf": {"CreationDate": None, "Producer": None}}
"""Nothing that differs between two runs goes into the file."""


def _label(axes: Any, title: str, total: int) -> None:
    axes.set_xlim(0, 100)
    axes.set_ylim(0, max(total, 1) * 1.03)
    axes.set_xlabel("test accuracy x (%)")
    axes.set_ylabel("networks with an accuracy lower than x %")
    axes.set_title(title, fontsize="medium")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", fontsize="small")
