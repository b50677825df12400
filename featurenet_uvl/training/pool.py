"""Many trials on one machine: one process a trial, a limit on its time, every result stored before it counts."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import forkserver, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from featurenet_uvl.errors import FeatureNetError, UsageError
from featurenet_uvl.training.data import Dataset
from featurenet_uvl.training.keras_trainer import KERAS
from featurenet_uvl.training.protocol import Protocol
from featurenet_uvl.training.store import ResultStore
from featurenet_uvl.training.trial import TrialResult, TrialSpec, TrialStatus, now
from featurenet_uvl.training.worker import Trainer, last_words, silent_stderr, work, worker_environment


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `done` counts all finished trials, `failed` those among them without an accuracy."""

    done: int
    failed: int
    total: int
    best_accuracy: float | None
    seconds_left: float | None
    """An estimate from the trials of this run; None before the first ends."""


def run_trials(
    specs: Sequence[TrialSpec],
    protocol: Protocol,
    store_path: Path,
    *,
    data: Dataset,
    workers: int = 1,
    time_limit_s: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    retry_failed: bool = False,
    trainer: Trainer = KERAS,
) -> list[TrialResult]:
    """Trains and tests networks, and stores each result as it comes.

    Trials that the store has are not run again, so the same call continues a run that was stopped or killed. On an
    interrupt the workers are stopped and `KeyboardInterrupt` goes on; what had finished is in the store.

    Args:
        specs: The networks. Those with equal hashes are trained once.
        protocol: How to train; part of the key of each result.
        store_path: The store's file; made if it is missing.
        data: The images.
        workers: How many processes train at a time, each on one thread.
        time_limit_s: A trial that takes longer is stopped and becomes a `LIMIT` row.
        on_progress: Called at the start and after each result.
        retry_failed: Run again what failed or reached its limit.
        trainer: What the workers run.

    Returns:
        One result a spec, in the order of `specs`.

    Raises:
        UsageError: Fewer than one worker, or a time limit that is not positive.
        DataError: The protocol asks for more images than there are.
        StoreError: The store is in use, damaged, or of another version.
    """
    if workers < 1:
        raise UsageError(f"workers: found {workers}, expected at least 1")
    if time_limit_s is not None and time_limit_s <= 0:
        raise UsageError(f"time limit: found {time_limit_s} s, expected more than 0")
    data.check_size("train", protocol.train_images)
    data.check_size("test", protocol.test_images)
    unique = {spec.hash: spec for spec in reversed(specs)}
    with ResultStore(store_path) as store:
        results = {key: result for key, result in store.results(protocol).items() if key in unique}
        again = (TrialStatus.FAILED, TrialStatus.LIMIT) if retry_failed else ()
        results = {key: result for key, result in results.items() if result.status not in again}
        pending = deque(unique[spec.hash] for spec in dict.fromkeys(specs) if unique[spec.hash] is spec)
        pending = deque(spec for spec in pending if spec.hash not in results)
        meter = _Meter(len(unique), workers, results, on_progress)
        meter.report()
        with _Pool(trainer, protocol, data, time_limit_s) as pool:
            while pending or pool.is_busy:
                while pending and pool.size < workers:
                    pool.start(pending.popleft())
                for spec, result in pool.finished():
                    store.add(protocol, spec, result)
                    results[spec.hash] = result
                    meter.report(len(pending) + pool.size)
    return [replace(results[spec.hash], name=spec.name) for spec in specs]


@dataclass(slots=True)
class _Meter:
    """Computes the progress; `results` is the run's own mapping, read anew at each report."""

    total: int
    workers: int
    results: Mapping[str, TrialResult]
    on_progress: Callable[[Progress], None] | None
    started: float = field(default_factory=time.monotonic)
    known: int = -1

    def report(self, left: int | None = None) -> None:
        if self.known < 0:
            self.known = len(self.results)
        if self.on_progress is None:
            return
        accuracies = [r.test_accuracy for r in self.results.values() if r.test_accuracy is not None]
        failed = sum(result.status is not TrialStatus.DONE for result in self.results.values())
        fresh = len(self.results) - self.known
        seconds_left = None
        if left == 0 or len(self.results) == self.total:
            seconds_left = 0.0
        elif left is not None and fresh:
            seconds_left = (time.monotonic() - self.started) / fresh * left
        self.on_progress(Progress(len(self.results), failed, self.total, max(accuracies, default=None), seconds_left))


