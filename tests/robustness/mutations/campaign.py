"""Many damaged inputs of a kind, each read in a worker process with limits; nothing that was done is done again.

Input number i of a kind depends on the kind, the seed and i, and on whether the corpora are there. A worker reads a
chunk of inputs; if it dies, the input at which it died is a finding, and the next worker goes on behind it.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.places import ROOT
from tests.robustness.mutations.kinds import KINDS, Files, whole_inputs

SECONDS = 2.0
"""Largest processor time of one input in seconds."""
MEGABYTES = 300
"""Largest memory of a process that has read one input, in megabytes."""
CHUNK = 1_000
"""Inputs that one worker reads at most."""
_HARD_SECONDS = 20
"""Processor time in seconds after which the system ends a worker that is stuck in one input."""
_HARD_BYTES = 4 << 30
"""Address space in bytes beyond which a worker gets no memory."""
_SHOWN = 3
"""Inputs that are kept for each fault."""


@dataclass
class Tally:
    """Inputs of a kind, and what became of them."""

    kind: str
    start: int
    stop: int
    """The inputs `start` to `stop - 1` were read."""
    accepted: int = 0
    refused: int = 0
    seconds: float = 0.0
    """Processor time of the slowest input."""
    slowest: int = -1
    megabytes: int = 0
    """Largest memory of the worker after any input."""
    largest: int = -1
    findings: dict[str, list[int]] = field(default_factory=dict)
    """Faults by what went wrong, each with the numbers of its first inputs."""
    counts: dict[str, int] = field(default_factory=dict)
    """Inputs per fault."""

    def add(self, fault: str, number: int) -> None:
        self.counts[fault] = self.counts.get(fault, 0) + 1
        numbers = self.findings.setdefault(fault, [])
        if len(numbers) < _SHOWN:
            numbers.append(number)

    def join(self, other: Tally) -> None:
        """Add the inputs of another tally of the kind."""
        self.start, self.stop = min(self.start, other.start), max(self.stop, other.stop)
        self.accepted += other.accepted
        self.refused += other.refused
        if other.seconds > self.seconds:
            self.seconds, self.slowest = other.seconds, other.slowest
        if other.megabytes > self.megabytes:
            self.megabytes, self.largest = other.megabytes, other.largest
        for fault, numbers in other.findings.items():
            self.findings[fault] = [*self.findings.get(fault, []), *numbers][:_SHOWN]
        self.counts = dict(Counter(self.counts) + Counter(other.counts))


def input_of(kind: str, seed: int, number: int) -> Files:
    """Return one damaged input."""
    return KINDS[kind].input(Random(f"{kind} {seed} {number}"))


def write_input(kind: str, files: Files, folder: Path) -> Path:
    """Write an input into an empty folder, and return the path that its reader is given."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / KINDS[kind].file


def read_range(kind: str, seed: int, start: int, stop: int, report: Callable[[Tally], None] | None = None) -> Tally:
    """Read some inputs in this process.

    Args:
        kind: Name of the kind.
        seed: Seed of all inputs.
        start: Number of the first input.
        stop: Number behind the last input.
        report: Receives the tally so far before each input, and at the end. It makes this process a worker, which
            the system ends if an input takes it far too long, and whose memory counts.

    Returns:
        The tally.
    """
    tally = Tally(kind, start, start)
    with tempfile.TemporaryDirectory(dir=_fast_folder(), prefix=f"mutations-{kind}-") as temporary:
        folder = Path(temporary) / "input"
        _read_whole(kind, folder)
        for number in range(start, stop):
            if report is not None:
                report(tally)
                _set_alarm()
            _read_one(kind, input_of(kind, seed, number), number, folder, tally, is_measured=report is not None)
            tally.stop = number + 1
    if report is not None:
        report(tally)
    return tally


def _fast_folder() -> str | None:
    """Return a folder in memory, if there is one: stores sync each result, which takes a disk its time."""
    shared = "/dev/shm"
    return shared if os.access(shared, os.W_OK) else None


def _read_whole(kind: str, folder: Path) -> None:
    """Read the whole inputs once, so that what they import counts for no damaged one."""
    for files in whole_inputs(kind):
        folder.mkdir()
        with suppress(Exception):  # a fault of the reader is found again below, and a test reads the whole inputs
            KINDS[kind].read(write_input(kind, files, folder))
        shutil.rmtree(folder)


