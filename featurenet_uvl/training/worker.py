"""What runs in a worker process: one trial, then the end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from typing import TypeAlias

from featurenet_uvl.training.data import Dataset
from featurenet_uvl.training.protocol import Protocol
from featurenet_uvl.training.trial import TrialResult, TrialSpec, TrialStatus, now

Train: TypeAlias = Callable[[TrialSpec, Protocol, Dataset], TrialResult]
"""Trains and tests one network; found again by its module and name in the worker process."""

ENVIRONMENT: Mapping[str, str] = {
    "KERAS_BACKEND": "tensorflow",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}
"""Of every worker: one thread each, no log lines between ours, and freed memory is kept: networks take and free large
buffers all the time, and each return to the system and back costs page faults."""


@dataclass(frozen=True, slots=True)
class Trainer:
    """How workers train.

    `preload` are modules that the fork server imports once, before it forks the workers. They must start no thread.
    """

    train: Train
    preload: tuple[str, ...] = ()


def work(connection: Connection, log: str, train: Train, spec: TrialSpec, protocol: Protocol, data: Dataset) -> None:
    """Trains one network and sends its `TrialResult`. Any error becomes a `FAILED` one.

    What the libraries print goes to the file `log`, where the driver finds the last words of a worker that dies.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver hears the same key press and decides
    threading.Thread(target=_end_with_driver, daemon=True).start()
    redirect_output(log)
    started, started_cpu = time.monotonic(), time.process_time()
    try:
        result = train(spec, protocol, data)
    except Exception as error:  # whatever a network does, it is a row and not a stop
        result = TrialResult(spec.name, spec.hash, TrialStatus.FAILED, reason=describe(error))
    seconds = round(time.monotonic() - started, 3)
    provenance = {**result.provenance, "cpu_seconds": f"{time.process_time() - started_cpu:.3f}"}
    connection.send(replace(result, seconds=seconds, provenance=provenance, finished_at=now()))
    connection.close()


def describe(error: BaseException) -> str:
    """An error in one line of at most 500 characters."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]


def redirect_output(path: str) -> None:
    """Sends this process' standard output and error, those of C libraries too, to a file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)


def last_words(path: str) -> str:
    """The last line that is not empty of a worker's log, at most 300 characters."""
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            lines = [line.strip() for line in log if line.strip()]
    except OSError:
        return ""
    return lines[-1][-300:] if lines else ""


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Gives processes started here no standard error: TensorFlow's import writes to it, whatever its settings."""
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def _end_with_driver() -> None:
    """Ends this process as soon as the driver is gone, even where it was killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def worker_environment() -> Iterator[None]:
    """Sets the environment that a fork server started here passes on, and restores this process' own."""
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
