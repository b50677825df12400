"""How diverse a sample is: distances between configurations, and their sizes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.sampling.pool.bits import Words, words_of


@dataclass(frozen=True, slots=True)
class Diversity:
    """Metrics of one sample. A distance is the share of features in which two configurations differ (0 to 1).

    Distances are None for a single configuration and without features. `nearest_mean` is the mean distance of a
    configuration to its nearest other one, `minimum` the distance of the two nearest. Sizes are numbers of selected
    features.
    """

    count: int
    distinct: int
    features: int
    mean_distance: float | None
    nearest_mean: float | None
    minimum: float | None
    size_min: int
    size_median: float
    size_max: int

    def to_json(self) -> str:
        """Return one JSON object with the names of the attributes as keys; null for a distance that does not exist."""
        return json.dumps(asdict(self))


def diversity(selected: BoolMatrix) -> Diversity:
    """Return the metrics of a sample: one row per configuration, one column per feature. O(rows^2 * columns / 64).

    Raises:
        UsageError: The sample has no configuration.

    >>> diversity(np.array([[True, False], [True, True]])).mean_distance
    0.5
    """
    rows, features = selected.shape
    if not rows:
        raise UsageError("found a sample without configurations, expected at least one")
    packed = words_of(selected)
    sizes = selected.sum(axis=1)
    mean = nearest_mean = minimum = None
    if rows > 1 and features:
        total, nearest = _distances(packed)
        mean = total / (rows * (rows - 1) // 2) / features
        nearest_mean = float(nearest.mean()) / features
        minimum = int(nearest.min()) / features
    return Diversity(
        count=rows,
        distinct=len({row.tobytes() for row in packed}),
        features=features,
        mean_distance=mean,
        nearest_mean=nearest_mean,
        minimum=minimum,
        size_min=int(sizes.min()),
        size_median=float(np.median(sizes)),
        size_max=int(sizes.max()),
    )


def distance_counts(selected: BoolMatrix) -> npt.NDArray[np.int64]:
    """Return the numbers of pairs of configurations that differ in 0, 1, 2, ... features.

    >>> distance_counts(np.array([[True, False], [True, True], [True, True]])).tolist()
    [1, 2, 0]
    """
    packed = words_of(selected)
    counts = np.zeros(selected.shape[1] + 1, dtype=np.int64)
    for row in range(len(packed) - 1):
        distances = np.bitwise_count(packed[row + 1 :] ^ packed[row]).sum(axis=1, dtype=np.int64)
        counts += np.bincount(distances, minlength=len(counts))
    return counts


def nearest_distances(selected: BoolMatrix) -> npt.NDArray[np.int64]:
    """Return the distance of each configuration to its nearest other one, in features; there must be two."""
    return _distances(words_of(selected))[1]


def _distances(packed: Words) -> tuple[int, npt.NDArray[np.int64]]:
    """Return the sum of all distances, and the distance of each row to its nearest other one, in features."""
    rows = packed.shape[0]
    total = 0
    nearest = np.full(rows, np.iinfo(np.int64).max)
    for row in range(rows - 1):
        others = np.bitwise_count(packed[row + 1 :] ^ packed[row]).sum(axis=1, dtype=np.int64)
        total += int(others.sum())
        nearest[row] = min(nearest[row], others.min())
        np.minimum(nearest[row + 1 :], others, out=nearest[row + 1 :])
    return total, nearest
