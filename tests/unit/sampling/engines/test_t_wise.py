"""The sampler `t-wise` covers exactly what brute force says can be covered, with few configurations."""

from __future__ import annotations

import itertools
import math
from functools import partial

import numpy as np
import pytest

from featurenet_uvl.errors import LimitError, UnsatisfiableError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.engines.t_wise import solve_t_wise
from featurenet_uvl.sampling.pairs.coverage import coverage, find_coverable
from featurenet_uvl.sampling.pairs.possible_by_solver import OPEN, PairLimits, decide_pairs
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Engine, Request
from tests.unit.sampling.brute_force import all_configurations, hard_cnf, pairs_of, small_cnf
from tests.unit.sampling.pairs.test_possible_by_diagram import random_tree

SATISFIABLE = [seed for seed in range(60) if all_configurations(small_cnf(seed))]


class Ticking(Request):
    """A request whose time ends at the third look at the clock."""

    def is_out_of_time(self) -> bool:
        CALLS.append(self)
        return len(CALLS) > 3


CALLS: list[Request] = []


def free(features: int) -> Cnf:
    return Cnf(VarMap.from_names([f"f{i}" for i in range(features)]), ())


@pytest.fixture(params=["diagram", "solver"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Return the sampler with and without a diagram."""
    return solve_t_wise if request.param == "diagram" else partial(solve_t_wise, max_nodes=0)


@pytest.mark.parametrize("seed", SATISFIABLE)
def test_all_pairs_and_no_configuration_in_vain(seed: int, engine: Engine) -> None:
    cnf = small_cnf(seed)
    sample = draw(cnf, Request(1000, seed), "t-wise", engine)
    rows = [tuple(row) for row in sample.selected.tolist()]
    assert pairs_of(rows) == pairs_of(all_configurations(cnf))
    assert sample.stop is Stop.COVERED
    for size in range(1, len(rows)):
        assert pairs_of(rows[: size + 1]) > pairs_of(rows[:size])


def test_a_tree_is_covered_with_fewer_than_random_ones_need(engine: Engine) -> None:
    cnf = random_tree(3, 60)
    sample = draw(cnf, Request(1000, 1), "t-wise", engine)
    coverable = find_coverable(cnf, sample.selected)
    assert coverage(sample.selected, coverable).share == 1.0
    random = draw(cnf, Request(2 * len(sample), 1), "cmsgen")
    assert coverage(random.selected, coverable).share < 1.0


@pytest.mark.parametrize("features", [2, 3, 10, 40])
def test_free_features_need_few(features: int) -> None:
    """At least 4; the best known number is about log2 of the features."""
    size = len(draw(free(features), Request(1000, 1), "t-wise"))
    assert 4 <= size <= 6 + 2 * math.log2(features)


def test_the_first_ones_cover_the_most() -> None:
    sample = draw(random_tree(5, 80), Request(1000, 1), "t-wise").selected
    gains = [len(pairs_of(sample[:size].tolist())) for size in range(len(sample) + 1)]
    steps = [b - a for a, b in itertools.pairwise(gains)]
    assert steps[0] == max(steps)
    assert sum(steps[: len(steps) // 2]) > 0.9 * sum(steps)


def test_the_number_is_a_maximum(engine: Engine) -> None:
    cnf = random_tree(3, 60)
    every = draw(cnf, Request(1000, 1), "t-wise", engine)
    some = draw(cnf, Request(5, 1), "t-wise", engine)
    assert (len(some), some.stop) == (5, Stop.COMPLETE)
    assert np.array_equal(some.selected, every.selected[:5])
    assert draw(cnf, Request(len(every), 1), "t-wise", engine).stop is Stop.COMPLETE
    assert not np.array_equal(draw(cnf, Request(5, 2), "t-wise", engine).selected, some.selected)


def test_known_configurations_cover_already(engine: Engine) -> None:
    cnf = random_tree(3, 60)
    every = draw(cnf, Request(1000, 1), "t-wise", engine).selected
    more = draw(cnf, Request(1000, 2, known=every[:5]), "t-wise", engine)
    together = more.after(every[:5])
    assert coverage(together.selected, find_coverable(cnf, every)).share == 1.0
    assert len(more) < len(every)
    nothing = draw(cnf, Request(1000, 2, known=every), "t-wise", engine)
    assert (len(nothing), nothing.stop) == (0, Stop.COVERED)


def test_models_without_pairs(engine: Engine) -> None:
    for cnf, count in ((Cnf(VarMap.from_names(["a", "b"]), ((1,), (-2,))), 1), (free(1), 2), (free(0), 1)):
        sample = draw(cnf, Request(9, 1), "t-wise", engine)
        assert (len(sample), sample.stop) == (count, Stop.COVERED)
        assert draw(cnf, Request(1, 1), "t-wise", engine).stop in (Stop.COMPLETE, Stop.COVERED)
    with pytest.raises(UnsatisfiableError):
        draw(Cnf(VarMap.from_names(["a"]), ((1,), (-1,))), Request(9, 1), "t-wise", engine)


def test_time_and_interrupts_leave_what_was_found(engine: Engine) -> None:
    def interrupt(done: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    cnf = random_tree(3, 60)
    sample = draw(cnf, Request(1000, 1, on_progress=interrupt), "t-wise", engine)
    assert (len(sample), sample.stop) == (4, Stop.INTERRUPTED)
    CALLS.clear()
    sample = draw(cnf, Ticking(1000, 1), "t-wise", engine)
    assert (len(sample), sample.stop) == (3, Stop.TIME)


def test_nothing_within_the_time() -> None:
    with pytest.raises(LimitError):
        draw(hard_cnf(12), Request(10, 1, time_limit_s=0.3), "t-wise")


def test_pairs_that_nobody_decided_are_found_impossible_on_the_way() -> None:
    """Equal features that unit propagation does not show to be equal."""
    clauses = tuple((sign * 1, -sign * 2, x, y) for sign in (1, -1) for x in (3, -3) for y in (4, -4))
    cnf = Cnf(VarMap.from_names([f"f{i}" for i in range(6)]), clauses)
    known = np.array([[0] * 6, [1] * 6], dtype=np.bool_)
    undecided = partial(solve_t_wise, max_nodes=0, pair_limits=PairLimits(warm_up=0), pair_time_limit_s=1e-9)
    table = decide_pairs(cnf, known, 1e-9, PairLimits(warm_up=0))
    assert table.count(OPEN) > 0
    sample = draw(cnf, Request(99, 1, known=known), "t-wise", undecided).after(known)
    expected = pairs_of(all_configurations(cnf))
    assert (1, -2) not in expected
    assert pairs_of([tuple(row) for row in sample.selected.tolist()]) == expected
