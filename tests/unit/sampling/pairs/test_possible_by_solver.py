"""The pairs that a SAT solver decides are those of brute force, whatever the sizes of its search."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from featurenet_uvl.sampling.pairs.possible_by_solver import IMPOSSIBLE, OPEN, POSSIBLE, PairLimits, decide_pairs
from tests.unit.sampling.brute_force import all_configurations, small_cnf
from tests.unit.sampling.pairs.test_coverage import SATISFIABLE, expected_pairs


@pytest.mark.parametrize("seed", SATISFIABLE)
@pytest.mark.parametrize("warm_up", [0, 5])
def test_pairs_are_those_of_brute_force(seed: int, warm_up: int) -> None:
    limits = PairLimits(warm_up=warm_up, batch=2, block=3)
    cnf = small_cnf(seed)
    columns, pairs = expected_pairs(cnf)
    table = decide_pairs(cnf, np.array(all_configurations(cnf)[:1]), 60.0, limits)
    numbers = table.numbers()
    found = {state: set() for state in (OPEN, POSSIBLE, IMPOSSIBLE)}
    for i, j in itertools.combinations(range(len(numbers)), 2):
        if abs(numbers[i]) != abs(numbers[j]):
            found[table.state[i, j]].add(tuple(sorted((int(numbers[i]), int(numbers[j])), key=abs)))
    assert table.columns.tolist() == columns
    assert found[POSSIBLE] == pairs
    assert (table.count(OPEN), table.count(POSSIBLE)) == (0, len(pairs))
    assert table.count(IMPOSSIBLE) == len(found[IMPOSSIBLE]) == 2 * len(columns) * (len(columns) - 1) - len(pairs)
