"""Distinct solutions of a source that may repeat itself."""

from __future__ import annotations

import numpy as np

from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.pool.distinct import collect
from featurenet_uvl.sampling.request import Request


def test_an_interrupt_leaves_what_was_found() -> None:
    class Interrupted:
        calls = 0

        def next(self) -> BoolMatrix | None:
            self.calls += 1
            if self.calls == 3:
                raise KeyboardInterrupt
            return np.array([True, self.calls == 2])

        def forbid(self, literals: object) -> None:
            raise AssertionError

    cnf = Cnf(VarMap.from_names(["a", "b"]), ())
    found = collect(Interrupted(), cnf, Request(9, 1))
    assert (found.values.tolist(), found.stop) == ([[True, False], [True, True]], Stop.INTERRUPTED)


def test_what_repeats_is_forbidden_once_on_its_features() -> None:
    class Repeating:
        forbidden: list[object] = []

        def next(self) -> BoolMatrix | None:
            return None if self.forbidden else np.array([True, False, True])

        def forbid(self, literals: object) -> None:
            self.forbidden.append(literals)

    source = Repeating()
    found = collect(source, Cnf(VarMap.from_names(["a", "b", "__aux_1"]), ()), Request(9, 1))
    assert (found.values.tolist(), found.stop) == ([[True, False, True]], Stop.EXHAUSTED)
    assert source.forbidden == [[1, -2]]
