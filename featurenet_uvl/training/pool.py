"""Many trials: each starts as a worker becomes free, and each result is stored before it counts."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from featurenet_uvl.errors import FeatureNetError, StoreError, UsageError
from featurenet_uvl.system.extras import check_installed
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.engines.base import Engine, Finished, Session
from featurenet_uvl.training.engines.job import NO_LIMITS, Callbacks, Job, Limits, Trainer, check_tensorboard
from featurenet_uvl.training.engines.local import LocalEngine
from featurenet_uvl.training.engines.worker import describe
from featurenet_uvl.training.keras_trainer import KERAS
from featurenet_uvl.training.run_state import StateWriter
from featurenet_uvl.training.store import ResultStore
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus
from featurenet_uvl.training.trials.twins import result_of_twin, twins_of

TRIES = 2
"""Starts of a trial within one run, while its workers are killed from outside."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `done` counts all finished trials, `failed` those among them without an accuracy."""

    done: int
    failed: int
    total: int
    best_accuracy: float | None
    seconds_left: float | None
    """Estimate from the trials of this run; None before the first ends."""


def run_trials(
    specs: Sequence[TrialSpec],
    protocol: Protocol,
    store_path: Path,
    *,
    data: Dataset,
    workers: int = 1,
    engine: Engine | None = None,
    limits: Limits = NO_LIMITS,
    on_progress: Callable[[Progress], None] | None = None,
    retry_failed: bool = False,
    tensorboard: Path | None = None,
    callbacks: Callbacks | None = None,
    trainer: Trainer = KERAS,
) -> list[TrialResult]:
    """Train and test networks, and store each result as it arrives.

    Trials that the store has do not run again, so the same call continues a run that was stopped or killed. An
    interrupt stops the workers and passes on `KeyboardInterrupt`; the store keeps all trials that had finished.

    Args:
        specs: The networks. Those with equal hashes are trained once, and so are configurations that are the same
            network (`decoding/network_key.py`): all get a row with the result, whose provenance names the trial.
        protocol: How to train; part of the key of each result.
        store_path: The store's file; created if it is missing.
        data: The images.
        workers: Processes that train at a time on this machine, each on one thread.
        engine: The place where the trials run, instead of `workers` on this machine.
        limits: A trial that exceeds one is stopped, or not started, and becomes a `LIMIT` row. A row of an earlier run
            whose limit is higher or gone by now is tried again.
        on_progress: Called at the start and after each result.
        retry_failed: Run trials again that failed or reached a limit.
        tensorboard: A folder for TensorBoard's logs, with one folder per trial.
        callbacks: Returns the Keras callbacks of a trial; the protocol must describe their effect in words.
        trainer: The function that the workers run.

    Returns:
        One result per spec, in the order of `specs`.

    Raises:
        UsageError: `workers` is below 1, or the protocol does not mention the callbacks.
        ToolError: A package is missing.
        DataError: The data set has fewer images than the protocol needs, or its files are gone.
        StoreError: The store is in use, damaged, of another version, has results on other images, or cannot be written.
        FeatureNetError: The engine broke down.
    """
    engine = engine or LocalEngine(workers)
    data.check(protocol)
    _check_callbacks(protocol, callbacks)
    check_tensorboard(tensorboard)
    check_installed("training", "psutil", *trainer.needs)
    engine.check()
    job = Job(trainer, protocol, data, limits, tensorboard, callbacks)
    unique = {spec.hash: spec for spec in reversed(specs)}
    with ResultStore(store_path) as store:
        results = {key: result for key, result in store.results(protocol).items() if key in unique}
        _check_images(store_path, results.values(), data)
        again = (TrialStatus.FAILED, TrialStatus.LIMIT) if retry_failed else ()
        results = {
            key: result for key, result in results.items() if result.status not in again and not limits.lifts(result)
        }
        pending = deque(unique[spec.hash] for spec in dict.fromkeys(specs) if unique[spec.hash] is spec)
        twins = twins_of(pending)
        meter = _Meter(len(unique), results, on_progress)
        meter.report()
        for known in [spec for spec in pending if spec.hash in results]:
            _share(known, twins, results, store, protocol)
        pending = deque(spec for spec in pending if spec.hash not in results and twins[spec.hash][0] is spec)
        view = StateWriter.begin(store, engine.description, protocol, len(unique), len(results))
        with _told(view, results), engine.session(job) as session:

            def show() -> None:
                view.show(session, len(results), meter.seconds_left(len(pending) + len(session.running)))

            for finished in _finished(pending, session, limits, show):
                store.add(protocol, finished.spec, finished.result)
                results[finished.spec.hash] = finished.result
                _share(finished.spec, twins, results, store, protocol)
                meter.report(len(pending) + len(session.running))
    return [replace(results[spec.hash], name=spec.name) for spec in specs]


