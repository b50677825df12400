"""Costs predicted from a few timed networks."""

from __future__ import annotations

import numpy as np
import pytest

from featurenet_uvl.experiments.calibration import TIMED, Size, calibrate, spread_over_macs
from featurenet_uvl.training.cost import Cost
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.trials.protocol import Protocol

DATA = Dataset("digits", "/nowhere", (16, 16, 1), 10, 1437, 360, "0" * 16)
PROTOCOL = Protocol("digits", epochs=3)


def networks(noise: float) -> tuple[dict[str, Size], dict[str, Cost]]:
    """Return 200 networks whose times follow from their sizes, but for some noise."""
    rng = np.random.default_rng(4)
    sizes, costs = {}, {}
    for number in range(200):
        size = Size(int(10 ** rng.uniform(3, 8)), int(10 ** rng.uniform(2, 6)), int(rng.integers(4, 80)))
        step_s = 0.002 + 2e-8 * size.macs + 1e-6 * size.elements
        sizes[f"{number:03}"] = size
        costs[f"{number:03}"] = Cost(0.2 + 0.03 * size.layers, step_s * float(np.exp(rng.normal(0, noise))))
    return sizes, costs


@pytest.mark.parametrize(("noise", "tolerance"), [(0.0, 1e-6), (0.2, 0.25)])
def test_few_timed_networks_tell_the_cost_of_all(noise: float, tolerance: float) -> None:
    sizes, costs = networks(noise)
    chosen = spread_over_macs(sizes)
    assert len(set(chosen)) == TIMED
    found = calibrate(sizes, {key: costs[key] for key in chosen}, PROTOCOL, DATA)
    assert found is not None
    total, predicted = (
        sum(cost.predicted_s(PROTOCOL, DATA) for cost in values.values()) for values in (costs, found.costs)
    )
    assert predicted == pytest.approx(total, rel=tolerance)
    assert found.low <= 1 + 1e-9
    assert found.high >= 1 - 1e-9
    assert (found.high - found.low < 1e-6) == (noise == 0)


def test_too_few_timed_networks_predict_nothing() -> None:
    sizes, costs = networks(0)
    assert calibrate(sizes, {key: costs[key] for key in sorted(sizes)[:7]}, PROTOCOL, DATA) is None
