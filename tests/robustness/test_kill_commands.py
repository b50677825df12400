"""Commands that get a signal at a random moment leave nothing behind: a handful here, 200 by benchmarks/signals.py."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.places import ROOT
from tests.waiting import PATIENCE_S

FAST = ("check", "compile", "convert", "decode", "sample external", "sample diverse", "sample t-wise")


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_of_signals", ROOT / "benchmarks" / "signals.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def inputs(benchmark: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    benchmark.prepare(folder, has_study=False)
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("name", FAST)
def test_nothing_is_left(benchmark: ModuleType, inputs: Path, name: str, number: str) -> None:
    moment = random.Random(f"{name} {number}").random() / 2
    row = benchmark.interrupt(name, number, moment, inputs, PATIENCE_S)
    assert row["problems"] == []


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_a_killed_driver_leaves_no_helper_and_loses_no_result(benchmark: ModuleType, tmp_path: Path) -> None:
    temporary, kept = tmp_path / "temporary", 0
    temporary.mkdir()
    for moment in (0.1, 0.8, 0.6):
        row = benchmark.kill(moment, tmp_path, temporary, kept, PATIENCE_S)
        assert row["problems"] == []
        kept = row["results"]
    assert kept > 0
