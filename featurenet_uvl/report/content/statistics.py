"""The statistics of the tables: intervals, and a test of equivalence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import mean, stdev

from featurenet_uvl.system.extras import require

LEVEL = 0.95
"""Confidence level of all intervals."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers from `low` to `high`, both included."""

    low: float
    high: float


def wilson(share: float, count: int, level: float = LEVEL) -> Interval:
    """Return Wilson's interval of a share seen in `count` independent draws, such as one network's test accuracy.

    It covers the choice of the test images, not that of another training.

    Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22, 1927.

    >>> found = wilson(0.5, 100)
    >>> round(found.low, 4), round(found.high, 4)
    (0.4038, 0.5962)
    """
    require("scipy.stats", "the statistics of a report")
    from scipy.stats import norm

    z = float(norm.ppf((1 + level) / 2))
    scale = 1 + z * z / count
    centre = (share + z * z / (2 * count)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def mean_interval(values: Sequence[float], level: float = LEVEL) -> Interval | None:
    """Return Student's interval of the mean of several runs; None for fewer than two.

    >>> found = mean_interval([0.9, 0.92])
    >>> round(found.low, 3), round(found.high, 3)
    (0.783, 1.037)
    """
    if len(values) < 2:
        return None
    require("scipy.stats", "the statistics of a report")
    from scipy.stats import t

    half = float(t.ppf((1 + level) / 2, len(values) - 1)) * stdev(values) / math.sqrt(len(values))
    return Interval(mean(values) - half, mean(values) + half)


class Verdict(StrEnum):
    """The result of a test of equivalence."""

    EQUIVALENT = "equivalent"
    """The difference lies within the margin."""
    DIFFERENT = "different"
    """The difference lies outside the margin."""
    OPEN = "not decided"
    """Neither is shown; more runs would tell."""


@dataclass(frozen=True, slots=True)
class EquivalenceTest:
    """The result of two one-sided tests on two means."""

    difference: float
    """Second mean less the first."""
    interval: Interval
    """Interval of the difference at the level 1 - 2 alpha. It lies within the margin if and only if the verdict is
    `EQUIVALENT`."""
    margin: float
    p_value: float
    """The greater p-value of the two one-sided tests."""
    verdict: Verdict


def equivalence(
    first: Sequence[float], second: Sequence[float], margin: float, alpha: float = 0.05
) -> EquivalenceTest | None:
    """Test whether two means differ by less than a margin: two one-sided t-tests with unequal variances.

    Args:
        first, second: At least two values each; else the result is None.
        margin: The smallest difference that matters.
        alpha: The error probability of each test.

    Source: D. J. Schuirmann, "A comparison of the Two One-Sided Tests Procedure and the Power Approach", 1987; degrees
    of freedom after B. L. Welch, 1947.

    >>> equivalence([0.90, 0.91, 0.92], [0.90, 0.91, 0.92], 0.05).verdict
    <Verdict.EQUIVALENT: 'equivalent'>
    """
    if len(first) < 2 or len(second) < 2:
        return None
    require("scipy.stats", "the statistics of a report")
    from scipy.stats import t

    difference = mean(second) - mean(first)
    parts = [stdev(values) ** 2 / len(values) for values in (first, second)]
    error = math.sqrt(sum(parts))
    if error == 0.0:  # all runs are equal, so the difference is exact
        p_value = 0.0 if abs(difference) < margin else 1.0
        interval = Interval(difference, difference)
    else:
        freedom = sum(parts) ** 2 / sum(
            part**2 / (len(values) - 1) for part, values in zip(parts, (first, second), strict=True)
        )
        p_value = max(float(t.sf((margin + side * difference) / error, freedom)) for side in (1, -1))
        half = float(t.ppf(1 - alpha, freedom)) * error
        interval = Interval(difference - half, difference + half)
    if p_value < alpha:
        verdict = Verdict.EQUIVALENT
    else:
        verdict = Verdict.DIFFERENT if interval.low > margin or interval.high < -margin else Verdict.OPEN
    return EquivalenceTest(difference, interval, margin, p_value, verdict)
