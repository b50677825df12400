"""The benchmark of decoding: the docs show its table, and its results keep the promised limits."""

from __future__ import annotations

import importlib.util
import json
from types import ModuleType
from typing import Any

import pytest

from tests.places import ROOT


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("decoding_benchmark", ROOT / "benchmarks" / "decoding.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def result(benchmark: ModuleType) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))
    return loaded


def test_the_table_in_the_docs_is_that_of_the_last_measurement(benchmark: ModuleType, result: dict[str, Any]) -> None:
    assert benchmark.table(result) in (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")


def test_decoding_takes_no_longer_than_promised(result: dict[str, Any]) -> None:
    assert (result["configurations"], result["distinct"]) == (1000, 1000)
    assert result["decode_s"] < 2
    assert result["ratio"] < 1.3
