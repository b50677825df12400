"""CMSGen assigns every variable, follows its seed, and ends at the time limit."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.solvers.cmsgen import CmsGen
from featurenet_uvl.solvers.limits import OutOfTimeError
from tests.unit.sampling.brute_force import hard_cnf, tree

FREE = Cnf(VarMap.from_names([f"f{i}" for i in range(40)]), ((1,),))


def rows(seed: int) -> list[bytes]:
    source = CmsGen(FREE, seed)
    return [row.tobytes() for _ in range(5) if (row := source.next()) is not None]


def test_seeds() -> None:
    assert rows(3) == rows(3) != rows(2**100)
    assert len(rows(3)) == 5


def test_unmentioned_variables_vary_and_forbidden_solutions_do_not_come_again() -> None:
    source = CmsGen(FREE, 1)
    found = np.array([source.next() for _ in range(60)])
    assert found.shape == (60, 40)
    assert 0.2 < found[:, -1].mean() < 0.8
    source = CmsGen(Cnf(VarMap.from_names(["a", "b"]), ((1, 2),)), 1)
    seen = set()
    while (row := source.next()) is not None:
        seen.add(tuple(row.tolist()))
        source.forbid([1 if row[0] else -1, 2 if row[1] else -2])
    assert len(seen) == 3


def test_conflicts_and_time() -> None:
    source = CmsGen(hard_cnf(12), 1, lambda: True, pause=50)
    assert not source.is_within_pause()
    with pytest.raises(OutOfTimeError):
        source.next()
    assert CmsGen(tree(50), 1, pause=50).is_within_pause()


def test_without_pycmsgen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycmsgen", None)
    with pytest.raises(UnsupportedError, match="found no pycmsgen, expected it for the sampler cmsgen"):
        CmsGen(FREE, 1)
