"""One network, trained and tested in this process, for notebooks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.system.extras import check_installed
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.engines.job import Surroundings, check_tensorboard
from featurenet_uvl.training.keras_trainer import KERAS, train
from featurenet_uvl.training.surroundings import fixed_at_start
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
    """Build, train and test one network in this process, without storing the result.

    The result equals that of `run_trials` for the same network, protocol and run, up to the last digits: this process
    may use more threads, or other operations of TensorFlow. `provenance` names the environment variables that decide
    so, which TensorFlow reads once. No other setting changes a digit, and all settings are as before afterwards: those
    of Keras and TensorFlow, and the states of `random` and `numpy.random`. An error of the network is raised, and an
    interrupt ends the training.

    Args:
        architecture: The network.
        protocol: How to train it.
        data: The images, from `load_dataset`.
        callbacks: Keras callbacks, such as `keras.callbacks.EarlyStopping("val_loss")`. The protocol does not know
            them, so the result's `provenance` has their names. `val_loss` and `val_accuracy` are those of the
            images held out (`Protocol.validation_images`); the test images have `test_accuracy` and steer nothing.
        tensorboard: A folder for TensorBoard's logs of this network.
        name: The name of the result.
        run: The number of the run, from 1; each run of a network has another seed.

    Raises:
        DataError: The data set has fewer images than the protocol needs.
        UsageError: The architecture is for other images, Keras has another backend, or a callback watches a
            measurement that does not exist or is that of the test images.
        ToolError: A package is missing.
    """
    check_installed("training", *KERAS.needs)
    data.check(protocol)
    check_tensorboard(tensorboard)
    spec = TrialSpec.of_architecture(name, architecture, run)
    started = time.monotonic()
    result = train(spec, protocol, data, Surroundings(tuple(callbacks), tensorboard))
    fixed = fixed_at_start()
    provenance = {**result.provenance, "environment": fixed} if fixed else result.provenance
    seconds = round(time.monotonic() - started, 3)
    return replace(result, seconds=seconds, provenance=provenance, finished_at=now())
