"""The checker finds every fault in the answer of a wrong engine."""

from __future__ import annotations

import numpy as np
import pytest

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import Sample, Stop
from featurenet_uvl.sampling import registry
from featurenet_uvl.sampling.checked import InvalidSolutionError
from featurenet_uvl.sampling.request import Request, Solutions

CNF = Cnf(VarMap.from_names(["a", "b", "__aux_1"]), ((1,), (-3, 2), (3, -2)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1, 0, 0], [0, 0, 0]], r"solution 2 violates clause 1: \(1,\)"),
        ([[1, 0, 0], [1, 1, 0]], r"solution 2 violates clause 3: \(3, -2\)"),
        ([[1, 1, 1], [1, 0, 0], [1, 1, 1]], "solution 3 repeats solution 1"),
        ([[1, 1]], "found solutions of 2 variables, expected 3"),
    ],
)
def test_a_wrong_engine_is_found_out(values: list[list[int]], message: str) -> None:
    solutions = Solutions(np.array(values, dtype=np.bool_), Stop.COMPLETE)
    with pytest.raises(InvalidSolutionError, match=message):
        registry.draw(CNF, Request(len(values), 1), "wrong", lambda *_: solutions)


@pytest.mark.parametrize(("count", "stop"), [(3, Stop.COMPLETE), (2, Stop.EXHAUSTED), (1, Stop.COMPLETE)])
def test_a_wrong_number_is_found_out(count: int, stop: Stop) -> None:
    solutions = Solutions(np.array([[1, 0, 0], [1, 1, 1]], dtype=np.bool_), stop)
    with pytest.raises(InvalidSolutionError, match=f"found 2 solutions and the word '{stop.value}', asked for {count}"):
        registry.draw(CNF, Request(count, 1), "wrong", lambda *_: solutions)


def test_a_known_configuration_is_not_new() -> None:
    known = np.array([[1, 1]], dtype=np.bool_)
    solutions = Solutions(np.array([[1, 0, 0], [1, 1, 1]], dtype=np.bool_), Stop.COMPLETE, "really")
    with pytest.raises(InvalidSolutionError, match="really: solution 2 repeats a known configuration"):
        registry.draw(CNF, Request(2, 1, known=known), "wrong", lambda *_: solutions)
    with pytest.raises(UsageError, match="found known configurations of 3 features, expected the 2"):
        registry.draw(CNF, Request(2, 1, known=np.ones((1, 3), dtype=np.bool_)))


def test_a_sample_is_read_only_and_independent_of_what_it_was_made_from() -> None:
    source = np.array([[True, False]])
    sample = Sample(("a", "b"), source, "steered", 1, Stop.COMPLETE)
    source[0, 1] = True
    assert list(sample.configurations()) == [("a",)]
    with pytest.raises(ValueError, match="read-only"):
        sample.selected[0, 0] = False
    with pytest.raises(ValueError, match="found 2 columns"):
        Sample(("a",), source, "steered", 1, Stop.COMPLETE)
