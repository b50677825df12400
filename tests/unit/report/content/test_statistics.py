"""Intervals and the test of equivalence, against their definitions and SciPy's own tests."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from featurenet_uvl.report.content.statistics import Verdict, equivalence, mean_interval, wilson


@pytest.mark.parametrize(("successes", "count"), [(1, 7), (50, 100), (9714, 10_000), (360, 400), (3, 2000)])
def test_wilsons_ends_are_where_the_score_test_turns(successes: int, count: int) -> None:
    """A share belongs to the interval if and only if the score test does not reject it."""
    found = wilson(successes / count, count)
    for end in (found.low, found.high):
        score = abs(successes / count - end) / math.sqrt(end * (1 - end) / count)
        assert score == pytest.approx(1.959964, abs=1e-5)
    assert found.low < successes / count < found.high


def test_wilson_at_the_ends() -> None:
    assert wilson(0.0, 100).low == pytest.approx(0.0, abs=1e-12)
    assert wilson(1.0, 100).high == 1.0
    assert wilson(1.0, 100).low == pytest.approx(100 / (100 + 1.959964**2))


def test_the_interval_of_a_mean_is_scipys() -> None:
    values = [0.91, 0.94, 0.90, 0.97]
    found = mean_interval(values)
    assert found is not None
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert mean_interval([0.9]) is mean_interval([]) is None


@pytest.mark.parametrize("shift", [0.0, 0.004, 0.02, -0.02, 0.1])
def test_equivalence_is_two_of_scipys_one_sided_tests(shift: float) -> None:
    random = np.random.default_rng(3)
    first = random.normal(0.9, 0.01, 6)
    second = random.normal(0.9 + shift, 0.02, 9)
    margin = 0.03
    found = equivalence(list(first), list(second), margin)
    assert found is not None
    above = stats.ttest_ind(second, first - margin, equal_var=False, alternative="greater").pvalue
    below = stats.ttest_ind(second, first + margin, equal_var=False, alternative="less").pvalue
    assert found.p_value == pytest.approx(max(above, below))
    interval = stats.ttest_ind(second, first, equal_var=False).confidence_interval(0.90)
    assert (found.interval.low, found.interval.high) == pytest.approx((interval.low, interval.high))
    is_inside = -margin < found.interval.low and found.interval.high < margin
    assert (found.verdict is Verdict.EQUIVALENT) == is_inside


def test_the_verdicts() -> None:
    first = [0.90, 0.91, 0.92]
    for second, verdict in (
        ([0.905, 0.91, 0.915], Verdict.EQUIVALENT),
        ([0.70, 0.71, 0.72], Verdict.DIFFERENT),
        ([0.80, 0.95, 1.00], Verdict.OPEN),
    ):
        for pair in ((first, second), (second, first)):
            found = equivalence(*pair, margin=0.05)
            assert found is not None
            assert found.verdict is verdict
    assert equivalence([0.9], [0.9, 0.9], 0.05) is None
    same = equivalence([0.9, 0.9], [0.9, 0.9], 0.05)
    other = equivalence([0.9, 0.9], [0.8, 0.8], 0.05)
    assert same is not None
    assert other is not None
    assert (same.verdict, same.p_value) == (Verdict.EQUIVALENT, 0.0)
    assert other.verdict is Verdict.DIFFERENT


def test_networks_that_differ_by_the_margin_seldom_pass_for_equivalent() -> None:
    """The test promises an error of at most 5 %, checked on 2,000 draws."""
    random = np.random.default_rng(1)
    passed = 0
    for _ in range(2000):
        found = equivalence(list(random.normal(0.9, 0.01, 4)), list(random.normal(0.93, 0.01, 4)), 0.03)
        assert found is not None
        passed += found.verdict is Verdict.EQUIVALENT
    assert passed / 2000 < 0.065
