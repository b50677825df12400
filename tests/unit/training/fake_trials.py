"""Trials without networks, for tests of the pool: the payload says what the worker does."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.engines.job import Surroundings, Trainer
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import Epoch, TrialResult, TrialSpec, TrialStatus

DATA = Dataset("digits", "/nowhere", (16, 16, 1), 10, 1437, 360, "0" * 16)
PROTOCOL = Protocol("digits", seed=3)


def fake(name: str, action: str = "sleep", value: object = 0.0, log: Path | None = None) -> TrialSpec:
    """Return a trial of this name; each of its runs adds a line to the file `log`."""
    return TrialSpec.of(name, "fake", {"name": name, "action": action, "value": value, "log": str(log or "")})


def fake_train(spec: TrialSpec, protocol: Protocol, data: Dataset, beside: Surroundings) -> TrialResult:
    accuracy = int(spec.hash, 16) % 1000 / 1000
    payload = json.loads(spec.payload)
    if spec.kind != "fake":
        return TrialResult(spec.name, spec.hash, TrialStatus.DONE, test_accuracy=accuracy, weights=1000)
    if payload["log"]:
        with open(payload["log"], "a", encoding="utf-8") as log:
            log.write(f"{payload['name']} {os.getpid()}\n")
    value = payload["value"]
    match payload["action"]:
        case "sleep":
            time.sleep(value)
        case "accuracy":
            return TrialResult(spec.name, spec.hash, TrialStatus.DONE, test_accuracy=value, weights=1000)
        case "epochs":
            for number in (1, 2):
                time.sleep(value)
                assert beside.on_epoch is not None
                beside.on_epoch(number, Epoch(1.0, 0.5, number / 10))
            time.sleep(value)
        case "memory":
            block = bytearray(int(value * 1e6))
            time.sleep(90 if block else 0)
        case "kill once":
            if not Path(value).exists():
                Path(value).touch()
                os.kill(os.getpid(), signal.SIGKILL)
        case "gone":
            data.read("train", None, 0)
        case "weight limit":
            raise ValueError(beside.weight_limit)
        case "callbacks":
            raise ValueError(beside.callbacks)
        case "raise":
            raise ValueError(f"{value}\nand a second line")
        case "nan":
            return TrialResult(spec.name, spec.hash, TrialStatus.NAN, "the loss became nan in epoch 1")
        case "exit":
            print("last words of a worker", file=sys.stderr, flush=True)
            os._exit(value)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
    return TrialResult(spec.name, spec.hash, TrialStatus.DONE, test_accuracy=accuracy, weights=1000)


def two_callbacks(spec: TrialSpec) -> tuple[str, ...]:
    return f"callback of {spec.name}", "another"


FAKE = Trainer(fake_train, ("featurenet_uvl.training.engines.worker",))
