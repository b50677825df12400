"""What workers are told: how to train, under which limits, and what to do beside the training."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import Epoch, TrialResult, TrialSpec, TrialStatus, now


@dataclass(frozen=True, slots=True)
class Limits:
    """What one trial may take; None is no limit. A trial over a limit is a `LIMIT` row with its reason.

    Limits are no part of the protocol: they decide whether there is a result, never what it is.

    Raises:
        UsageError: A limit that is not positive.
    """

    time_s: float | None = None
    memory_mb: float | None = None
    """Resident memory of the worker's process and its children, in units of 10^6 bytes; TensorFlow alone has 300."""
    weights: int | None = None
    """A network of the model with more is not built; one written by hand is built to be counted, and not trained."""

    def __post_init__(self) -> None:
        values = (("time", self.time_s, " s"), ("memory", self.memory_mb, " MB"), ("weight", self.weights, ""))
        problems = [
            f"{name} limit: found {value}{unit}, expected more than 0"
            for name, value, unit in values
            if value is not None and not (value > 0 and math.isfinite(value))
        ]
        if problems:
            raise UsageError("\n".join(problems))

    def refusal(self, spec: TrialSpec) -> TrialResult | None:
        """The row of a network of the model that has too many weights, which is known before it is built; else None."""
        if self.weights is None or spec.kind != "architecture":
            return None
        refused = over_weight(spec, parse_architecture(json.loads(spec.payload)).weights(), self.weights)
        return None if refused is None else replace(refused, finished_at=now())


def over_weight(spec: TrialSpec, weights: int, limit: int | None) -> TrialResult | None:
    """The row of a network that has more weights than the limit; None where it has not."""
    if limit is None or weights <= limit:
        return None
    reason = f"has {weights:,} weights, more than the limit of {limit:,}"
    return TrialResult(spec.name, spec.hash, TrialStatus.LIMIT, reason, weights=weights)


NO_LIMITS = Limits()

Callbacks: TypeAlias = Callable[[TrialSpec], Sequence[Any]]
"""Gives a trial its Keras callbacks, in the worker process; found there again by its module and name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What goes on beside one training. None of it is part of the result's key."""

    callbacks: Sequence[Any] = ()
    """Keras callbacks. `val_loss` and `val_accuracy` in their logs are those of the images held out of the training
    images, where the protocol holds some out; `test_accuracy` is the test images'."""
    tensorboard: Path | None = None
    """The folder of this trial's TensorBoard logs."""
    on_epoch: Callable[[int, Epoch], None] | None = None
    """Called after each epoch with its number, from 1, and what was measured."""
    weight_limit: int | None = None
    """A network that turns out to have more weights is not trained."""


ALONE = Surroundings()


def check_tensorboard(folder: Path | None) -> None:
    """Raises UsageError if logs are asked for that this machine cannot write."""
    if folder is not None and find_spec("tensorboard") is None:
        raise UsageError(
            f"TensorBoard logs to {folder}: found no package tensorboard, expected it installed: "
            "pip install 'featurenet_uvl[tensorboard]'"
        )


Train: TypeAlias = Callable[[TrialSpec, Protocol, Dataset, Surroundings], TrialResult]
"""Trains and tests one network; found again by its module and name in the worker process."""


@dataclass(frozen=True, slots=True)
class Trainer:
    """How workers train.

    `preload` are modules that the fork server imports once, before it forks the workers. They must start no thread.
    """

    train: Train
    preload: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for all trials of a run; goes from process to process."""

    trainer: Trainer
    protocol: Protocol
    data: Dataset
    limits: Limits = NO_LIMITS
    tensorboard: Path | None = None
    """The folder that has one folder a trial."""
    callbacks: Callbacks | None = None
    threads: int = 1
    """Of each worker."""
    environment: Mapping[str, str] | None = None
    """Set in each worker before it trains, such as which GPU is its own."""

    def log_folder(self, spec: TrialSpec) -> Path | None:
        """The folder of one trial's TensorBoard logs: its name and hash, so that it is the same in each run."""
        if self.tensorboard is None:
            return None
        name = "".join(c if c.isalnum() or c in "-_." else "_" for c in spec.name).lstrip(".")[-60:]
        return self.tensorboard / f"{name}-{spec.hash[:8]}"