@dataclass(frozen=True, slots=True)
class _Running:
    process: ForkServerProcess
    spec: TrialSpec
    log: str
    started: float
    deadline: float | None


class _Pool:
    """The running workers; a context manager that leaves none behind."""

    def __init__(self, trainer: Trainer, protocol: Protocol, data: Dataset, time_limit_s: float | None) -> None:
        self._trainer = trainer
        self._protocol = protocol
        self._data = data
        self._time_limit_s = time_limit_s
        self._logs = TemporaryDirectory(prefix="featurenet-uvl-")
        self._running: dict[Connection, _Running] = {}
        self._context: ForkServerContext | None = None

    def __enter__(self) -> _Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for running in self._running.values():
            running.process.kill()
        for connection, running in self._running.items():
            running.process.join()
            running.process.close()
            connection.close()
        self._running.clear()
        self._logs.cleanup()

    @property
    def size(self) -> int:
        return len(self._running)

    @property
    def is_busy(self) -> bool:
        return bool(self._running)

    def start(self, spec: TrialSpec) -> None:
        """Starts a worker for one trial."""
        context = self._context or self._fork_server()
        receiver, sender = context.Pipe(duplex=False)
        log = str(Path(self._logs.name) / spec.hash)
        arguments = (sender, log, self._trainer.train, spec, self._protocol, self._data)
        process = context.Process(target=work, args=arguments, name=f"trial-{spec.name}", daemon=True)
        try:
            process.start()  # waits for the fork server's imports, so the clock starts after it
        except (EOFError, ConnectionError) as error:
            first = self._trainer.preload[0] if self._trainer.preload else "sys"
            raise FeatureNetError(
                f"workers: found no working fork server, expected one that imports {first}; "
                f"see what this says: python -c 'import {first}'"
            ) from error
        started = time.monotonic()
        deadline = None if self._time_limit_s is None else started + self._time_limit_s
        self._running[receiver] = _Running(process, spec, log, started, deadline)
        sender.close()

    def _fork_server(self) -> ForkServerContext:
        """The fork server is one a process: modules of a second trainer are imported in its workers instead."""
        context = get_context("forkserver")
        context.set_forkserver_preload(list(self._trainer.preload))
        with worker_environment(), silent_stderr():
            forkserver.ensure_running()
        self._context = context
        return context

    def finished(self) -> list[tuple[TrialSpec, TrialResult]]:
        """Waits until a worker ends or reaches its limit; the trials that are over, none of them running any more."""
        deadlines = [running.deadline for running in self._running.values() if running.deadline is not None]
        timeout = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        ready = [connection for connection in wait(list(self._running), timeout) if isinstance(connection, Connection)]
        over = [(connection, self._received(connection)) for connection in ready]
        moment = time.monotonic()
        for connection, running in self._running.items():
            if connection not in ready and running.deadline is not None and running.deadline <= moment:
                over.append((connection, self._over_limit(running)))
        return [(self._end(connection).spec, result) for connection, result in over]

    def _received(self, connection: Connection) -> TrialResult:
        running = self._running[connection]
        try:
            result = connection.recv()
        except (EOFError, OSError):
            running.process.join()
            return self._dead(running)
        assert isinstance(result, TrialResult)
        return result

    def _dead(self, running: _Running) -> TrialResult:
        code = running.process.exitcode
        cause = f"by signal {-code}" if code is not None and code < 0 else f"with exit code {code}"
        hint = " (out of memory?)" if code == -signal.SIGKILL else ""
        words = last_words(running.log)
        said = f"; its last words: {words}" if words else ""
        return _without_measurement(running, TrialStatus.FAILED, f"the worker process ended {cause}{hint}{said}")

    def _over_limit(self, running: _Running) -> TrialResult:
        return _without_measurement(running, TrialStatus.LIMIT, f"took longer than {self._time_limit_s:g} s")

    def _end(self, connection: Connection) -> _Running:
        running = self._running.pop(connection)
        running.process.kill()
        running.process.join()
        running.process.close()
        connection.close()
        return running


def _without_measurement(running: _Running, status: TrialStatus, reason: str) -> TrialResult:
    seconds = round(time.monotonic() - running.started, 3)
    spec = running.spec
    return TrialResult(spec.name, spec.hash, status, reason, seconds=seconds, finished_at=now())
