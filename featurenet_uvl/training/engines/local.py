"""Workers on this machine: one process per trial, forked from a server that has imported all modules."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from types import MappingProxyType, TracebackType

from featurenet_uvl.errors import DataError, FeatureNetError, UsageError
from featurenet_uvl.system.extras import require
from featurenet_uvl.system.processes.fork_server import check_workers, start_fork_server
from featurenet_uvl.system.processes.temporary import TemporaryFolder, sweep
from featurenet_uvl.training.engines.base import Finished, Running
from featurenet_uvl.training.engines.job import Job, limit_facts
from featurenet_uvl.training.engines.worker import EpochReport, last_words, work, worker_environment
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus, now

MEMORY_CHECK_S = 0.1
"""Seconds between two measurements of the workers' memory, if it is limited."""

FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM)
"""Signals that come from outside: the system ran out of memory, or a person stopped the worker."""


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """An engine that runs up to `workers` processes at a time on this machine.

    Raises:
        UsageError: `workers` is below 1.
    """

    workers: int = 1

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise UsageError(f"workers: found {self.workers}, expected at least 1")

    @property
    def description(self) -> str:
        return f"{self.workers} worker{'s' if self.workers > 1 else ''}"

    def check(self) -> None:
        """Check that this process may start others.

        Raises:
            UsageError: It is a daemonic process, such as a worker of `multiprocessing.Pool`.
            ToolError: The system is Windows.
        """
        check_workers()
        sweep()  # what killed runs have left

    def session(self, job: Job) -> LocalSession:
        return LocalSession(job, self.workers)


@dataclass(frozen=True, slots=True)
class _Worker:
    process: ForkServerProcess
    log: str
    running: Running
    deadline: float | None


class LocalSession:
    """The running workers; a context manager that leaves none behind."""

    def __init__(self, job: Job, workers: int) -> None:
        self.capacity = workers
        self._job = job
        self._logs = TemporaryFolder()
        self._workers: dict[Connection, _Worker] = {}
        self._context: ForkServerContext | None = None

    def __enter__(self) -> LocalSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers.values():
            worker.process.kill()
        for connection, worker in self._workers.items():
            worker.process.join()
            worker.process.close()
            connection.close()
        self._workers.clear()
        self._logs.close()

    @property
    def running(self) -> Sequence[Running]:
        return [worker.running for worker in self._workers.values()]

    def start(self, spec: TrialSpec) -> None:
        """Start a worker for one trial.

        Raises:
            FeatureNetError: The fork server does not start, for example because TensorFlow cannot be imported, or finds
                no place for its socket.
        """
        context = self._context or self._fork_server()
        receiver, sender = context.Pipe(duplex=False)
        log = str(self._logs.path / spec.hash)
        arguments = (sender, log, self._job, spec)
        process = context.Process(target=work, args=arguments, name=f"trial-{spec.name}", daemon=True)
        try:
            process.start()  # waits for the fork server's imports, so the clock starts after it
        except (EOFError, ConnectionError) as error:
            first = (*self._job.trainer.preload, "sys")[0]
            raise FeatureNetError(
                f"workers: found no working fork server, expected one that imports {first}; "
                f"see what this says: python -c 'import {first}'"
            ) from error
        running = Running(spec, f"process {process.pid}")
        limit = self._job.limits.time_s
        deadline = None if limit is None else running.started + limit
        self._workers[receiver] = _Worker(process, log, running, deadline)
        sender.close()

    def _fork_server(self) -> ForkServerContext:
        """Start the fork server of this process, which has one: workers of a second trainer import its modules."""
        with worker_environment(self._job.threads):
            self._context = start_fork_server(self._job.trainer.preload)
        return self._context

    def finished(self) -> Sequence[Finished]:
        """Wait until a worker sends a message, ends, or exceeds a limit; return the trials that have ended.

        Raises:
            DataError: A worker found the images gone.
        """
        while True:
            ready = [item for item in wait(list(self._workers), self._timeout()) if isinstance(item, Connection)]
            over = {connection: self._received(connection) for connection in ready}
            for connection, worker in self._workers.items():
                if connection not in over and (excess := self._excess(worker)):
                    over[connection] = Finished(worker.running.spec, _failure(worker, TrialStatus.LIMIT, *excess))
            ended = [finished for finished in over.values() if finished is not None]
            for connection, finished in over.items():
                if finished is not None:
                    self._end(connection)
            if over:
                return ended

    def _timeout(self) -> float | None:
        moments = [worker.deadline for worker in self._workers.values() if worker.deadline is not None]
        if self._job.limits.memory_mb is not None:
            moments.append(time.monotonic() + MEMORY_CHECK_S)
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def _received(self, connection: Connection) -> Finished | None:
        """Return the trial that a worker's message ends; None if the trial still runs."""
        worker = self._workers[connection]
        try:
            message = connection.recv()
        except (EOFError, OSError):
            worker.process.join()
            return _dead(worker)
        if isinstance(message, EpochReport):
            worker.running.epochs, worker.running.test_accuracy = message.number, message.epoch.test_accuracy
            return None
        if isinstance(message, DataError):
            raise message
        assert isinstance(message, TrialResult)
        return Finished(worker.running.spec, message)

    def _excess(self, worker: _Worker) -> tuple[str, Mapping[str, str]] | None:
        """Return the reason why a worker must be stopped, and the limit; None if it keeps its limits."""
        limits = self._job.limits
        if limits.memory_mb is not None:
            memory_mb = tree_memory(worker.process.pid or 0) / 1e6
            if memory_mb > limits.memory_mb:
                found = f"took {math.ceil(memory_mb):,} MB of memory, more than the limit of {limits.memory_mb:,.0f} MB"
                return found, limit_facts("memory_mb", limits.memory_mb)
        if worker.deadline is not None and limits.time_s is not None and worker.deadline <= time.monotonic():
            return f"took longer than {limits.time_s:g} s", limit_facts("time_s", limits.time_s)
        return None

    def _end(self, connection: Connection) -> None:
        worker = self._workers.pop(connection)
        worker.process.kill()
        worker.process.join()
        worker.process.close()
        connection.close()


def available_cores() -> int:
    """Return the number of cores that this process may use, which containers limit."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def tree_memory(process_id: int) -> int:
    """Return the resident memory of a process and its descendants in bytes; 0 if it has ended.

    Raises:
        ToolError: psutil is not installed.
    """
    require("psutil", "a limit of memory")
    import psutil

    try:
        process = psutil.Process(process_id)
        tree = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for member in tree:
        try:
            total += member.memory_info().rss
        except psutil.Error:
            continue  # it has ended since
    return total


def _dead(worker: _Worker) -> Finished:
    code = worker.process.exitcode
    cause = f"by signal {-code}" if code is not None and code < 0 else f"with exit code {code}"
    hint = " (out of memory?)" if code == -signal.SIGKILL else ""
    words = last_words(worker.log)
    said = f"; its last words: {words}" if words else ""
    result = _failure(worker, TrialStatus.FAILED, f"the worker process ended {cause}{hint}{said}")
    return Finished(worker.running.spec, result, is_lost=code is not None and -code in FROM_OUTSIDE)


def _failure(
    worker: _Worker, status: TrialStatus, reason: str, facts: Mapping[str, str] = MappingProxyType({})
) -> TrialResult:
    running = worker.running
    seconds = round(time.monotonic() - running.started, 3)
    spec = running.spec
    ended = TrialResult(spec.name, spec.hash, status, reason, epochs=running.epochs, seconds=seconds)
    return replace(ended, provenance=dict(facts), finished_at=now())
