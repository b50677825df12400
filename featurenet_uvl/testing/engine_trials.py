"""Trials without networks, for the checks of engines: the payload tells the worker how to end."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

from featurenet_uvl.errors import DataError
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.engines.job import Surroundings, Trainer, over_weight
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus

HEARTBEAT_S = 0.05
"""Seconds between two signs of life of a trial that beats."""

LONG_S = 600.0
"""Seconds that a trial sleeps which is to be stopped."""

WEIGHTS = 1_000
"""Weights that each trial reports."""


def trial(name: str, action: str = "end", value: object = 0) -> TrialSpec:
    """Return a trial; `action` is `end`, `sleep`, `beat`, `nan`, `raise`, `exit`, `kill`, `memory` or `gone`."""
    return TrialSpec.of(name, "check", {"name": name, "action": action, "value": value})


def accuracy_of(spec: TrialSpec) -> float:
    """Return the test accuracy that a trial reports, which depends on its hash only."""
    return int(spec.hash, 16) % 1_000 / 1_000


def run_trial(spec: TrialSpec, protocol: Protocol, data: Dataset, beside: Surroundings) -> TrialResult:
    """Carry out the payload of a trial, instead of training.

    Raises:
        ValueError: The payload says `raise`.
        DataError: The payload says `gone`.
    """
    content = json.loads(spec.payload)
    value = content["value"]
    refused = over_weight(spec, WEIGHTS, beside.weight_limit)
    if refused is not None:
        return refused
    match content["action"]:
        case "sleep":
            time.sleep(value)
        case "beat":
            _beat(Path(value))
        case "nan":
            return TrialResult(spec.name, spec.hash, TrialStatus.NAN, "the loss became nan in epoch 1")
        case "raise":
            raise ValueError(f"{value}\nwith a second line")
        case "exit":
            os._exit(value)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "memory":
            block = bytearray(int(value * 1e6))
            time.sleep(LONG_S if block else 0)
        case "gone":
            raise DataError("found no images")
    return TrialResult(
        spec.name, spec.hash, TrialStatus.DONE, test_accuracy=accuracy_of(spec), epochs=protocol.epochs, weights=WEIGHTS
    )


def _beat(path: Path) -> None:
    """Add a byte to a file again and again, as long as the process lives."""
    while True:
        with path.open("ab") as file:
            file.write(b".")
        time.sleep(HEARTBEAT_S)


TRAINER = Trainer(run_trial, ("featurenet_uvl.training.engines.worker",))
"""The trainer of these trials."""
