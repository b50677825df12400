"""Real training, in one process for all tests here."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl.errors import UsageError
from featurenet_uvl.training.baselines import build_baseline, lenet5

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    script = Path(__file__).with_name("keras_checks.py")
    command = [sys.executable, str(script), str(tmp_path_factory.mktemp("data"))]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_lenet5_has_the_papers_sizes(found: Any) -> None:
    assert found["weights"] == [545_546, 868_406]


def test_a_network_learns(found: Any) -> None:
    result = found["first"]
    assert (result["status"], result["epochs"], result["weights"]) == ("done", 3, 61_706)
    assert [epoch["validation_accuracy"] for epoch in result["history"]] == [None, None, None]
    assert result["loss"] == result["history"][-1]["loss"] < result["history"][0]["loss"]
    assert result["test_accuracy"] == result["history"][-1]["test_accuracy"] > 0.2
    assert result["train_accuracy"] > 0.2
    assert {"keras", "tensorflow", "numpy", "python", "seed", "data", "device"} <= result["provenance"].keys()


def test_equal_seeds_give_equal_results(found: Any) -> None:
    assert found["again"] == found["first"]


def test_divergence_is_a_status(found: Any) -> None:
    result = found["diverged"]
    assert result["status"] == "nan"
    assert result["reason"].startswith("the loss became ")
    assert result["test_accuracy"] is None
    assert result["weights"] == 257 * 10 + 11 * 10
    assert len(result["history"]) == result["epochs"] < 3
    assert all(math.isfinite(epoch["loss"]) for epoch in result["history"])


def test_of_several_outputs_the_mean_counts(found: Any) -> None:
    result = found["two outputs"]
    # The constant output alone would be right for a tenth; its loss of log 10 is in the sum.
    assert result["test_accuracy"] > 0.5
    assert result["loss"] > math.log(10)
    assert result["weights"] == 2 * (16 * 16 + 1) * 10


def test_bad_baselines() -> None:
    with pytest.raises(UsageError, match="found baseline 'alexnet', expected one of lenet5"):
        build_baseline('{"baseline": "alexnet"}', (28, 28, 1), 10)
    with pytest.raises(UsageError, match="found images of 14x28x1, expected at least 15x15"):
        lenet5((14, 28, 1), 10)
