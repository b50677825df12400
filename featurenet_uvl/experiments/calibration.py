"""Costs of networks that nobody timed, from those of some twenty that were.

A step's time is fitted as a sum of shares of MACs, tensor elements, layers and a constant. For the 155 and 158 networks
of the preset `night`, predicted from 24 each, the whole took 1.23 and 1.40 times the prediction; without elements, it
took 1.5 and 2.4 times.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.training.cost import Cost
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialSpec

TIMED = 24
"""Networks that are timed, of those that are more; the costs of the others are predicted from theirs."""

_MIN_FITTED = 8
"""Timed networks from which costs are predicted at least."""
_SHORTEST_S = 1e-4
"""CPU seconds below which a time weighs like one of this length: the clock is no finer."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Size:
    """What the cost of a network is predicted from."""

    macs: int
    elements: int
    """Elements of all tensors between layers, for one image: cheap layers on large tensors take time, too."""
    layers: int

    @classmethod
    def of(cls, spec: TrialSpec) -> Size | None:
        """Return the size of a network of the model; None for one written by hand, which only Keras can count."""
        if spec.kind != "architecture":
            return None
        network = parse_architecture(json.loads(spec.payload))
        shapes = network.shapes().values()
        tensors = [t for at in shapes for t in (at.input1, at.operation1, at.input2, at.operation2, at.output) if t]
        return cls(network.macs(), sum(map(prod, tensors)), len(tensors))


def sizes_of(specs: Iterable[TrialSpec]) -> Mapping[str, Size]:
    """Return the sizes of the networks of the model by hash; networks written by hand have none."""
    return {spec.hash: size for spec in specs if (size := Size.of(spec)) is not None}


def spread_over_macs(sizes: Mapping[str, Size], count: int = TIMED) -> tuple[str, ...]:
    """Return `count` networks at even distances in the order of MACs, with the smallest and the largest.

    >>> spread_over_macs({name: Size(macs, 1, 1) for name, macs in zip("abcde", (5, 1, 4, 2, 3))}, 3)
    ('b', 'e', 'a')
    """
    order = sorted(sizes, key=lambda name: (sizes[name].macs, name))
    if len(order) <= count:
        return tuple(order)
    return tuple(order[round(place)] for place in np.linspace(0, len(order) - 1, count))


class CostModel:
    """Times that grow with MACs, elements and layers, fitted to networks that were timed; no share is negative.

    Errors weigh by the inverse root of the time, so that neither small nor large networks decide alone.
    """

    def __init__(self, timed: Sequence[tuple[Size, Cost]]) -> None:
        points = np.array([_point(size) for size, _ in timed])
        self._setup = _shares(points, np.array([cost.setup_s for _, cost in timed]))
        self._step = _shares(points, np.array([cost.step_s for _, cost in timed]))

    def cost(self, size: Size) -> Cost:
        """Return the predicted cost of a network."""
        point = _point(size)
        return Cost(float(point @ self._setup), float(point @ self._step))


def _point(size: Size) -> _Floats:
    return np.array([1e6, size.macs, size.elements, 1e4 * size.layers]) / 1e6


def _shares(points: _Floats, times: _Floats) -> _Floats:
    from scipy.optimize import nnls

    scale = np.maximum(times, _SHORTEST_S) ** -0.5
    shares: _Floats = nnls(points * scale[:, np.newaxis], times * scale)[0]
    return shares


@dataclass(frozen=True, slots=True)
class Calibration:
    """Costs predicted from a few networks, and how far off they are."""

    timed: int
    costs: Mapping[str, Cost]
    low: float
    high: float
    """Nine of ten networks that were left out of the fit took between `low` and `high` times their prediction."""


def calibrate(
    sizes: Mapping[str, Size], measured: Mapping[str, Cost], protocol: Protocol, data: Dataset
) -> Calibration | None:
    """Return the costs of all networks: those measured, and predictions for the others.

    The error is that of each timed network, predicted from the others.

    Args:
        sizes: Sizes by the hash of the network.
        measured: Costs by hash, of some of them.
        protocol: How the networks are to be trained.
        data: The images.

    Returns:
        None if too few were measured to predict the others.
    """
    known = sorted(key for key in measured if key in sizes)
    if len(known) < _MIN_FITTED:
        return None
    timed = [(sizes[key], measured[key]) for key in known]
    ratios = []
    for place, (size, cost) in enumerate(timed):
        others = CostModel([*timed[:place], *timed[place + 1 :]])
        predicted_s = others.cost(size).predicted_s(protocol, data)
        ratios.append(cost.predicted_s(protocol, data) / max(predicted_s, _SHORTEST_S))
    low, high = np.quantile(ratios, (0.05, 0.95))
    model = CostModel(timed)
    costs = {key: measured[key] if key in measured else model.cost(size) for key, size in sizes.items()}
    return Calibration(len(known), costs, float(low), float(high))
