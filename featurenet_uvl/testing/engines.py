"""Check of a training engine: it runs trials that end in every way, and compares all that it hands over."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from featurenet_uvl.errors import DataError, UnsupportedError
from featurenet_uvl.system.processes.temporary import TemporaryFolder
from featurenet_uvl.testing.engine_trials import HEARTBEAT_S, LONG_S, TRAINER, WEIGHTS, accuracy_of, trial
from featurenet_uvl.training.data.dataset import Dataset, keep_arrays
from featurenet_uvl.training.engines.base import Engine, Finished, Session
from featurenet_uvl.training.engines.job import NO_LIMITS, Job, Limits
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus

PATIENCE_S = 300.0
"""Default of the seconds without any answer after which an engine counts as hanging."""

MAX_AT_A_TIME = 4
"""Trials that the checks run at a time at most, on engines that could run more."""

TIME_LIMIT_S = 2.0
MEMORY_LIMIT_MB = 400.0
"""Limits of the trials that are to be stopped by one."""

_PROTOCOL = Protocol("digits", epochs=2)


def check_engine(engine: Engine, *, patience_s: float = PATIENCE_S) -> None:
    """Check that an engine keeps the promises of `featurenet_uvl.training.engines.base`.

    It starts more trials than there are workers, in two orders, and trials that fail, diverge, die, exceed a limit of
    time, memory or weights, or find their images gone; and it leaves sessions whose trials still run. The workers must
    see the temporary folder of this machine.

    Args:
        engine: The engine.
        patience_s: Seconds without any answer after which the engine counts as hanging; no limit for its speed.

    Raises:
        UnsupportedError: The engine breaks promises; one line per problem.

    Example:
        check_engine(LocalEngine(2))
    """
    problems: list[str] = []
    with TemporaryFolder() as place:
        data = _images(place)
        checks: tuple[Callable[[], Iterator[str]], ...] = (
            lambda: _description_problems(engine),
            lambda: _order_problems(engine, data),
            lambda: _failure_problems(engine, data),
            lambda: _limit_problems(engine, data),
            lambda: _images_gone_problems(engine, data),
            lambda: _closing_problems(engine, data, place / "closed", None, patience_s),
            lambda: _closing_problems(engine, data, place / "interrupted", KeyboardInterrupt(), patience_s),
        )
        for check in checks:
            found = _patient(check, patience_s)
            if found is None:
                problems.append(f"found no answer for {patience_s:g} s, expected `finished` to return or raise")
                break  # its workers may still run, and the next check would meet them
            problems += found
    if problems:
        raise UnsupportedError("\n".join(f"engine {type(engine).__name__}: {problem}" for problem in problems))


def _patient(check: Callable[[], Iterator[str]], patience_s: float) -> list[str] | None:
    """Return the problems that a check finds; None if it does not end."""
    found: list[str] = []

    def run() -> None:
        try:
            found.extend(check())
        except Exception as error:  # an error of the engine is a problem like any other
            found.append(f"raised {type(error).__name__}: {' '.join(str(error).split())}")

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(patience_s)
    return None if thread.is_alive() else found


def _images(folder: Path) -> Dataset:
    """Write a data set of one image per part."""
    image, label = np.zeros((1, 16, 16, 1), dtype=np.uint8), np.zeros(1, dtype=np.uint8)
    arrays = {"x_train": image, "y_train": label, "x_test": image, "y_test": label}
    nowhere = Dataset("digits", str(folder / "nowhere"), (16, 16, 1), 10, 1, 1, "")
    return keep_arrays(nowhere, folder / "images", lambda: arrays)


def _job(data: Dataset, limits: Limits = NO_LIMITS) -> Job:
    return Job(TRAINER, _PROTOCOL, data, limits)


def _description_problems(engine: Engine) -> Iterator[str]:
    engine.check()
    description = engine.description
    if not isinstance(description, str) or not description or not description.isprintable():
        yield f"found the description {description!r}, expected one line for people"


def _order_problems(engine: Engine, data: Dataset) -> Iterator[str]:
    """Run more trials than fit at a time, in two orders: each must end once, with its own result."""
    results: list[dict[str, TrialResult]] = []
    for is_reversed in (False, True):
        with engine.session(_job(data)) as session:
            if session.capacity < 1:
                yield f"found a capacity of {session.capacity}, expected 1 or more"
                return
            count = 2 * min(session.capacity, MAX_AT_A_TIME) + 1
            specs = [trial(f"n{number}", "sleep", 0.2 if number == 0 else 0) for number in range(count)]
            ended: list[Finished] = []
            yield from _run(session, specs[::-1] if is_reversed else specs, ended)
        yield from _mismatches(specs, ended)
        for finished in ended:
            if finished.result.status is not TrialStatus.DONE:
                yield f"{finished.spec.name}: found {finished.result.status} ({finished.result.reason}), expected done"
            elif finished.result.test_accuracy != accuracy_of(finished.spec):
                yield f"{finished.spec.name}: found accuracy {finished.result.test_accuracy}, expected its own"
            elif finished.is_lost:
                yield f"{finished.spec.name}: found a finished trial marked as lost"
        results.append({finished.spec.hash: finished.result for finished in ended})
    for key, result in results[0].items():
        other = results[1].get(key)
        if other is not None and (other.status, other.test_accuracy) != (result.status, result.test_accuracy):
            yield f"{result.name}: found other results in another order of starting"


def _run(session: Session, specs: Sequence[TrialSpec], ended: list[Finished]) -> Iterator[str]:
    """Run trials as a run does, append those that end to `ended`, and yield each mistake of `running`."""
    pending = list(specs)
    started: list[str] = []
    while pending or session.running:
        while pending and len(session.running) < min(session.capacity, MAX_AT_A_TIME):
            before = len(session.running)
            spec = pending.pop(0)
            session.start(spec)
            started.append(spec.hash)
            if len(session.running) != before + 1 or session.running[-1].spec.hash != spec.hash:
                yield f"{spec.name}: found it missing at the end of `running` after its start"
                return
        new = session.finished()
        ended += new
        over = {finished.spec.hash for finished in ended}
        going = {running.spec.hash for running in session.running}
        if over & going:
            yield "found a trial both finished and in `running`, expected one of them"
            return
        if over | going != set(started):
            yield "found a started trial neither finished nor in `running`"
            return


def _mismatches(specs: Sequence[TrialSpec], ended: Sequence[Finished]) -> Iterator[str]:
    """Yield trials that ended not once, and results of other trials."""
    counts = Counter(finished.spec.hash for finished in ended)
    for spec in specs:
        if counts[spec.hash] != 1:
            yield f"{spec.name}: found it handed over {counts[spec.hash]} times, expected once"
    for finished in ended:
        if (finished.result.spec_hash, finished.result.name) != (finished.spec.hash, finished.spec.name):
            found = f"{finished.result.name} ({finished.result.spec_hash})"
            yield f"{finished.spec.name}: found the result of {found}, expected its own"


def _failure_problems(engine: Engine, data: Dataset) -> Iterator[str]:
    """Run trials that go wrong: each must be a row with its reason, and the next must run."""
    expected = {
        "raises": (trial("raises", "raise", "too large"), TrialStatus.FAILED, "too large with a second line"),
        "diverges": (trial("diverges", "nan"), TrialStatus.NAN, "the loss became nan in epoch 1"),
        "exits": (trial("exits", "exit", 7), TrialStatus.FAILED, ""),
        "killed": (trial("killed", "kill"), TrialStatus.FAILED, ""),
        "fine": (trial("fine"), TrialStatus.DONE, ""),
    }
    yield from _row_problems(engine, _job(data), list(expected.values()))


def _row_problems(engine: Engine, job: Job, expected: Sequence[tuple[TrialSpec, TrialStatus, str]]) -> Iterator[str]:
    """Run trials and compare how they end: the status, and a part of the reason."""
    specs = [spec for spec, _, _ in expected]
    ended: list[Finished] = []
    with engine.session(job) as session:
        yield from _run(session, specs, ended)
    yield from _mismatches(specs, ended)
    results = {finished.spec.hash: finished.result for finished in ended}
    for spec, status, reason in expected:
        result = results.get(spec.hash)
        if result is None:
            continue
        if result.status is not status:
            yield f"{spec.name}: found {result.status} ({result.reason}), expected {status}"
        elif status is not TrialStatus.DONE and not (result.reason and result.reason.isprintable()):
            yield f"{spec.name}: found the reason {result.reason!r}, expected one line"
        elif reason not in result.reason:
            yield f"{spec.name}: found the reason {result.reason!r}, expected {reason!r} in it"
        if status is not TrialStatus.DONE and result.test_accuracy is not None:
            yield f"{spec.name}: found an accuracy, expected none"


def _limit_problems(engine: Engine, data: Dataset) -> Iterator[str]:
    """Run trials over each limit."""
    limits = (
        (Limits(time_s=TIME_LIMIT_S), trial("slow", "sleep", LONG_S)),
        (Limits(memory_mb=MEMORY_LIMIT_MB), trial("large", "memory", 2 * MEMORY_LIMIT_MB)),
        (Limits(weights=WEIGHTS - 1), trial("heavy")),
    )
    for limit, spec in limits:
        yield from _row_problems(engine, _job(data, limit), [(spec, TrialStatus.LIMIT, "")])


def _images_gone_problems(engine: Engine, data: Dataset) -> Iterator[str]:
    """Run a trial whose images are gone: it must stop the run, and be no row."""
    ended: list[Finished] = []
    try:
        with engine.session(_job(data)) as session:
            yield from _run(session, [trial("gone", "gone")], ended)
    except DataError:
        return
    yield "gone: found no DataError, expected the one that its worker raised"


def _closing_problems(
    engine: Engine, data: Dataset, file: Path, error: BaseException | None, patience_s: float
) -> Iterator[str]:
    """Check that a session, left while its trial runs, ends the worker and passes an error on."""
    has_passed = False
    try:
        with engine.session(_job(data)) as session:
            session.start(trial(file.name, "beat", str(file)))
            while not _size(file):
                if not session.running:
                    yield f"{file.name}: found it ended, expected it to run"
                    return
                time.sleep(HEARTBEAT_S)
            if error is not None:
                raise error
    except BaseException as caught:
        if caught is not error:
            raise
        has_passed = True
    if error is not None and not has_passed:
        yield f"found {type(error).__name__} swallowed at the end of a session, expected it to pass"
    if not _comes_to_rest(file, patience_s):
        yield f"{file.name}: found its worker still running after the end of the session"


def _comes_to_rest(file: Path, patience_s: float) -> bool:
    """Whether a file stops growing: its size must stay equal for twenty beats."""
    looks = int(patience_s / (20 * HEARTBEAT_S)) // 2
    for _ in range(max(2, looks)):
        size = _size(file)
        time.sleep(20 * HEARTBEAT_S)
        if _size(file) == size:
            return True
    return False


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
