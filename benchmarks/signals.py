"""Does a command that is ended leave anything behind: a process, a temporary folder, a half-written output?

python benchmarks/signals.py            200 signals and 100 kills; goes on from results/signals.json
python benchmarks/signals.py --show     print the table of that file

A signal is INT, TERM or HUP, sent to one of the commands below at a random moment after it has begun to hear signals.
A kill is SIGKILL, sent to a driver of trials. Both kinds draw their moments from the seed. Once the command is gone, no
process of it may run, its temporary folder must be empty, and its outputs whole; a killed one may leave temporary
folders, which the next start must remove. Each row has the load of the machine: seconds are no promise on a busy one.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.system.files import write_file
from featurenet_uvl.testing.engine_trials import TRAINER, trial
from featurenet_uvl.training.data.dataset import Dataset, load_dataset
from featurenet_uvl.training.pool import run_trials
from featurenet_uvl.training.store import read_results
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.translators.formats.configurations.sample_file import parse_sample
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs

RESULTS = Path(__file__).resolve().parent / "results" / "signals.json"
PROGRAM = (sys.executable, "-m", "featurenet_uvl")
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}
WORDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}
AT_A_TIME = 3
"""Commands that run at a time: most of their time is waiting."""
PATIENCE_S = 60.0
"""Seconds for which helpers of a killed driver are waited for: a busy machine takes its time to end a process."""
SETTLE_S = 2.0
"""Seconds after the signal at which nothing may be left."""
MARK = "FEATURENET_BENCHMARK"
"""Environment variable by which the processes of one attempt are found, also those that have lost their parent."""
SMALL = ("--bound", "Block=1", "--bound", "Cell=1", "--input-shape", "16x16x1")
LARGE = ("--bound", "Block=2", "--bound", "Cell=2")
TOOL = "import os, time; os.fork(); os.fork() or os.setsid(); time.sleep(600)"
"""A sampler that never answers, with children, one of which leaves its group."""

PROTOCOL = Protocol("digits", epochs=2)


@dataclass(frozen=True, slots=True)
class Case:
    """A command and the latest moment of a signal, in seconds after it hears signals."""

    arguments: tuple[str, ...]
    latest_s: float


def sampling(*arguments: str) -> Case:
    return Case(("sample", "s1.dimacs", "-n", "100000", "-o", "out.txt", *arguments), 6.0)


CASES: Mapping[str, Case] = {
    "count": Case(("count", "dnn", *LARGE), 4.0),
    "check": Case(("check", "dnn"), 2.0),
    "compile": Case(("compile", "dnn", *LARGE, "--input-shape", "28x28x1", "-o", "out.dimacs"), 5.0),
    "convert": Case(("convert", "dnn", "-o", "out.uvl"), 3.0),
    "analyse": Case(("analyse", "s1.dimacs"), 5.0),
    "sample diverse": sampling(),
    "sample covering": sampling("--sampler", "covering"),
    "sample uniform": sampling("--sampler", "uniform"),
    "sample steered": sampling("--sampler", "steered"),
    "sample cmsgen": sampling("--sampler", "cmsgen"),
    "sample random": sampling("--sampler", "random"),
    "sample t-wise": sampling("--sampler", "t-wise"),
    "sample external": sampling(
        "--sampler", "external", "--sampler-option", f"command={sys.executable} -c '{TOOL}' {{dimacs}} {{out}}"
    ),
    "diversity": Case(("diversity", "s.txt", "--cnf", "s1.dimacs"), 4.0),
    "configurations": Case(("configurations", "s.txt", "--to", "csv", "-o", "out.csv"), 2.0),
    "decode": Case(("decode", "s.txt", "--model", "s1", *SMALL, "-o", "nets", "--force"), 4.0),
    "decode --verify": Case(("decode", "s.txt", "--model", "s1", *SMALL, "-o", "nets", "--force", "--verify"), 12.0),
    "train": Case(
        ("train", "nets", "--data", "digits", "--epochs", "200", "--workers", "2", "--store", "t.sqlite"), 25.0
    ),
    "experiments run": Case(("experiments", "run", "--preset", "smoke", "-o", "results"), 25.0),
    "experiments status": Case(("experiments", "status", "study"), 2.0),
    "experiments report": Case(("experiments", "report", "study"), 4.0),
    "architectures list": Case(("architectures", "list"), 2.0),
}
LOCKS = ("*.lock", "*.state.json", "*.tmp", ".*.tmp", ".*.new", "*-old")
"""Files of a run or a writer that has not ended."""


def prepare(place: Path, *, has_study: bool = True) -> None:
    """Write the inputs of the commands into a folder; a folder of results among them if `has_study`."""
    calls: tuple[tuple[str, ...], ...] = (
        ("compile", "s1", *SMALL, "-o", "s1.dimacs"),
        ("sample", "s1.dimacs", "-n", "30", "-o", "s.txt", "--no-measures"),
        ("decode", "s.txt", "--model", "s1", *SMALL, "-o", "nets"),
    )
    for call in calls:
        subprocess.run([*PROGRAM, *call, "-q"], cwd=place, check=True)
    if not has_study:
        return
    with subprocess.Popen([*PROGRAM, *CASES["experiments run"].arguments, "-q"], cwd=place) as run:
        while run.poll() is None and not (place / "results" / "samples").exists():
            time.sleep(0.1)
        run.send_signal(signal.SIGTERM)
    os.replace(place / "results", place / "study")


def hears(process: int) -> bool:
    """Whether a process is past the start of the interpreter: a command has a handler of ALRM once it hears signals."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False
    masks = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt")]
    return any(mask >> (signal.SIGALRM - 1) & 1 for mask in masks)


