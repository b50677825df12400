"""The job of a run's workers: how to train, under which limits, with which logs and callbacks."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.system.extras import check_installed
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import MACS, Epoch, TrialResult, TrialSpec, TrialStatus, now


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one trial; None: no limit. A trial over a limit becomes a `LIMIT` row with its reason.

    Limits do not belong to the protocol: they decide whether a result exists, never its value.

    Raises:
        UsageError: A limit is not positive.
    """

    time_s: float | None = None
    memory_mb: float | None = None
    """Resident memory of the worker's process and its children in MB (10^6 bytes); TensorFlow alone has 300."""
    weights: int | None = None
    """Weights of the network. A network of the model with more is not built; one written by hand is built to be
    counted, and not trained."""
    macs: int | None = None
    """Multiply-accumulates of the network for one image, under the same rules."""

    def __post_init__(self) -> None:
        values = (
            *(("time", self.time_s, " s"), ("memory", self.memory_mb, " MB")),
            *(("weight", self.weights, ""), ("MAC", self.macs, "")),
        )
        problems = [
            f"{name} limit: found {value}{unit}, expected more than 0"
            for name, value, unit in values
            if value is not None and not (value > 0 and math.isfinite(value))
        ]
        if problems:
            raise UsageError("\n".join(problems))

    def refusal(self, spec: TrialSpec) -> TrialResult | None:
        """Return the row of a network of the model with too many weights or MACs, without building it; else None."""
        if (self.weights is None and self.macs is None) or spec.kind != "architecture":
            return None
        network = parse_architecture(json.loads(spec.payload))
        refused = over_size(spec, network.weights(), network.macs(), self.weights, self.macs)
        return None if refused is None else replace(refused, finished_at=now())

    def lifts(self, result: TrialResult) -> bool:
        """Whether a trial was stopped by a limit that is higher or gone by now, so that it may end otherwise."""
        if result.status is not TrialStatus.LIMIT:
            return False
        present = {"time_s": self.time_s, "memory_mb": self.memory_mb, "weights": self.weights, "macs": self.macs}
        return any(
            present[name] is None or present[name] > value  # type: ignore[operator]  # mypy does not narrow items
            for name, value in _reached(result).items()
        )


def limit_facts(name: str, value: float) -> dict[str, str]:
    """Return the entry of a provenance for a limit that a trial reached, by the name of a field of `Limits`."""
    return {f"limit_{name}": repr(float(value))}


_REASONS = {
    "time_s": re.compile(r"took longer than (\S+) s"),
    "memory_mb": re.compile(r"took .* of memory, more than the limit of (\S+) MB"),
    "weights": re.compile(r"has .* weights, more than the limit of (\S+)"),
    "macs": re.compile(r"has .* MACs, more than the limit of (\S+)"),
}
"""Reasons by the limit: the rows of version 0.1 have no other word of it."""


def _reached(result: TrialResult) -> dict[str, float]:
    """Return the limits that a trial reached, by the names of the fields of `Limits`."""
    texts = {name: result.provenance.get(f"limit_{name}") for name in _REASONS}
    if not any(texts.values()):
        found = {name: pattern.fullmatch(result.reason) for name, pattern in _REASONS.items()}
        texts = {name: match and match[1].replace(",", "") for name, match in found.items()}
    values: dict[str, float] = {}
    for name, text in texts.items():
        with suppress(ValueError):
            values |= {name: float(text)} if text else {}
    return values


def over_weight(spec: TrialSpec, weights: int, limit: int | None) -> TrialResult | None:
    """Return the row of a network that has more weights than the limit; else None."""
    if limit is None or weights <= limit:
        return None
    reason = f"has {weights:,} weights, more than the limit of {limit:,}"
    facts = limit_facts("weights", limit)
    return TrialResult(spec.name, spec.hash, TrialStatus.LIMIT, reason, weights=weights, provenance=facts)


def over_size(
    spec: TrialSpec, weights: int, macs: int, most_weights: int | None, most_macs: int | None
) -> TrialResult | None:
    """Return the row of a network that has more weights or MACs than a limit; else None."""
    refused = over_weight(spec, weights, most_weights)
    if refused is None and most_macs is not None and macs > most_macs:
        reason = f"has {macs:,} MACs, more than the limit of {most_macs:,}"
        facts = limit_facts("macs", most_macs)
        refused = TrialResult(spec.name, spec.hash, TrialStatus.LIMIT, reason, weights=weights, provenance=facts)
    return None if refused is None else replace(refused, provenance={**refused.provenance, MACS: str(macs)})


NO_LIMITS = Limits()
"""No limit of any kind."""

Callbacks: TypeAlias = Callable[[TrialSpec], Sequence[Any]]
"""Function that returns the Keras callbacks of a trial. Workers import it by its module and name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Logs, callbacks and limits of one training. None of them belongs to the result's key."""

    callbacks: Sequence[Any] = ()
    """Keras callbacks. `val_loss` and `val_accuracy` in their logs are those of the images held out of the training
    images, if the protocol holds some out; `test_accuracy` is that of the test images."""
    tensorboard: Path | None = None
    """Folder of this trial's TensorBoard logs."""
    on_epoch: Callable[[int, Epoch], None] | None = None
    """Listener that receives the number of each finished epoch, from 1, and its measurements."""
    weight_limit: int | None = None
    """Weights above which a network is not trained."""
    mac_limit: int | None = None
    """MACs above which a network is not trained."""


ALONE = Surroundings()
"""No logs, callbacks or limits."""


def check_tensorboard(folder: Path | None) -> None:
    """Raise ToolError if a folder for TensorBoard's logs is given and TensorBoard is not installed."""
    if folder is not None:
        check_installed(f"writing logs to {folder}", "tensorboard")


Train: TypeAlias = Callable[[TrialSpec, Protocol, Dataset, Surroundings], TrialResult]
"""Function that trains and tests one network. Workers import it by its module and name."""


@dataclass(frozen=True, slots=True)
class Trainer:
    """The function that workers run, and the modules that it needs.

    `preload` are modules that the fork server imports once, before it forks the workers; they must not start threads.
    `needs` are modules of the extras without which no trial can run, such as `tensorflow`.
    """

    train: Train
    preload: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """All that the trials of a run have in common. Engines send it to their workers."""

    trainer: Trainer
    protocol: Protocol
    data: Dataset
    limits: Limits = NO_LIMITS
    tensorboard: Path | None = None
    """Folder for TensorBoard's logs, with one folder per trial."""
    callbacks: Callbacks | None = None
    threads: int = 1
    """Threads of each worker."""
    environment: Mapping[str, str] | None = None
    """Environment variables of each worker, such as the one that assigns its GPU."""

    def log_folder(self, spec: TrialSpec) -> Path | None:
        """Return the folder of one trial's TensorBoard logs: its name and hash, so that each run has the same."""
        if self.tensorboard is None:
            return None
        name = "".join(c if c.isalnum() or c in "-_." else "_" for c in spec.name).lstrip(".")[-60:]
        return self.tensorboard / f"{name}-{spec.hash[:8]}"
