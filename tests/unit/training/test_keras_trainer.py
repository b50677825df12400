"""Real training, in one process for all tests here."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl.errors import UsageError
from featurenet_uvl.training.baselines import build_baseline, lenet5
from tests.waiting import PATIENCE_S

EPOCH = ("loss", "train_accuracy", "test_accuracy", "validation_accuracy")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    script = Path(__file__).with_name("keras_checks.py")
    command = [sys.executable, str(script), str(tmp_path_factory.mktemp("data"))]
    run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
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


def test_a_baseline_over_the_limit_of_weights_is_not_trained(found: Any) -> None:
    for refused in found["too heavy"]:
        assert (refused["status"], refused["weights"], refused["epochs"]) == ("limit", 61_706, 0)
        assert refused["reason"] == "has 61,706 weights, more than the limit of 61,705"
    assert found["just light enough"]["status"] == "done"


def test_of_several_outputs_the_mean_counts(found: Any) -> None:
    result = found["two outputs"]
    # The constant output alone would be right for a tenth; its loss of log 10 is in the sum.
    assert result["test_accuracy"] > 0.5
    assert result["loss"] > math.log(10)
    assert result["weights"] == 2 * (16 * 16 + 1) * 10


def test_images_held_out_are_not_trained_on_and_measured_apart(found: Any) -> None:
    result, again = found["held out"], found["watched"]
    assert result["status"] == "done"
    assert [set(epoch) for epoch in result["history"]] == [set(EPOCH)] * 3
    assert all(0 <= epoch["validation_accuracy"] <= 1 for epoch in result["history"])
    assert result["validation_accuracy"] == result["history"][-1]["validation_accuracy"]
    # 50 images, so that an accuracy is a whole number of fiftieths; of 150 training and 100 test images likewise.
    for name, images in (("validation_accuracy", 50), ("train_accuracy", 150), ("test_accuracy", 100)):
        assert result[name] * images == pytest.approx(round(result[name] * images), abs=1e-4)
    # A callback that only looks changes no digit.
    assert {**again, "provenance": 0, "seconds": 0, "finished_at": 0} == {
        **result,
        "provenance": 0,
        "seconds": 0,
        "finished_at": 0,
    }


def test_another_run_is_another_seed(found: Any) -> None:
    first, second = found["held out"], found["second run"]
    assert first["spec_hash"] != second["spec_hash"]
    assert first["provenance"]["seed"] != second["provenance"]["seed"]
    assert first["history"] != second["history"]


def test_callbacks_see_the_held_out_images_as_validation(found: Any) -> None:
    for seen, epoch in zip(found["logged"], found["held out"]["history"], strict=True):
        assert seen["val_accuracy"] == epoch["validation_accuracy"]
        assert set(seen) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert found["watched"]["provenance"]["callbacks"] == "LambdaCallback"
    assert "callbacks" not in found["held out"]["provenance"]
    stopped = found["stopped"]
    assert (stopped["status"], stopped["epochs"]) == ("done", 2)
    assert stopped["history"] == found["held out"]["history"][:2]


def test_callbacks_can_name_the_accuracy_of_every_network_and_never_that_of_the_test_images(found: Any) -> None:
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(found["logged of two outputs"])
    assert not [name for name in found["logged of two outputs"] if "test" in name or name.endswith("outputs_accuracy")]
    test, unknown = found["refused"]
    assert test == (
        "callback EarlyStopping: found monitor 'test_accuracy', but test images steer nothing, expected 'loss', or"
        " 'val_accuracy' with `validation_images`"
    )
    assert unknown.startswith("callback EarlyStopping: found monitor 'val_loss', but no image is held out, expected")


def test_the_network_that_is_left_is_the_one_that_counts(found: Any) -> None:
    back, first = found["set back"], found["first epoch"]
    assert len(back["history"]) == 3
    assert back["history"][0] == first["history"][0]
    names = ("test_accuracy", "validation_accuracy", "train_accuracy")
    assert [back[name] for name in names] == [first[name] for name in names]
    assert back["test_accuracy"] != back["history"][-1]["test_accuracy"]


@pytest.mark.skipif(find_spec("tensorboard") is None, reason="needs the package tensorboard")
def test_tensorboard_gets_its_files(found: Any) -> None:
    assert len(found["event files"]) == 2  # train and validation
    assert all(name.startswith("events.out.tfevents") for name in found["event files"])


def test_bad_baselines() -> None:
    with pytest.raises(UsageError, match="found baseline 'alexnet', expected one of lenet5"):
        build_baseline('{"baseline": "alexnet"}', (28, 28, 1), 10)
    with pytest.raises(UsageError, match="found images of 14x28x1, expected at least 15x15"):
        lenet5((14, 28, 1), 10)
