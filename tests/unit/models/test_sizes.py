"""The table of sizes in docs/models.md shows the last measurement, and is still true."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from itertools import product
from types import ModuleType
from typing import Any

import pytest

from tests.places import DOCS, ROOT


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("model_sizes", ROOT / "benchmarks" / "model_sizes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows(benchmark: ModuleType) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))["rows"]
    return found


def test_the_table_in_the_docs_is_that_of_the_last_measurement(
    benchmark: ModuleType, rows: list[dict[str, Any]]
) -> None:
    assert benchmark.table(rows) in (DOCS / "models.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_sizes_are_those_of_today(benchmark: ModuleType, rows: list[dict[str, Any]]) -> None:
    """If this fails after a change of the models, passes or rules, run `make bench` and update docs/models.md."""
    for row in rows:
        today = benchmark.size(row["model"], row["shapes"])
        assert today == {key: row[key] for key in today}


def shapes_after(shapes: Counter[tuple[int, int]], kernels: list[str], strides: list[int]) -> Counter[tuple[int, int]]:
    """Return the number of ways to each size after a window with any kernel, stride and padding."""
    found: Counter[tuple[int, int]] = Counter()
    for (height, width), ways in shapes.items():
        for kernel, stride in product(kernels, strides):
            tall, wide = map(int, kernel.split("x"))
            found[-(-height // stride), -(-width // stride)] += ways
            if height >= tall and width >= wide:
                found[(height - tall) // stride + 1, (width - wide) // stride + 1] += ways
    return found


@pytest.mark.parametrize(
    ("model", "kernels", "strides"),
    [("s2", ["1x1", "2x2", "3x1", "1x3", "3x3", "5x5"], [1, 2, 3]), ("s3", ["3x3"], [3])],
)
def test_the_counts_with_tensor_shapes_are_those_of_a_sum_over_sizes(
    model: str, kernels: list[str], strides: list[int], rows: list[dict[str, Any]]
) -> None:
    """Count again, without clauses, the configurations that pyganak counted: S2 and S3 are chains of windows."""
    others = 9 * 4 * 2  # filters, activation, type
    sizes = Counter({(28, 28): 1})
    for step in ("convolution", "pooling", "convolution", "pooling", "convolution"):
        if step == "convolution":
            sizes = shapes_after(sizes, kernels, strides)
        else:
            sizes = shapes_after(sizes, ["1x1", "2x2", "3x3"], [1, 2, 3])
    expected = sum(sizes.values()) * others**3 * 2**2 * (5 * 5)
    (row,) = (row for row in rows if row["model"] == model and row["shapes"])
    assert int(row["configurations"]) == expected