def _share(
    spec: TrialSpec,
    twins: Mapping[str, Sequence[TrialSpec]],
    results: dict[str, TrialResult],
    store: ResultStore,
    protocol: Protocol,
) -> None:
    """Give the result of a trial to the trials of the same network that have none."""
    for twin in twins[spec.hash]:
        if twin.hash not in results:
            shared = result_of_twin(twin, spec, results[spec.hash])
            store.add(protocol, twin, shared)
            results[twin.hash] = shared


def _check_images(store: Path, results: Iterable[TrialResult], data: Dataset) -> None:
    """Raise if the store has accuracies on other images: one table must not mix them with those of this run."""
    for result in results:
        earlier = result.provenance.get("data", data.hash)
        if earlier != data.hash:
            raise StoreError(
                f"{store}: found results on another data set {data.name} ({earlier}), expected those on the present "
                f"one ({data.hash}); use another file, or bring back the images"
            )


def _check_callbacks(protocol: Protocol, callbacks: Callbacks | None) -> None:
    """Raise if the protocol hides callbacks: results with them must not pass for results without."""
    if (callbacks is None) != (protocol.callbacks == ""):
        found = "callbacks" if callbacks else f"protocol.callbacks {protocol.callbacks!r} and no callbacks"
        raise UsageError(
            f"run: found {found}, expected both or neither; describe in protocol.callbacks how they change the training"
        )


@contextmanager
def _told(view: StateWriter, results: Mapping[str, TrialResult]) -> Iterator[None]:
    """Record how the run ends. `results` is the mapping that the run fills."""
    try:
        yield
    except FeatureNetError as error:
        view.end(f"stopped: {error}", len(results))
        raise
    except BaseException as error:
        outcome = "interrupted" if isinstance(error, KeyboardInterrupt) else f"stopped: {describe(error)}"
        view.end(outcome, len(results))
        raise
    view.end("finished", len(results))


def _finished(
    pending: deque[TrialSpec], session: Session, limits: Limits, show: Callable[[], None]
) -> Iterator[Finished]:
    """Yield all trials as they end. A trial whose worker was killed from outside starts once more, after all others.

    Call `show` whenever a trial has started, made progress or ended.
    """
    tries: dict[str, int] = {}
    while pending or session.running:
        while pending and len(session.running) < session.capacity:
            spec = pending.popleft()
            refused = limits.refusal(spec)
            if refused is not None:
                yield Finished(spec, refused)
                continue
            tries[spec.hash] = tries.get(spec.hash, 0) + 1
            session.start(spec)
        if not session.running:
            return
        show()
        for finished in session.finished():
            count = tries[finished.spec.hash]
            if finished.is_lost and count < TRIES:
                pending.append(finished.spec)
            elif finished.is_lost:
                reason = f"tried {count} times: {finished.result.reason}"
                yield replace(finished, result=replace(finished.result, reason=reason))
            else:
                yield finished


@dataclass(slots=True)
class _Meter:
    """Computes the progress from `results`, the mapping that the run fills."""

    total: int
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
        best = max(accuracies, default=None)
        self.on_progress(Progress(len(self.results), failed, self.total, best, self.seconds_left(left)))

    def seconds_left(self, left: int | None) -> float | None:
        """Estimate the seconds for `left` trials from those that have ended since the start."""
        if left == 0 or len(self.results) == self.total:
            return 0.0
        fresh = len(self.results) - self.known
        return (time.monotonic() - self.started) / fresh * left if left is not None and fresh else None
