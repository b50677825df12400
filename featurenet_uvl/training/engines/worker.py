"""The worker process: it runs one trial and ends."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path

from featurenet_uvl.errors import DataError
from featurenet_uvl.system.processes.server_tie import tie_to_server
from featurenet_uvl.training.engines.job import Job, Surroundings
from featurenet_uvl.training.trials.trial import Epoch, TrialResult, TrialSpec, TrialStatus, now

ENVIRONMENT: Mapping[str, str] = {
    "KERAS_BACKEND": "tensorflow",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
}
"""Environment variables of every worker. They silence TensorFlow's log, let workers share the memory of a GPU, and keep
freed memory: networks allocate and free large buffers all the time, and returning them to the system costs page
faults."""

THREADS = (
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)
"""Environment variables by which libraries limit their threads."""

REMOVED = (
    *("NVIDIA_TF32_OVERRIDE", "TF_CUDNN_DETERMINISTIC", "TF_DETERMINISTIC_OPS", "TF_ENABLE_ONEDNN_OPTS"),
    *("TF_XLA_FLAGS", "XLA_FLAGS"),
)
"""Environment variables that no worker gets, because TensorFlow reads them once and they change digits of results."""

_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class EpochReport:
    """The message of a worker after each epoch."""

    number: int
    epoch: Epoch


def work(connection: Connection, log: str, job: Job, spec: TrialSpec) -> None:
    """Train one network, sending an `EpochReport` after each epoch and its `TrialResult` in the end.

    Any error of the network becomes a `FAILED` result. If the images are gone, no other trial can succeed, so the
    worker sends the `DataError` itself. Output of the libraries goes to the file `log`, where the driver finds the last
    words of a worker that dies.
    """
    tie_to_server()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver receives the same key press and decides
    threading.Thread(target=_end_with_driver, daemon=True).start()
    _be_killed_first()
    redirect_output(log)
    os.environ.update(job.environment or {})
    started, started_cpu = time.monotonic(), time.process_time()
    try:
        result = job.trainer.train(spec, job.protocol, job.data, _surroundings(connection, job, spec))
    except DataError as error:
        connection.send(error)
        connection.close()
        return
    except Exception as error:  # an error of a network is a row, and does not stop the run
        result = TrialResult(spec.name, spec.hash, TrialStatus.FAILED, reason=describe(error))
    seconds = round(time.monotonic() - started, 3)
    provenance = {
        **result.provenance,
        "cpu_seconds": f"{time.process_time() - started_cpu:.3f}",
        "memory_mb": f"{_largest_memory() / 1e6:.0f}",
    }
    connection.send(replace(result, seconds=seconds, provenance=provenance, finished_at=now()))
    connection.close()


def _surroundings(connection: Connection, job: Job, spec: TrialSpec) -> Surroundings:
    folder = job.log_folder(spec)
    if folder is not None and folder.exists():
        shutil.rmtree(folder)  # of a killed run, whose curves would mix with the new ones
    callbacks = () if job.callbacks is None else tuple(job.callbacks(spec))
    return Surroundings(
        callbacks,
        folder,
        lambda number, epoch: connection.send(EpochReport(number, epoch)),
        job.limits.weights,
        job.limits.macs,
    )


def _largest_memory() -> int:
    """Return the largest resident memory of this process so far in bytes."""
    import resource  # Windows has none

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_BYTES


def _be_killed_first() -> None:
    """Make Linux end this worker before the driver when memory runs out: its trial can run again."""
    with suppress(OSError):  # only Linux has this file
        Path("/proc/self/oom_score_adj").write_text("500")


def describe(error: BaseException) -> str:
    """Return an error as one line of at most 500 characters."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]


def redirect_output(path: str) -> None:
    """Redirect this process' standard output and error, also of C libraries, to a file."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError:  # training goes on without the log if the disk is full
        descriptor = os.open(os.devnull, os.O_WRONLY)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)


def last_words(path: str) -> str:
    """Return the last line of a worker's log that is not empty, at most 300 characters of it."""
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            lines = [line.strip() for line in log if line.strip()]
    except OSError:
        return ""
    return lines[-1][-300:] if lines else ""


def _end_with_driver() -> None:
    """End this process as soon as the driver is gone, even if it was killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def worker_environment(threads: int = 1) -> Iterator[None]:
    """Set the environment that a fork server started inside passes on, and restore this process' own in the end."""
    before = {name: os.environ.get(name) for name in (*ENVIRONMENT, *THREADS, *REMOVED)}
    os.environ.update({**ENVIRONMENT, **dict.fromkeys(THREADS, str(threads))})
    for name in REMOVED:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def without_main_module() -> Iterator[None]:
    """Keep workers started inside from running this process' main module again.

    Ray's own takes as long as a small network, and a user's script may have no guard against being imported.
    """
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    main.__file__ = None
    try:
        yield
    finally:
        main.__file__ = path
