"""A small file beside the store that tells what a run is doing, for `experiments status`; the store does not need it.

Each change replaces the whole file, without syncing it: a power cut loses a view, never a result. At the end of the
run, its last state goes into the store, and the file is removed.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from featurenet_uvl.errors import ReadError, StoreError
from featurenet_uvl.system.extras import require
from featurenet_uvl.system.files import read_text
from featurenet_uvl.system.json_values import MAX_JSON_BYTES, load_json, to_typed
from featurenet_uvl.system.paths import real_file
from featurenet_uvl.training.engines.base import Session
from featurenet_uvl.training.store import ResultStore, read_last_run
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import now

SCHEMA = "featurenet_uvl/run-state/2"

INTERVAL_S = 0.5
"""Shortest time in seconds between two replacements of the file while no trial starts or ends."""


@dataclass(frozen=True, slots=True)
class RunningTrial:
    """A trial that was running when the file was written."""

    name: str
    spec_hash: str
    place: str
    since: str
    epochs: int
    test_accuracy: float | None


@dataclass(frozen=True, slots=True)
class RunState:
    """The state of one call of `run_trials`, as its file tells it."""

    process: int
    process_started: float
    """Start of the process in seconds since 1970: distinguishes it from a later process with the same number."""
    host: str
    engine: str
    protocol: Mapping[str, Any]
    protocol_hash: str
    total: int
    known: int
    """Results that the store had when the run began."""
    last_row: int
    """Number of the store's latest row when the run began."""
    started_at: str
    updated_at: str = ""
    done: int = 0
    elapsed_s: float = 0.0
    seconds_left: float | None = None
    running: tuple[RunningTrial, ...] = ()
    outcome: str = "running"
    """`running`, `finished`, `interrupted`, or the error that stopped the run. A killed run stays `running`."""

    @property
    def is_alive(self) -> bool | None:
        """Whether the process of the run still runs; None if it belongs to another machine.

        Raises:
            ToolError: psutil, which tells, is not installed.
        """
        if self.outcome != "running":
            return False
        if self.host != socket.gethostname():
            return None
        require("psutil", "looking at a run")
        import psutil

        try:
            return abs(psutil.Process(self.process).create_time() - self.process_started) < 2
        except psutil.Error:
            return False

    def caught_up(self, added: Collection[str]) -> RunState:
        """Return the state with the results that were stored after the file was written, as by a run killed in between.

        Args:
            added: The hashes of all specs whose results the run has stored.
        """
        running = tuple(trial for trial in self.running if trial.spec_hash not in added)
        return replace(self, done=self.known + len(added), running=running)

    @property
    def rate_per_minute(self) -> float | None:
        """Trials per minute of this run; None before the first has ended."""
        fresh = self.done - self.known
        return fresh * 60 / self.elapsed_s if fresh and self.elapsed_s else None


def state_file(store: Path) -> Path:
    """Return the path of the file that tells the state of a store's running run; it lies beside the real file."""
    place = real_file(store, "store")
    return place.with_name(place.name + ".state.json")


def read_run_state(store: Path) -> RunState | None:
    """Return the state of a store's latest run; None if none is known, or another version wrote it.

    Raises:
        StoreError: The store is damaged, of another version, or of another program.
    """
    try:
        text = read_text(state_file(store), limit=MAX_JSON_BYTES, is_named_by_user=False)
    except ReadError:
        text = ""
    found = _parse(text) if text else None
    if found is not None or not real_file(store, "store").is_file():
        return found
    ended = read_last_run(store)
    return None if ended is None else _parse(ended)


def _parse(text: str) -> RunState | None:
    """Return the state in a text; None if the view is lost, which the results are not."""
    try:
        content = load_json(text, "the state of a run", "a state")
        if not isinstance(content, dict) or content.pop("schema", None) != SCHEMA:
            return None
        state = to_typed(RunState, content, "the state of a run")
        protocol = to_typed(Protocol, state.protocol, "the state of a run")
        for moment in (state.started_at, state.updated_at, *(trial.since for trial in state.running)):
            if datetime.fromisoformat(moment).tzinfo is None:
                return None
            datetime.fromisoformat(moment).astimezone()  # raises for the first and the last day of the calendar
    except (ReadError, ValueError, OverflowError, OSError):
        return None
    is_possible = 0 < state.process < 1 << 31 and 0 <= state.last_row < 1 << 63
    return state if is_possible and protocol.hash() == state.protocol_hash else None


@dataclass(slots=True)
class StateWriter:
    """Keeps the file up to date. A failure to write it never stops a run."""

    store: ResultStore
    state: RunState
    started: float = field(default_factory=time.monotonic)
    written: float = -INTERVAL_S

    @classmethod
    def begin(cls, store: ResultStore, engine: str, protocol: Protocol, total: int, known: int) -> StateWriter:
        """Write the state of a run that begins.

        Args:
            store: The store of the run.
            engine: The engine's description.
            protocol: The protocol of the run.
            total: Trials of the run, with those that the store has.
            known: Results of the run that the store has.

        Raises:
            ToolError: psutil is not installed.
        """
        require("psutil", "training")
        import psutil

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
        writer = cls(store, state)
        writer._write(state)  # before the first worker starts, which takes seconds
        return writer

    def show(self, session: Session, done: int, seconds_left: float | None) -> None:
        """Write the running trials, unless only epochs have ended and the file is younger than `INTERVAL_S`."""
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
        """Write into the store how the run ended, and remove the file."""
        text = self._renewed(replace(self.state, outcome=outcome, done=done, running=(), seconds_left=None))
        try:
            self.store.set_last_run(text)
        except StoreError:  # the disk is full: the file, if it can be written, is the only word on the run
            self._replace(text)
            return
        with suppress(OSError):
            state_file(self.store.path).unlink()

    def _write(self, state: RunState) -> None:
        self._replace(self._renewed(state))

    def _renewed(self, state: RunState) -> str:
        self.state = replace(state, updated_at=now(), elapsed_s=round(time.monotonic() - self.started, 1))
        return json.dumps({"schema": SCHEMA, **asdict(self.state)}) + "\n"

    def _replace(self, text: str) -> None:
        target = state_file(self.store.path)
        temporary = target.with_name(f".{target.name}.tmp")
        with suppress(OSError):
            temporary.write_text(text, encoding="utf-8")
            os.replace(temporary, target)