def marked(mark: str) -> list[str]:
    """Return the command lines of the living processes that have the mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0")
            if is_ours and (folder / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:120])
        except OSError:
            continue  # it has ended
    return found


def wait_until(claim: Callable[[], bool], deadline: float) -> None:
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.02)


def interrupt(name: str, number: str, moment: float, inputs: Path, patience_s: float = SETTLE_S) -> dict[str, Any]:
    """Run a command, send it a signal, and return what was found; `problems` is empty if all is well."""
    with tempfile.TemporaryDirectory() as folder:
        place, temporary = Path(folder, "work"), Path(folder, "temporary")
        shutil.copytree(inputs, place)
        temporary.mkdir()
        mark = f"{os.getpid()}-{time.monotonic_ns()}"
        environment = {**os.environ, "TMPDIR": str(temporary), MARK: mark}
        delay_s = moment * CASES[name].latest_s
        with subprocess.Popen(
            [*PROGRAM, *CASES[name].arguments],
            cwd=place,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=default_signals,
        ) as process:
            wait_until(lambda: process.poll() is not None or hears(process.pid), float("inf"))
            wait_until(lambda: process.poll() is not None, time.monotonic() + delay_s)
            if process.poll() is not None:
                return {"kind": name, "signal": number, "ended_before": True, "problems": []}
            process.send_signal(signal.Signals[number])
            sent = time.monotonic()
            _, words = process.communicate()
            seconds = time.monotonic() - sent
        wait_until(lambda: not marked(mark) and not os.listdir(temporary), sent + max(patience_s, seconds + 0.5))
        problems = list(faults(process.returncode, words, number, place))
        problems += [f"still runs: {line}" for line in marked(mark)]
        problems += [f"temporary: {entry}" for entry in sorted(os.listdir(temporary))]
    row = {"kind": name, "signal": number, "moment_s": round(delay_s, 2), "seconds": round(seconds, 2)}
    return {**row, "load": round(os.getloadavg()[0], 1), "problems": problems}


def default_signals() -> None:
    """Let the command hear signals that a shell told this process to ignore."""
    for name in SIGNALS:
        signal.signal(signal.Signals[name], signal.SIG_DFL)


def faults(code: int, words: str, number: str, place: Path) -> Iterator[str]:
    """Yield what is wrong with the end of a command and with its outputs."""
    if code != CODES[number]:
        yield f"exit code {code}, expected {CODES[number]}"
    if words.count(f"featurenet-uvl: {WORDS[number]}") != 1 or not words.endswith(f": {WORDS[number]}\n"):
        yield f"last line: {words[-200:]!r}"
    if "Traceback" in words or "ignored in" in words:
        yield f"traceback: {words[-600:]!r}"
    yield from (f"left: {path.name}" for pattern in LOCKS for path in sorted(place.rglob(pattern)))
    checks: Mapping[str, Callable[[str], object]] = {
        "out.txt": lambda text: parse_sample(text, "out.txt"),
        "out.dimacs": lambda text: read_dimacs(text, "out.dimacs"),
    }
    for name, check in checks.items():
        if (place / name).exists():
            try:
                check((place / name).read_text())
            except FeatureNetError as error:
                yield f"{name}: {error}"
    nets = sorted((place / "nets").glob("*.json"))
    if len(nets) != 30:
        yield f"nets: {len(nets)} networks, expected 30"
    for path in (*nets, *place.glob("study/*.json"), *place.glob("results/*.json")):
        try:
            json.loads(path.read_text())
        except ValueError as error:
            yield f"{path.name}: {error}"


def drive(folder: Path, count: int) -> None:
    """Run trials that sleep, and print how many are acknowledged: the driver of `kill`."""
    run_trials(
        [trial(str(number), "sleep", 0.1) for number in range(count)],
        PROTOCOL,
        folder / "t.sqlite",
        data=images(folder),
        workers=2,
        trainer=TRAINER,
        on_progress=lambda progress: print(progress.done, flush=True),
    )


def images(folder: Path) -> Dataset:
    return load_dataset("digits", None, folder / "data")


def kill(moment: float, folder: Path, temporary: Path, kept: int, patience_s: float = PATIENCE_S) -> dict[str, Any]:
    """Run trials in a store, kill their driver, and return what was found, with the results that the store has."""
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    environment = {**os.environ, "TMPDIR": str(temporary), MARK: mark}
    before = set(os.listdir(temporary))
    command = [sys.executable, __file__, "--drive", str(folder)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(1 + int(moment * 4))]
        time.sleep(moment * 4 % 1.0 * 0.3)
        process.kill()
        killed = time.monotonic()
        acknowledged = max(map(int, [*lines, *process.stdout.read().split()]), default=0)
    wait_until(lambda: not marked(mark), killed + patience_s)
    seconds = time.monotonic() - killed
    problems = [f"still runs: {line}" for line in marked(mark)]
    stored = len(read_results(folder / "t.sqlite", PROTOCOL))
    if stored < max(acknowledged, kept):
        problems.append(f"{stored} results, expected the {max(acknowledged, kept)} acknowledged ones")
    problems += [f"temporary of an earlier start: {entry}" for entry in sorted(before & set(os.listdir(temporary)))]
    row = {"kind": "kill -9 of a driver", "signal": "SIGKILL", "seconds": round(seconds, 2)}
    row |= {"acknowledged": acknowledged, "results": stored}
    return {**row, "load": round(os.getloadavg()[0], 1), "problems": problems}


class Rows:
    """The rows of the file of results, by their numbers; each one is kept as soon as it is there."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        self.rows: list[dict[str, Any]] = found["rows"] if found.get("seed") == seed else []
        self._lock = threading.Lock()

    def missing(self, kind: str, wanted: int) -> Iterator[int]:
        """Yield the numbers of signals or kills to try, until enough of them have met a running command."""
        known = {row["number"] for row in self.rows if row["of"] == kind}
        for number in itertools.count():
            if count(self.rows, kind) >= wanted:
                return
            if number not in known:
                yield number

    def add(self, kind: str, number: int, row: Mapping[str, Any]) -> None:
        with self._lock:
            self.rows.append({"of": kind, "number": number, **row})
            self.rows.sort(key=lambda row: (row["of"], row["number"]))
            text = json.dumps({"seed": self.seed, "rows": self.rows}, indent=1) + "\n"
            write_file(RESULTS, text, force=True)
            print(json.dumps(row), flush=True)


