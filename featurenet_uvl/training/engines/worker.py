"""What runs in a worker process: one trial, then the end."""

from __future__ import annotations

import os
import resource
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
from featurenet_uvl.training.engines.job import Job, Surroundings
from featurenet_uvl.training.trials.trial import Epoch, TrialResult, TrialSpec, TrialStatus, now

ENVIRONMENT: Mapping[str, str] = {
    "KERAS_BACKEND": "tensorflow",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
}
"""Of every worker: no log lines between ours, workers share a GPU's memory, and freed memory is kept: networks take and
free large buffers all the time, and each return to the system and back costs page faults."""

THREADS = (
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)
"""How many threads a worker has, in the words of the libraries."""

_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What a worker says after each epoch."""

    number: int
    epoch: Epoch


def work(connection: Connection, log: str, job: Job, spec: TrialSpec) -> None:
    """Trains one network and sends an `EpochReport` after each epoch, then its `TrialResult`.

    Any error of the network becomes a `FAILED` result. Where the images are gone, no other trial would fare better:
    then the `DataError` itself is sent. What the libraries print goes to the file `log`, where the driver finds the
    last words of a worker that dies.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver hears the same key press and decides
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
    except Exception as error:  # whatever a network does, it is a row and not a stop
        result = TrialResult(spec.name, spec.hash, TrialStatus.FAILED, reason=describe(error))
    seconds = round(time.monotonic() - started, 3)
    provenance = {
        **result.provenance,
        "cpu_seconds": f"{time.process_time() - started_cpu:.3f}",
        "memory_mb": f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_BYTES / 1e6:.0f}",
    }
    connection.send(replace(result, seconds=seconds, provenance=provenance, finished_at=now()))
    connection.close()


def _surroundings(connection: Connection, job: Job, spec: TrialSpec) -> Surroundings:
    folder = job.log_folder(spec)
    if folder is not None and folder.exists():
        shutil.rmtree(folder)  # of a run that was killed: its curves would be drawn into the new ones
    callbacks = () if job.callbacks is None else tuple(job.callbacks(spec))
    return Surroundings(
        callbacks,
        folder,
        lambda number, epoch: connection.send(EpochReport(number, epoch)),
        job.limits.weights,
    )


def _be_killed_first() -> None:
    """Where memory runs out, Linux ends a worker, whose trial can be run again, and not the driver."""
    with suppress(OSError):  # other systems have no such file
        Path("/proc/self/oom_score_adj").write_text("500")


def describe(error: BaseException) -> str:
    """An error in one line of at most 500 characters."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]


def redirect_output(path: str) -> None:
    """Sends this process' standard output and error, those of C libraries too, to a file."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError:  # no space for words is no reason not to train
        descriptor = os.open(os.devnull, os.O_WRONLY)
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


def _end_with_driver() -> None:
    """Ends this process as soon as the driver is gone, even where it was killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def worker_environment(threads: int = 1) -> Iterator[None]:
    """Sets the environment that a fork server started here passes on, and restores this process' own."""
    before = {name: os.environ.get(name) for name in (*ENVIRONMENT, *THREADS)}
    os.environ.update({**ENVIRONMENT, **dict.fromkeys(THREADS, str(threads))})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def without_main_module() -> Iterator[None]:
    """Workers started here do not run this process' main module again: Ray's own takes as long as a small network, and
    a script of the user's may have no guard against it."""
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    main.__file__ = None
    try:
        yield
    finally:
        main.__file__ = path
