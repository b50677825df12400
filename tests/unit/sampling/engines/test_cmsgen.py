"""The sampler `cmsgen` without pycmsgen; with it, `test_random_phases.py` tests both samplers on a SAT solver."""

from __future__ import annotations

import sys

import pytest

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from tests.unit.sampling.brute_force import small_cnf


def test_without_pycmsgen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycmsgen", None)
    with pytest.raises(UnsupportedError, match="found no pycmsgen, expected it for the sampler cmsgen"):
        draw(small_cnf(1), Request(1, 1), "cmsgen")