def measure(signals: int, kills: int, seed: int) -> dict[str, Any]:
    """Go on from the file of results until it has this many of both. Several commands run at a time."""
    found = Rows(seed)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_A_TIME + 1) as pool:
        inputs, trials = Path(folder, "inputs"), Path(folder, "trials")
        inputs.mkdir()
        trials.mkdir()
        if count(found.rows, "signal") < signals:
            prepare(inputs)
        numbers = found.missing("signal", signals)
        lock = threading.Lock()
        tasks = [pool.submit(interrupt_all, found, numbers, lock, inputs) for _ in range(AT_A_TIME)]
        tasks.append(pool.submit(kill_all, found, kills, trials))
        for task in tasks:
            task.result()
    return {"seed": seed, "rows": found.rows}


def interrupt_all(found: Rows, numbers: Iterator[int], lock: threading.Lock, inputs: Path) -> None:
    names = list(CASES)
    random.Random(found.seed).shuffle(names)
    while True:
        with lock:
            number = next(numbers, None)
        if number is None:
            return
        rng = random.Random(f"{found.seed} {number}")
        found.add(
            "signal",
            number,
            interrupt(names[number % len(names)], SIGNALS[rng.randrange(3)], rng.random(), inputs),
        )


def kill_all(found: Rows, kills: int, folder: Path) -> None:
    """Kill drivers of one store after another, so that each start finds what the last one has left."""
    temporary = folder / "temporary"
    temporary.mkdir()
    for number in found.missing("kill", kills):
        kept = len(read_results(folder / "t.sqlite", PROTOCOL)) if (folder / "t.sqlite").exists() else 0
        moment = random.Random(f"{found.seed} kill {number}").random()
        found.add("kill", number, kill(moment, folder, temporary, kept))


def count(rows: Sequence[Mapping[str, Any]], kind: str) -> int:
    """Return the number of signals or kills that met a running command."""
    return sum(row["of"] == kind and not row.get("ended_before") for row in rows)


def table(found: Mapping[str, Any]) -> str:
    lines = [
        "| command | sent | seconds to its end: median | longest | above 2 | load | with a problem |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name in (*CASES, "kill -9 of a driver"):
        rows = [row for row in found["rows"] if row["kind"] == name and not row.get("ended_before")]
        if not rows:
            continue
        times = sorted(row["seconds"] for row in rows if "seconds" in row) or [0.0]
        loads = [row["load"] for row in rows]
        bad = sum(bool(row["problems"]) for row in rows)
        lines.append(
            f"| {name} | {len(rows)} | {times[len(times) // 2]:.2f} | {times[-1]:.2f} | "
            f"{sum(time_s > SETTLE_S for time_s in times)} | {min(loads):.0f} to {max(loads):.0f} | {bad} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--drive", type=Path, help="run trials in this folder; the script itself calls this")
    parser.add_argument("--signals", type=int, default=200)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.drive is not None:
        drive(options.drive, 100_000)
        return
    found = json.loads(RESULTS.read_text()) if options.show else measure(options.signals, options.kills, options.seed)
    print(table(found))


if __name__ == "__main__":
    main()
