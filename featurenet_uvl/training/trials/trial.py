"""A trial: one network, trained and tested under a protocol."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.architecture import Architecture

MACS = "macs"
"""Entry of a provenance with the network's multiply-accumulates: the tables of a store stay those of version 0.1."""


class TrialStatus(StrEnum):
    """How a trial ended. Only a `DONE` trial has accuracies."""

    DONE = "done"
    FAILED = "failed"
    """Building or training raised an error, or the worker process died."""
    NAN = "nan"
    """The loss became infinite or not a number."""
    LIMIT = "limit"
    """The trial reached a limit of time, memory, weights or MACs."""


@dataclass(frozen=True, slots=True)
class TrialSpec:
    """One network to train. `hash` depends on `kind`, `payload` and `run` only, not on the name."""

    name: str
    kind: str
    """Name of the builder of the network, `architecture` or `baseline`."""
    payload: str
    """JSON text for the builder."""
    hash: str
    run: int = 1
    """Number of the run, from 1: each further run trains the same network from another seed."""

    @classmethod
    def of(cls, name: str, kind: str, payload: object, run: int = 1) -> TrialSpec:
        """Return a trial of any kind; `payload` is any JSON value.

        Raises:
            UsageError: `run` is below 1.

        >>> first, second = (TrialSpec.of("x", "a", 1, run).hash for run in (1, 2))
        >>> first == TrialSpec.of("y", "a", 1).hash != second
        True
        """
        if run < 1:
            raise UsageError(f"trial {name}: found run {run}, expected 1 or more")
        text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
        key = f"{kind}:{text}" if run == 1 else f"{kind}:{text}:{run}"
        return cls(name, kind, text, hashlib.sha256(key.encode()).hexdigest()[:16], run)

    @classmethod
    def of_architecture(cls, name: str, architecture: Architecture, run: int = 1) -> TrialSpec:
        return cls.of(name, "architecture", architecture.to_json(), run)

    @classmethod
    def of_baseline(cls, name: str, baseline: str, run: int = 1) -> TrialSpec:
        """Return a trial of a hand-written network of `training.baselines`."""
        return cls.of(name, "baseline", {"baseline": baseline}, run)


@dataclass(frozen=True, slots=True)
class Epoch:
    """Measurements after one pass over the training images; `train_accuracy` is the mean during the pass."""

    loss: float
    train_accuracy: float
    test_accuracy: float
    validation_accuracy: float | None = None
    """Accuracy on the images held out of the training images; None if the protocol holds none out."""


@dataclass(frozen=True, slots=True)
class TrialResult:
    """A row of the store. `reason` is one line, empty for a `DONE` trial. None: not measured."""

    name: str
    spec_hash: str
    status: TrialStatus
    reason: str = ""
    test_accuracy: float | None = None
    train_accuracy: float | None = None
    """Accuracy of the trained network on all its training images."""
    validation_accuracy: float | None = None
    """Accuracy of the trained network on the images held out; None if the protocol holds none out."""
    loss: float | None = None
    epochs: int = 0
    """Finished passes over the training images."""
    weights: int | None = None
    seconds: float = 0.0
    history: tuple[Epoch, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    """Seed, hash of the data, versions, device, CPU seconds. A plain dict, so that it can be sent between processes."""
    finished_at: str = ""
    """Time of the end in UTC, ISO 8601."""

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates of the network for one image; None in rows of versions that did not count them."""
        found = self.provenance.get(MACS)
        return None if found is None else int(found)


def now() -> str:
    """Return the present time in UTC, as the store writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
