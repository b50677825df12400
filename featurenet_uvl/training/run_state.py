"""A small file beside the store that says what a run is doing, for `experiments status`; the store needs nothing of it.

It is replaced as a whole at each change and never synced: a power cut loses a view, never a result.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from featurenet_uvl.errors import UsageError
from featurenet_uvl.training.engines.base import Session
from featurenet_uvl.training.store import ResultStore
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import now

SCHEMA = "featurenet_uvl/run-state/2"

INTERVAL_S = 0.5
"""At most so often is the file replaced because an epoch has ended."""


@dataclass(frozen=True, slots=True)
class RunningTrial:
    """A trial that had begun and not ended when the file was written."""

    name: str
    spec_hash: str
    place: str
    since: str
    epochs: int
    test_accuracy: float | None


@dataclass(frozen=True, slots=True)
class RunState:
    """One call of `run_trials`, as its file tells it."""

    process: int
    process_started: float
    """Seconds since 1970: a later process may have the same number."""
    host: str
    engine: str
    protocol: Mapping[str, Any]
    protocol_hash: str
    total: int
    known: int
    """How many results the store had when the run began."""
    last_row: int
    """The store's latest row at that time."""
    started_at: str
    updated_at: str = ""
    done: int = 0
    elapsed_s: float = 0.0
    seconds_left: float | None = None
    running: tuple[RunningTrial, ...] = ()
    outcome: str = "running"
    """At the end `finished`, `interrupted`, or the error that stopped the run; a killed run has no end."""

    @property
    def is_alive(self) -> bool | None:
        """Whether its process runs; None where that cannot be told, on another machine."""
        if self.outcome != "running":
            return False
        if self.host != socket.gethostname():
            return None
        try:
            return abs(psutil.Process(self.process).create_time() - self.process_started) < 2
        except psutil.Error:
            return False

    def caught_up(self, added: Collection[str]) -> RunState:
        """The state with the results that came after the file was written, as where the run was killed in between.

        Args:
            added: The hashes of the specs whose results the run has stored.
        """
        running = tuple(trial for trial in self.running if trial.spec_hash not in added)
        return replace(self, done=self.known + len(added), running=running)

    @property
    def rate_per_minute(self) -> float | None:
        """Trials a minute in this run; None before the first has ended."""
        fresh = self.done - self.known
        return fresh * 60 / self.elapsed_s if fresh and self.elapsed_s else None


def state_file(store: Path) -> Path:
    """Where the state of a store's latest run stands."""
    return store.with_name(store.name + ".state.json")


def read_run_state(store: Path) -> RunState | None:
    """The latest run of a store; None where there was none, or its file is of another version."""
    try:
        content = json.loads(state_file(store).read_text(encoding="utf-8"))
        if content.pop("schema") != SCHEMA:
            return None
        running = tuple(RunningTrial(**trial) for trial in content.pop("running"))
        state = RunState(**content, running=running)
        return state if Protocol(**state.protocol).hash() == state.protocol_hash else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, UsageError):
        return None  # the view is lost, the results are not


@dataclass(slots=True)
class StateWriter:
    """Keeps the file up to date; a failure to write it never stops a run."""

    store: Path
    state: RunState
    started: float = field(default_factory=time.monotonic)
    written: float = -INTERVAL_S

    @classmethod
    def begin(cls, store: ResultStore, engine: str, protocol: Protocol, total: int, known: int) -> StateWriter:
        state = RunState(
            process=os.getpid(),
            process_started=psutil.Process().create_time(),
            host=socket.gethostname(),
            engine=engine,
            protocol=asdict(protocol),
            protocol_hash=protocol.hash(),
            total=total,
            known=known,
            last_row=store.last_row(),
            started_at=now(),
            done=known,
        )
        writer = cls(store.path, state)
        writer._write(state)  # the first workers take their time, and the file of an earlier run says other things
        return writer

    def show(self, session: Session, done: int, seconds_left: float | None) -> None:
        """Writes what is running now, unless nothing ended and the file is fresh."""
        moment = time.monotonic()
        names = [trial.spec.hash for trial in session.running]
        same = done == self.state.done and names == [trial.spec_hash for trial in self.state.running]
        if same and moment - self.written < INTERVAL_S:
            return
        running = tuple(
            RunningTrial(
                *(trial.spec.name, trial.spec.hash, trial.place, trial.since, trial.epochs, trial.test_accuracy)
            )
            for trial in session.running
        )
        self.written = moment
        self._write(replace(self.state, done=done, seconds_left=seconds_left, running=running))

    def end(self, outcome: str, done: int) -> None:
        """Writes how the run ended."""
        self._write(replace(self.state, outcome=outcome, done=done, running=(), seconds_left=None))

    def _write(self, state: RunState) -> None:
        self.state = replace(state, updated_at=now(), elapsed_s=round(time.monotonic() - self.started, 1))
        target = state_file(self.store)
        temporary = target.with_name(f".{target.name}.tmp")
        with suppress(OSError):
            temporary.write_text(json.dumps({"schema": SCHEMA, **asdict(self.state)}) + "\n", encoding="utf-8")
            os.replace(temporary, target)
