"""Studies made by hand, for tests of tables and figures."""

from __future__ import annotations

from collections.abc import Sequence

from featurenet_uvl.decoding.named import named_architecture
from featurenet_uvl.report.content.study import (
    BaselineStudy,
    DataSet,
    EquivalenceStudy,
    LongerRow,
    LongerStudy,
    Network,
    SampleStudy,
    Study,
)
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import Epoch, TrialResult, TrialStatus

MLP = named_architecture("mlp").architecture((16, 16, 1), 10)


def result(
    name: str, test: float, weights: int = 1000, validation: float | None = None, epochs: int = 2
) -> TrialResult:
    """Return the result of a network that comes closer to its accuracy with each epoch."""
    history = tuple(Epoch(1.0, test, test * (epoch + 1) / epochs, validation) for epoch in range(epochs))
    return TrialResult(
        *(name, name, TrialStatus.DONE),
        test_accuracy=test,
        train_accuracy=test,
        validation_accuracy=validation,
        weights=weights,
        epochs=epochs,
        history=history,
        provenance={"cpu_seconds": "2.5"},
    )


def network(name: str, test: float, weights: int = 1000, validation: float | None = None) -> Network:
    return Network(name, weights, MLP, name, 2.0, result=result(name, test, weights, validation))


def without_result(name: str, status: TrialStatus) -> Network:
    return Network(name, 5, MLP, name, result=TrialResult(name, name, status, "for a reason"))


def baseline(name: str, data: str, accuracies: Sequence[float], weights: int = 545_546) -> BaselineStudy:
    runs = tuple(result(f"{name} {number}", accuracy, weights) for number, accuracy in enumerate(accuracies))
    return BaselineStudy(name, data, runs)


def data_set(name: str, test_count: int = 10_000, validation: int = 0) -> DataSet:
    protocol = Protocol(name, 60_000, test_count, validation_images=validation)
    return DataSet(protocol, (28, 28, 1), 10, 60_000 - validation, test_count, "0" * 16)


def sample(name: str, data: str, networks: Sequence[Network]) -> SampleStudy:
    return SampleStudy(name, data, "s1.uvl", len(networks), 1, tuple(networks), "steered")


def whole_study() -> Study:
    """Return a study with one data set, two samples, two baselines, RQ1 and longer training."""
    s1 = [network("S1/001", 0.5, 10), network("S1/002", 0.9, 30, 0.8), network("S1/003", 0.9, 20, 0.7)]
    s1 += [network("S1/004", 0.88, 40, 0.85), without_result("S1/005", TrialStatus.NAN)]
    s2 = [without_result("S2/001", TrialStatus.FAILED), without_result("S2/002", TrialStatus.LIMIT)]
    lenet5 = baseline("LeNet-5", "mnist", [0.97, 0.972, 0.974])
    odd = baseline("SqueezeNet, as the paper ran it", "mnist", [0.4], 858_154)
    rows = (
        LongerRow("S1/003", 20, result("a", 0.9), result("a", 0.91, epochs=4)),
        LongerRow("S1/002", 30, result("b", 0.9), result("b", 0.95, epochs=4)),
        LongerRow("LeNet-5", 545_546, result("c", 0.97), None, is_baseline=True),
    )
    return Study(
        "mine",
        "",
        (data_set("mnist", validation=5000),),
        (sample("S1", "mnist", s1), sample("S2", "mnist", s2)),
        (lenet5, odd),
        EquivalenceStudy("mnist", 0.01, lenet5, baseline("LeNet-5", "mnist", [0.971, 0.973, 0.975])),
        longer=LongerStudy("S1", "mnist", (2, 4), rows),
        missing=("longer training: 1 of 3 networks are to be trained",),
        environment={"python": "3.11"},
        commands=("featurenet-uvl experiments run --preset mine.cfg",),
    )
