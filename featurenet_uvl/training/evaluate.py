"""One network, trained and tested in this process, as a notebook wants it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.engines.job import Surroundings, check_tensorboard
from featurenet_uvl.training.keras_trainer import train
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, now


def evaluate(
    architecture: Architecture,
    protocol: Protocol,
    data: Dataset,
    callbacks: Sequence[Any] = (),
    *,
    tensorboard: Path | None = None,
    name: str = "network",
    run: int = 1,
) -> TrialResult:
    """Builds, trains and tests one network in this process, and stores nothing.

    The result is what `run_trials` gives for the same network, protocol and run; this process may use more threads,
    which can change the last digits. An error of the network is raised, and the training can be interrupted.

    Args:
        architecture: The network.
        protocol: How to train it. With `deterministic`, Keras stays so for the rest of this process.
        data: The images, from `load_dataset`.
        callbacks: Keras callbacks, such as `keras.callbacks.EarlyStopping("val_loss")`. Whatever they do is not in the
            protocol, so their names stand in the result's `provenance`. `val_loss` and `val_accuracy` are those of the
            images held out (`Protocol.validation_images`); the test images have `test_accuracy` and steer nothing.
        tensorboard: A folder for TensorBoard's logs of this network.
        name: What the result is called.
        run: Which run of this network: another run is another seed.

    Raises:
        DataError: The protocol asks for more images than there are.
        UsageError: The architecture is for other images, or there is no package for TensorBoard's logs.
    """
    data.check(protocol)
    check_tensorboard(tensorboard)
    spec = TrialSpec.of_architecture(name, architecture, run)
    started = time.monotonic()
    result = train(spec, protocol, data, Surroundings(tuple(callbacks), tensorboard))
    return replace(result, seconds=round(time.monotonic() - started, 3), finished_at=now())
