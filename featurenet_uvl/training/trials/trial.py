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


class TrialStatus(StrEnum):
    """How a trial ended. Only a `DONE` one has accuracies."""

    DONE = "done"
    FAILED = "failed"
    """An error while building or training, or the worker process died."""
    NAN = "nan"
    """The loss became infinite or no number."""
    LIMIT = "limit"
    """A limit of time, memory or weights was reached."""


@dataclass(frozen=True, slots=True)
class TrialSpec:
    """What to train. `hash` depends on `kind`, `payload` and `run` alone: one network under two names is one trial."""

    name: str
    kind: str
    """Which builder makes the network, such as `architecture` or `baseline`."""
    payload: str
    """JSON text for the builder."""
    hash: str
    run: int = 1
    """The same network is trained again, from another seed, as run 2, 3 and so on of the same protocol."""

    @classmethod
    def of(cls, name: str, kind: str, payload: object, run: int = 1) -> TrialSpec:
        """A trial of any kind; `payload` is whatever JSON carries.

        Raises:
            UsageError: Runs are counted from 1.

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
        """A hand-written network of `training.baselines`."""
        return cls.of(name, "baseline", {"baseline": baseline}, run)


@dataclass(frozen=True, slots=True)
class Epoch:
    """What was measured after one pass over the training images; `train_accuracy` is the mean during the pass."""

    loss: float
    train_accuracy: float
    test_accuracy: float
    validation_accuracy: float | None = None
    """On the images held out of the training images, where the protocol holds some out."""


@dataclass(frozen=True, slots=True)
class TrialResult:
    """A row of the store. `reason` is one line, empty for a `DONE` trial; what was not measured is None."""

    name: str
    spec_hash: str
    status: TrialStatus
    reason: str = ""
    test_accuracy: float | None = None
    train_accuracy: float | None = None
    """Of the trained network, evaluated on all its training images."""
    validation_accuracy: float | None = None
    """Of the trained network, on the images held out; None where the protocol holds none out."""
    loss: float | None = None
    epochs: int = 0
    """How many passes were finished."""
    weights: int | None = None
    seconds: float = 0.0
    history: tuple[Epoch, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    """Seed, hash of the data, versions, device, CPU seconds. A plain dict, which goes from process to process."""
    finished_at: str = ""
    """UTC, ISO 8601."""


def now() -> str:
    """The time in UTC, as the store writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
