"""The figure of samples shows their true values."""

from __future__ import annotations

import numpy as np
import pytest

from featurenet_uvl.errors import UsageError
from featurenet_uvl.report.content.figure import STYLES
from featurenet_uvl.report.content.sample_figure import LINES, PlottedSample, sample_figure, sample_sizes
from featurenet_uvl.sampling.metrics.distances import diversity
from featurenet_uvl.sampling.pairs.coverage import Coverable
from featurenet_uvl.sampling.pairs.covered import covered_pairs

SELECTED = np.random.default_rng(5).random((40, 300)) < 0.3


def area(x: tuple[float, ...], y: tuple[float, ...]) -> float:
    return float(sum(y[::2]))


def test_histograms_hold_every_distance() -> None:
    distances, nearest, _, _ = sample_figure([PlottedSample("a", SELECTED), PlottedSample("b", SELECTED[:7])]).panels
    for panel in (distances, nearest):
        for series in panel.series:
            assert area(series.x, series.y) == pytest.approx(100)
    line = distances.series[0]
    middles = (np.array(line.x[::2]) + np.array(line.x[1::2])) / 2
    mean = float((middles * np.array(line.y[::2])).sum() / 100)
    assert mean == pytest.approx(diversity(SELECTED).mean_distance, abs=0.005)


def test_frequencies_and_coverage() -> None:
    coverable = Coverable(np.arange(300), 4 * 300 * 299 // 2)
    panels = sample_figure([PlottedSample("a", SELECTED)], coverable).panels
    assert panels[2].series[0].y == tuple(sorted(100 * SELECTED.mean(axis=0), reverse=True))
    assert panels[3].series[0].x[-1] == 40
    assert panels[3].series[0].y[-1] == 100 * covered_pairs(SELECTED) / coverable.pairs
    assert sample_figure([PlottedSample("a", SELECTED)]).panels[3].series[0].y[-1] == covered_pairs(SELECTED)


def test_one_configuration_can_be_drawn() -> None:
    panels = sample_figure([PlottedSample("a", SELECTED[:1])]).panels
    assert max(panels[0].series[0].y) == 0


def test_every_sample_has_its_own_line() -> None:
    assert len(set(LINES)) == len(LINES)
    assert set(LINES) <= set(STYLES)
    with pytest.raises(UsageError, match="found 7 samples to plot, expected 1 to 6"):
        sample_figure([PlottedSample("a", SELECTED)] * 7)


@pytest.mark.parametrize("count", [1, 2, 3, 100, 1000])
def test_sizes_end_with_the_samples_own(count: int) -> None:
    sizes = sample_sizes(count)
    assert sizes == sorted(set(sizes))
    assert (sizes[0], sizes[-1]) == (1, count)
