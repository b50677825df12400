"""Machines for which dd has no CUDD, such as those with macOS: others count and draw, or one line says why not."""

from __future__ import annotations

import sys

import pytest

from featurenet_uvl.analysis import count as counting
from featurenet_uvl.analysis.count import Count, count_solutions
from featurenet_uvl.analysis.diagram import NoDiagramsError, build_diagram, has_diagrams
from featurenet_uvl.analysis.ganak import is_installed
from featurenet_uvl.errors import LimitError, ToolError, UsageError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.sampling.metrics.measures import explore
from featurenet_uvl.sampling.registry import SAMPLERS, draw
from featurenet_uvl.sampling.request import Request

CNF = Cnf(VarMap.from_names(("App", "Log", "Net", "Disk")), ((1,), (-3, 2)))
"""A formula with 6 configurations."""
IN_PROCESS = sorted(set(SAMPLERS) - {"pledge", "external"})


@pytest.fixture(autouse=True, params=["dd.cudd", "dd"])
def hidden(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide CUDD alone, as on machines without its wheel, or all of dd."""
    monkeypatch.delattr("dd.cudd", raising=False)
    monkeypatch.setitem(sys.modules, "dd.cudd", None)
    monkeypatch.setitem(sys.modules, request.param, None)


def test_a_diagram_says_in_one_line_why_there_is_none() -> None:
    assert not has_diagrams()
    with pytest.raises(NoDiagramsError) as caught:
        build_diagram(CNF)
    assert str(caught.value) == "found no dd.cudd, which decision diagrams need"
    assert isinstance(caught.value, LimitError)


@pytest.mark.skipif(not is_installed(), reason="pyganak is not installed")
def test_pyganak_counts_alone() -> None:
    assert count_solutions(CNF) == Count(6, "ganak")


def test_counts_that_nothing_can_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"^found no dd\.cudd, expected it installed for the engine bdd"):
        count_solutions(CNF, engine="bdd")
    monkeypatch.setattr(counting, "is_installed", lambda: False)
    with pytest.raises(ToolError, match=r"^found neither dd\.cudd nor pyganak, .*: pip install pyganak$"):
        count_solutions(CNF)


@pytest.mark.parametrize("sampler", IN_PROCESS)
def test_every_sampler_draws(sampler: str) -> None:
    assert len(draw(CNF, Request(3, 1), sampler)) == 3


def test_a_sample_is_measured() -> None:
    landscape = explore(CNF, draw(CNF, Request(3, 1), "cmsgen").selected)
    assert landscape.coverable is not None
    assert any("found no dd.cudd" in note for note in landscape.notes)
