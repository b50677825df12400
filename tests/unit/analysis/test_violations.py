"""The check of assignments against clauses agrees with a naive one."""

from __future__ import annotations

import numpy as np
import pytest

from featurenet_uvl.analysis.violations import first_duplicate, first_violation
from featurenet_uvl.ir.cnf import Cnf, VarMap


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 200])
def test_the_first_violation_is_that_of_a_naive_check(rows: int) -> None:
    rng = np.random.default_rng(rows)
    found = 0
    for _ in range(20):
        variables = int(rng.integers(1, 9))
        clauses = tuple(
            tuple(int(v) for v in rng.integers(1, variables + 1, size=3) * rng.choice((-1, 1), size=3))
            for _ in range(rng.integers(1, 5))
        )
        cnf = Cnf(VarMap(tuple(f"v{i}" for i in range(variables)), variables), clauses)
        values = rng.random((rows, variables)) < 0.5
        naive = None
        for row, number in np.ndindex(rows, len(clauses)):
            if not any(values[row, abs(literal) - 1] == (literal > 0) for literal in clauses[number]):
                naive = (row, number)
                break
        assert first_violation(cnf, values) == naive
        found += naive is not None
    assert found


def test_an_empty_clause_is_violated_by_every_solution() -> None:
    cnf = Cnf(VarMap(("a",), 1), ((1, -1), (), (1,)))
    assert first_violation(cnf, np.array([[True]])) == (0, 1)


def test_the_first_row_that_repeats_another() -> None:
    rows = np.array([[1, 0], [0, 1], [1, 1], [0, 1], [1, 0]], dtype=np.bool_)
    assert first_duplicate(rows) == (1, 3)
    assert first_duplicate(rows[:3]) is None
    assert first_duplicate(np.zeros((2, 0), dtype=np.bool_)) == (0, 1)
