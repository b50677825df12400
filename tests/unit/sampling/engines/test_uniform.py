"""The sampler `uniform`: all sets of configurations are equally likely."""

from __future__ import annotations

from collections import Counter
from functools import partial

import numpy as np
import pytest

from featurenet_uvl.analysis.exact_model import MAX_NODES, exact_model
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.sampling.engines.uniform import solve_uniform
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.pipeline import compile_model
from tests.places import SHARED
from tests.unit.analysis.variable_counts import variable_counts
from tests.unit.sampling.brute_force import (
    check_that_all_are_found,
    tree,
)

REFERENCE = SHARED / "reference" / "ghamizi2019-light.xml"
needs_reference = pytest.mark.skipif(not REFERENCE.exists(), reason="needs shared/reference beside the project")


@pytest.mark.parametrize("max_nodes", [MAX_NODES, 0])
def test_all_configurations_are_found_and_no_more(max_nodes: int) -> None:
    check_that_all_are_found(partial(solve_uniform, max_nodes=max_nodes))


def test_uniform_subsets_are_equally_likely() -> None:
    """All pairs out of 6 solutions, and out of 40, by listing and by drawing: chi squared each."""
    for cnf, pairs in ((Cnf(VarMap(("a", "b", "c"), 3), ((1, 2),)), 15), (Cnf(VarMap(tuple("abcde"), 5), ()), 496)):
        draws = 20 * pairs
        found = Counter(
            frozenset(map(tuple, draw(cnf, Request(2, seed), "uniform").selected.tolist())) for seed in range(draws)
        )
        assert len(found) <= pairs
        squares = sum((count - 20) ** 2 / 20 for count in found.values()) + 20 * (pairs - len(found))
        assert squares < pairs + 5 * np.sqrt(2 * pairs)


def test_without_a_diagram_cmsgen_draws() -> None:
    notes: list[str] = []
    request = Request(5, 1, on_note=notes.append)
    assert draw(tree(300), request, "uniform", partial(solve_uniform, max_nodes=0)).sampler == "cmsgen"
    assert notes[0].endswith("cmsgen draws instead, close to uniformly at best")


@needs_reference
def test_uniform_has_the_exact_marginals_of_the_released_model() -> None:
    """Each feature's share is within five deviations of the exact one."""
    cnf = compile_model(str(REFERENCE))
    model = exact_model(cnf)
    exact = np.array([count / model.total for count in variable_counts(model.diagram, model.counts)])
    shares = draw(cnf, Request(2000, 5), "uniform").selected.mean(axis=0)
    deviation = np.sqrt(exact * (1 - exact) / 2000)
    assert (np.abs(shares - exact) <= 5 * deviation + 1 / 2000).all()
