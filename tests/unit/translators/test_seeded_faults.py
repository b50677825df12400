"""The faults of benchmarks/seeded_faults.py still fit the code that they change."""

from __future__ import annotations

import importlib.util
import sys

from tests.places import ROOT


def test_every_fault_and_every_law_is_where_the_benchmark_looks() -> None:
    spec = importlib.util.spec_from_file_location("seeded_faults", ROOT / "benchmarks" / "seeded_faults.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    for fault in module.FAULTS:
        assert (ROOT / fault.file).read_text(encoding="utf-8").count(fault.old) == 1, fault
    for test in module.TESTS:
        assert (ROOT / test).exists(), test
