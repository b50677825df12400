"""The results of a store and the state of its latest run, read from outside while the run goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from featurenet_uvl.training.run_state import RunState, read_run_state
from featurenet_uvl.training.store import read_added, read_all_results
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialResult, TrialStatus


@dataclass(frozen=True, slots=True)
class ProtocolStatus:
    """The results under one protocol."""

    protocol: Protocol
    done: int
    """Finished trials, with those that have no accuracy."""
    failed: Mapping[TrialStatus, int]
    """Numbers of trials without an accuracy, by how they ended."""
    reasons: Mapping[str, tuple[str, ...]]
    """Names of trials without an accuracy by their reasons, the most frequent reason first."""
    best: TrialResult | None
    """The trial with the highest accuracy on the test images."""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object, for programs."""
        best = None if self.best is None else {"name": self.best.name, "test_accuracy": self.best.test_accuracy}
        return {
            "protocol": asdict(self.protocol),
            "hash": self.protocol.hash(),
            "done": self.done,
            "failed": {str(status): count for status, count in self.failed.items()},
            "reasons": {reason: list(names) for reason, names in self.reasons.items()},
            "best": best,
        }


@dataclass(frozen=True, slots=True)
class Status:
    """A store and its latest run."""

    store: Path
    run: RunState | None
    """None if no run has left its state."""
    protocols: tuple[ProtocolStatus, ...]
    """The protocol of the latest run comes first."""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object, for programs."""
        run = None
        if self.run is not None:
            run = {**asdict(self.run), "is_alive": self.run.is_alive, "rate_per_minute": self.run.rate_per_minute}
        return {
            "store": str(self.store),
            "run": run,
            "protocols": [protocol.to_json() for protocol in self.protocols],
        }


def read_status(store: Path) -> Status:
    """Read the state of a store, whether or not a run has it open.

    Raises:
        StoreError: The file is missing, damaged, of another version, or of another program.
    """
    run = read_run_state(store)
    if run is not None:
        run = run.caught_up(read_added(store, run.protocol_hash, run.last_row))
    results = dict(read_all_results(store))
    if run is not None:
        results.setdefault(Protocol(**run.protocol), {})  # no trial may have ended yet
    found = [_protocol_status(protocol, under) for protocol, under in results.items()]
    latest = "" if run is None else run.protocol_hash
    return Status(store, run, tuple(sorted(found, key=lambda status: status.protocol.hash() != latest)))


def _protocol_status(protocol: Protocol, results: Mapping[str, TrialResult]) -> ProtocolStatus:
    failed = [result for result in results.values() if result.status is not TrialStatus.DONE]
    reasons: dict[str, tuple[str, ...]] = {}
    for reason, _ in Counter(result.reason for result in failed).most_common():
        reasons[reason] = tuple(sorted(result.name for result in failed if result.reason == reason))
    measured = [(result.test_accuracy, result) for result in results.values() if result.test_accuracy is not None]
    return ProtocolStatus(
        protocol,
        len(results),
        Counter(result.status for result in failed),
        reasons,
        max(measured, key=lambda pair: pair[0])[1] if measured else None,
    )
