"""The bound of the mean distance: never below any sample, close to the best one, known values of large models."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from featurenet_uvl.analysis.choice_graph import find_choices
from featurenet_uvl.analysis.diagram import build_diagram
from featurenet_uvl.analysis.exact_model import exact_model
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.sampling.metrics.distance_bound import Limit, mean_distance_limit
from featurenet_uvl.sampling.metrics.distances import diversity
from featurenet_uvl.translators.pipeline import compile_model
from tests.places import SHARED

REFERENCE = SHARED / "reference" / "ghamizi2019-light.xml"


def random_cnf(chance: random.Random) -> Cnf:
    count = chance.randint(1, 6)
    clauses = tuple(
        tuple(chance.choice((1, -1)) * chance.randint(1, count) for _ in range(chance.randint(1, 4)))
        for _ in range(chance.randint(0, 9))
    )
    return Cnf(VarMap(tuple(f"f{n}" for n in range(count)), count), clauses)


def solutions(cnf: Cnf) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    rows = [
        values
        for values in itertools.product((False, True), repeat=len(cnf.variables))
        if cnf.is_satisfied_by([number for number, value in enumerate(values, 1) if value])
    ]
    return np.array(rows, dtype=np.bool_).reshape(len(rows), len(cnf.variables))


def test_no_sample_is_above_the_bound_and_the_best_one_with_repetition_is_near() -> None:
    """All samples of 2 to 4 solutions, equal ones allowed: the bound holds for those, too."""
    chance = random.Random(3)
    tested = tight = 0
    while tested < 60:
        cnf = random_cnf(chance)
        rows = solutions(cnf)
        if not 2 <= len(rows) <= 12:
            continue
        choices = find_choices(build_diagram(cnf))
        for count in (2, 3, 4):
            means = [
                diversity(rows[list(chosen)]).mean_distance or 0.0
                for chosen in itertools.combinations_with_replacement(range(len(rows)), count)
            ]
            limit = mean_distance_limit(choices, rows.shape[1], count)
            assert limit.upper >= max(means) - 1e-9, (cnf, count)
            tight += limit.upper <= max(means) * 1.001 + 1e-9
            tested += 1
    assert tight > tested / 3


def test_large_samples_reach_the_bound() -> None:
    """Herding over all solutions listed: its mean distance tends to the limit."""
    chance = random.Random(8)
    tested = 0
    while tested < 20:
        cnf = random_cnf(chance)
        rows = solutions(cnf)
        if len(rows) < 2:
            continue
        count = 2000
        selected = np.zeros(rows.shape[1])
        for step in range(count):
            selected += rows[int((rows @ (1 - 2 * selected / max(1, step))).argmax())]
        mean = float((2 * selected * (count - selected)).sum()) / (count * (count - 1)) / rows.shape[1]
        limit = mean_distance_limit(find_choices(build_diagram(cnf)), rows.shape[1], count)
        assert mean <= limit.upper + 1e-12
        assert mean >= limit.upper * (1 - limit.gap) - 2e-3
        tested += 1


def test_whole_numbers_make_the_bound_exact_for_odd_samples() -> None:
    choices = find_choices(build_diagram(Cnf(VarMap(("a", "b"), 2), ())))
    assert [round(mean_distance_limit(choices, 2, count).upper, 9) for count in (2, 3, 4, 5)] == [
        1.0,
        round(2 / 3, 9),
        round(2 / 3, 9),
        0.6,
    ]


def test_auxiliaries_do_not_count() -> None:
    cnf = Cnf(VarMap(("a", "__aux_1"), 1), ((-2, 1), (2, -1)))
    assert mean_distance_limit(find_choices(build_diagram(cnf)), 1, 2).upper == pytest.approx(1.0)


def test_a_model_with_one_configuration() -> None:
    limit = mean_distance_limit(find_choices(build_diagram(Cnf(VarMap(("a",), 1), ((1,),)))), 1, 2)
    assert (limit.upper, limit.gap, limit.share(0.0)) == (0.0, 0.0, 1.0)
    assert Limit(2, 0.5, 0.0).share(0.25) == 0.5


@pytest.mark.skipif(not REFERENCE.exists(), reason="needs shared/reference beside the project")
def test_the_released_model_of_the_paper() -> None:
    """Another program gives 0.25670 for infinitely many configurations."""
    cnf = compile_model(str(REFERENCE))
    limit = mean_distance_limit(exact_model(cnf).choices, cnf.variables.feature_count, 1000, tolerance=2e-3)
    assert limit.gap <= 2e-3
    assert 0.25668 * 1000 / 999 <= limit.upper <= 0.25670 * 1000 / 999 * 1.002
