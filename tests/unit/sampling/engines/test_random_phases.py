"""The samplers `cmsgen` and `random`: exactly the configurations, distinct, the same for the same seed."""

from __future__ import annotations

import sys
from functools import partial

import numpy as np
import pytest

from featurenet_uvl.errors import LimitError, UnsatisfiableError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.engines.cmsgen import solve_cmsgen
from featurenet_uvl.sampling.engines.random_phases import solve_random
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from tests.unit.sampling.brute_force import all_configurations, hard_cnf, small_cnf

ENGINES = {"cmsgen": solve_cmsgen, "random": solve_random}
NAMES = tuple(ENGINES)
if sys.version_info < (3, 13):
    import pycmsgen  # noqa: F401  # a dependency there: a missing one must not skip tests


@pytest.mark.parametrize("sampler", NAMES)
@pytest.mark.parametrize("seed", range(25))
def test_all_configurations_and_no_more(sampler: str, seed: int) -> None:
    cnf = small_cnf(seed)
    expected = all_configurations(cnf)
    if not expected:
        with pytest.raises(UnsatisfiableError, match="no configuration exists"):
            draw(cnf, Request(5, seed), sampler)
        return
    sample = draw(cnf, Request(len(expected) + 1, seed), sampler)
    assert sample.stop is Stop.EXHAUSTED
    assert sorted(map(tuple, sample.selected.tolist())) == sorted(set(expected))
    exact = draw(cnf, Request(len(set(expected)), seed), sampler)
    assert exact.stop is Stop.COMPLETE


@pytest.mark.parametrize("sampler", NAMES)
@pytest.mark.parametrize("seed", range(10))
def test_known_ones_do_not_come_again(sampler: str, seed: int) -> None:
    cnf = small_cnf(seed)
    expected = sorted(set(all_configurations(cnf)))
    if len(expected) < 2:
        return
    known = np.array(expected[::2], dtype=np.bool_)
    sample = draw(cnf, Request(len(expected), seed, known=known), sampler)
    assert sorted(map(tuple, sample.selected.tolist())) == expected[1::2]


@pytest.mark.parametrize("sampler", NAMES)
def test_the_seed_alone_decides(sampler: str) -> None:
    cnf = Cnf(VarMap.from_names([f"f{i}" for i in range(40)]), ((1, 2), (-3, 4)))
    first, again, other = (draw(cnf, Request(20, seed), sampler).selected for seed in (7, 7, 2**100))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("sampler", NAMES)
def test_features_in_no_clause_vary(sampler: str) -> None:
    cnf = Cnf(VarMap.from_names([f"f{i}" for i in range(20)]), ((1,),))
    shares = draw(cnf, Request(200, 3), sampler).selected[:, 1:].mean(axis=0)
    assert shares.min() > 0.3
    assert shares.max() < 0.7


@pytest.mark.parametrize("sampler", NAMES)
def test_cnfs_without_clauses_or_features(sampler: str) -> None:
    assert len(draw(Cnf(VarMap.from_names(["a"]), ()), Request(9, 1), sampler)) == 2
    assert draw(Cnf(VarMap.from_names([]), ()), Request(9, 1), sampler).selected.shape == (1, 0)
    with pytest.raises(UnsatisfiableError):
        draw(Cnf(VarMap.from_names(["a"]), ((1,), (-1,))), Request(9, 1), sampler)


@pytest.mark.parametrize("sampler", NAMES)
def test_time_is_a_limit_within_a_solution(sampler: str) -> None:
    engine = partial(ENGINES[sampler], pause=50)
    with pytest.raises(LimitError, match=f"{sampler}: found no configuration within 0.3 s"):
        draw(hard_cnf(14), Request(1, 1, time_limit_s=0.3), sampler, engine)


@pytest.mark.parametrize("sampler", NAMES)
def test_a_solution_that_takes_several_turns(sampler: str) -> None:
    with pytest.raises(UnsatisfiableError):
        draw(hard_cnf(6), Request(1, 1), sampler, partial(ENGINES[sampler], pause=5))
