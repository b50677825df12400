"""Samples side by side: distances, nearest neighbours, frequencies, and coverage by size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.report.content.figure import Figure, Panel, Series
from featurenet_uvl.sampling.metrics.distances import distance_counts, nearest_distances
from featurenet_uvl.sampling.pairs.coverage import Coverable
from featurenet_uvl.sampling.pairs.covered import covered_by_size

LINES = ("first", "second", "third", "first, thin", "second, thin", "third, thin")
"""Styles of the samples, in order."""
_BINS = 80


@dataclass(frozen=True, slots=True, eq=False)
class PlottedSample:
    """A sample of one configuration or more, over the features of the others."""

    label: str
    selected: BoolMatrix


def sample_figure(samples: Sequence[PlottedSample], coverable: Coverable | None = None) -> Figure:
    """Return a figure of four panels with one line per sample.

    Args:
        samples: One per style of line at most.
        coverable: Turns numbers of pairs into shares.

    Raises:
        UsageError: No sample, or too many.
    """
    if not 1 <= len(samples) <= len(LINES):
        raise UsageError(f"found {len(samples)} samples to plot, expected 1 to {len(LINES)}")
    panels = (
        _distances(samples),
        _nearest(samples),
        _frequencies(samples),
        _coverages(samples, coverable),
    )
    caption = "Distances are shares of all features in which two configurations differ."
    return Figure("samples", "Diversity of samples", caption, panels)


def _distances(samples: Sequence[PlottedSample]) -> Panel:
    counts = [distance_counts(sample.selected) for sample in samples]
    lines = _histograms(samples, counts)
    return Panel("Distances between configurations", "distance", "share of pairs (%)", lines)


def _nearest(samples: Sequence[PlottedSample]) -> Panel:
    """Return the panel of distances to the nearest; a sample of one configuration has none, so its line is 0."""
    counts = [
        np.bincount(nearest_distances(sample.selected), minlength=sample.selected.shape[1] + 1)
        if len(sample.selected) > 1
        else np.zeros(sample.selected.shape[1] + 1, dtype=np.int64)
        for sample in samples
    ]
    lines = _histograms(samples, counts)
    return Panel("Distance to the nearest other configuration", "distance", "share of configurations (%)", lines)


def _histograms(samples: Sequence[PlottedSample], counts: Sequence[npt.NDArray[np.int64]]) -> tuple[Series, ...]:
    """Return outlines over common bins, each of which holds equally many possible distances."""
    features = len(counts[0]) - 1
    used = np.flatnonzero(np.sum(counts, axis=0))
    first, last = (int(used[0]), int(used[-1])) if len(used) else (0, features)
    width = max(1, -(-(last - first + 1) // _BINS))
    edges = np.arange(first, last + width + 1, width)
    lines = []
    for style, sample, numbers in zip(LINES, samples, counts):
        heights = np.add.reduceat(np.append(numbers, np.zeros(width, dtype=np.int64)), edges[:-1])
        shares = 100 * heights / max(1, int(numbers.sum()))
        x = np.repeat((edges - 0.5) / max(1, features), 2)[1:-1]
        lines.append(_series(sample.label, x, np.repeat(shares, 2), style))
    return tuple(lines)


def _frequencies(samples: Sequence[PlottedSample]) -> Panel:
    lines = [
        _series(
            sample.label,
            np.arange(1, sample.selected.shape[1] + 1),
            100 * np.sort(sample.selected.mean(axis=0))[::-1],
            style,
        )
        for style, sample in zip(LINES, samples)
    ]
    return Panel(
        "Frequencies of features",
        "features, the most frequent first",
        "configurations with the feature (%)",
        tuple(lines),
        y_limits=(-2, 102),
    )


def _coverages(samples: Sequence[PlottedSample], coverable: Coverable | None) -> Panel:
    lines = []
    for style, sample in zip(LINES, samples):
        sizes = sample_sizes(len(sample.selected))
        if coverable is None:
            numbers = np.array(covered_by_size(sample.selected, sizes), dtype=np.float64)
        else:
            pairs = covered_by_size(sample.selected[:, coverable.columns], sizes)
            numbers = 100 * np.array(pairs) / max(1, coverable.pairs + coverable.undecided)
        lines.append(_series(sample.label, np.array(sizes), numbers, style))
    unit = "pairs of literals" if coverable is None else "share of the pairs that can be (%)"
    return Panel("Pairs covered by the first configurations", "configurations", unit, tuple(lines), is_log_x=True)


def sample_sizes(count: int) -> list[int]:
    """Return sizes up to a sample's own, about evenly spaced on a logarithmic scale.

    >>> sample_sizes(40)
    [1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 40]
    """
    powers = 2 ** (np.arange(0, 2 * int(count).bit_length() + 1) / 2)
    return sorted({min(count, round(float(size))) for size in powers})


def _series(label: str, x: npt.NDArray[np.generic], y: npt.NDArray[np.generic], style: str) -> Series:
    return Series(label, tuple(x.astype(float).tolist()), tuple(y.astype(float).tolist()), style)