def _read_one(kind: str, files: Files, number: int, folder: Path, tally: Tally, *, is_measured: bool) -> None:
    from featurenet_uvl.errors import FeatureNetError
    from tests.robustness.mutations.readers import check_message

    folder.mkdir()
    path = write_input(kind, files, folder)
    _forget_peak()
    started = time.process_time()
    try:
        try:
            KINDS[kind].read(path)
        except FeatureNetError as error:
            tally.refused += 1
            check_message(error, path)
        else:
            tally.accepted += 1
    except Exception as error:
        tally.add(_fault(error), number)
    seconds, megabytes = time.process_time() - started, _peak()
    if seconds > tally.seconds:
        tally.seconds, tally.slowest = seconds, number
    if megabytes > tally.megabytes:
        tally.megabytes, tally.largest = megabytes, number
    if seconds > SECONDS:
        tally.add(f"took more than {SECONDS:g} CPU s", number)
    if is_measured and megabytes > MEGABYTES:
        tally.add(f"took more than {MEGABYTES} MB", number)
    shutil.rmtree(folder)


def _fault(error: Exception) -> str:
    """Return the name of a fault: the error, and the innermost place of the project in it."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/tests/" not in frame.filename]
    own = [frame for frame in frames if frame.filename.startswith(str(ROOT))]
    where = f" at {Path(own[-1].filename).relative_to(ROOT)}:{own[-1].name}" if own else ""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}{where}: {text[:100]}" if not own else f"{type(error).__name__}{where}"


def _set_alarm() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + _HARD_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _forget_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:  # the peak of all inputs so far, then, which bounds that of this one
        return


def _peak() -> int:
    """Return the largest memory of this process since `_forget_peak` in megabytes; 0 on a system that does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


def campaign(kind: str, seed: int, count: int, journal: Path) -> Tally:
    """Read the first inputs of a kind in workers, without those that the journal has; add the others to it."""
    journal.parent.mkdir(parents=True, exist_ok=True)
    done = Tally(kind, 0, 0)
    for tally in _entries(journal, kind, seed):
        done.join(tally)
    while done.stop < count:
        tally = _chunk(kind, seed, done.stop, min(done.stop + CHUNK, count), journal.parent)
        with journal.open("a") as file:
            file.write(json.dumps({"seed": seed, **asdict(tally)}) + "\n")
        done.join(tally)
    return done


def _entries(journal: Path, kind: str, seed: int) -> Iterator[Tally]:
    if journal.exists():
        for line in journal.read_text().splitlines():
            entry = json.loads(line)
            if entry.pop("seed") == seed and entry["kind"] == kind:
                yield Tally(**entry)


def _chunk(kind: str, seed: int, start: int, stop: int, folder: Path) -> Tally:
    """Read a chunk in a worker. If it dies, the input at which it died is a finding and ends the chunk."""
    view = folder / f"{kind}.{os.getpid()}.json"
    view.unlink(missing_ok=True)
    arguments = [
        sys.executable,
        "-m",
        "tests.robustness.mutations.campaign",
        kind,
        *map(str, (seed, start, stop, view)),
    ]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    try:
        tally = Tally(**json.loads(view.read_text()))
    except (OSError, ValueError) as error:
        raise RuntimeError(f"the worker of {kind} read nothing: {done.stderr[-2_000:]}") from error
    finally:
        view.unlink(missing_ok=True)
    if done.returncode:
        tally.add(f"the process ended with {done.returncode}: {' '.join(done.stderr.split())[-200:]}", tally.stop)
        tally.stop += 1
    return tally


def as_commands(kind: str, seed: int, numbers: Sequence[int]) -> Tally:
    """Give some inputs to the kind's command, each in a process of its own."""
    tally = Tally(kind, min(numbers, default=0), min(numbers, default=0))
    for number in numbers:
        with tempfile.TemporaryDirectory(prefix=f"mutations-{kind}-") as temporary:
            path = write_input(kind, input_of(kind, seed, number), Path(temporary))
            words = [word.format(path, folder=temporary) for word in KINDS[kind].command]
            done = subprocess.run(
                [sys.executable, "-m", "featurenet_uvl", *words], cwd=temporary, capture_output=True, check=False,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        tally.accepted += done.returncode == 0
        tally.refused += done.returncode != 0
        if done.returncode not in (0, 1, 2, 3, 4) or b"Traceback" in done.stderr:
            tally.add(f"exit code {done.returncode}: {done.stderr[-200:].decode('utf-8', 'replace')}", number)
        tally.stop = number + 1
    return tally


def _work(kind: str, seed: str, start: str, stop: str, view: str) -> None:
    """Read a chunk, and keep the tally in a file, from which the caller sees where this process died."""
    resource.setrlimit(resource.RLIMIT_AS, (_HARD_BYTES, _HARD_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open(view, "w", encoding="utf-8") as file:

        def report(tally: Tally) -> None:
            text: Any = json.dumps(asdict(tally))
            file.seek(0)
            file.truncate()
            file.write(text)
            file.flush()

        read_range(kind, int(seed), int(start), int(stop), report)


if __name__ == "__main__":
    _work(*sys.argv[1:])
