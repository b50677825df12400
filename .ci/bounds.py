"""Run the tests with the oldest and with the newest dependencies that setup.cfg allows, and record the outcome.

    python .ci/bounds.py                       both sets, all default tests, in a temporary folder
    python .ci/bounds.py --set oldest --folder /var/tmp/bounds -- tests/unit/cli -m "not slow"

Each set gets a virtual environment in the folder, beside a copy of the tree in which the tests run, so that neither the
repository nor its environment changes. `oldest` pins each dependency of setup.cfg, those of its extras included, to its
lower bound; pip chooses everything that these depend on. `newest` pins nothing. A folder that is given stays, and its
environments are brought up to date by the next run.

benchmarks/results/bounds.json keeps the latest run of each set: its versions, the date, Python, the tests, and how many
passed, failed and were skipped. The exit code is 1 if a test of any set failed, or a set cannot be installed.
"""

from __future__ import annotations

import argparse
import configparser
import datetime
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "bounds.json"
EXTRAS = "dev,flamapy,ganak,networks,ray,tensorboard"
SETS = ("oldest", "newest")
DEFAULT_TESTS = ("-m", "not deep")


def requirements(text: str) -> list[str]:
    """Return every dependency of a setup.cfg, those of its extras included, as it stands there."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    texts = [parser["options"]["install_requires"], *parser["options.extras_require"].values()]
    entries = [line.split("#")[0].strip() for text in texts for line in text.splitlines()]
    return [entry for entry in entries if entry and not entry.startswith("featurenet_uvl")]


def oldest(entries: list[str]) -> list[str]:
    """Return a pin of each dependency to its lower bound; one without a bound has no pin.

    >>> oldest(["numpy>=2.0", 'pycmsgen>=6.1,!=6.1.1; python_version < "3.13"', "wheel"])
    ['numpy==2.0', 'pycmsgen==6.1; python_version < "3.13"']
    """
    pins = []
    for entry in entries:
        found = re.match(r"([\w.\[\]-]+?)\s*>=\s*([\w.]+)[^;]*(;.*)?$", entry)
        if found:
            pins.append(f"{found[1]}=={found[2]}{found[3] or ''}")
    return pins


def copied_tree(folder: Path) -> Path:
    """Return a fresh copy of the files that git knows or would add."""
    tree = folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, capture_output=True, check=True).stdout.decode().split("\0"):
        source = ROOT / name
        if name and (source.is_symlink() or source.exists()):
            target = tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    return tree


def environment(folder: Path, tree: Path, which: str) -> Path:
    """Return the Python of a virtual environment with a set of dependencies, made unless it is there already.

    Raises:
        SystemExit: The set cannot be installed.
    """
    pins = oldest(requirements((tree / "setup.cfg").read_text(encoding="utf-8"))) if which == "oldest" else []
    home, python = folder / which, folder / which / "bin" / "python"
    asked = hashlib.sha256((tree / "setup.cfg").read_bytes() + "\n".join(pins).encode()).hexdigest()
    stamp = home / ".installed"
    if not (stamp.exists() and stamp.read_text() == asked):
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)  # leaves what is there
        constraints = home / "constraints.txt"
        constraints.write_text("".join(f"{pin}\n" for pin in pins), encoding="utf-8")
        pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        called([*pip, "--upgrade", "pip"])
        called([*pip, "-c", str(constraints), "-e", f"{tree}[{EXTRAS}]"])
        stamp.write_text(asked)
    return python


def called(command: list[str]) -> None:
    """Run a command and print its last lines if it fails, among them pip's reason.

    Raises:
        SystemExit: It failed.
    """
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit("\n".join([*done.stdout.splitlines()[-30:], f"bounds: failed: {' '.join(command)}"]))


def versions(python: Path) -> dict[str, str]:
    """Return the version of every installed distribution by its name."""
    listing = [str(python), "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"]
    found = json.loads(subprocess.run(listing, capture_output=True, check=True).stdout)
    return {entry["name"]: entry["version"] for entry in found if entry["name"] not in ("featurenet_uvl", "pip")}


def run(python: Path, tree: Path, tests: list[str]) -> dict[str, object]:
    """Run pytest in the tree and return its counts and CPU seconds; its lines go to stdout as they come."""
    command = [str(python), "-m", "pytest", "-p", "no:cacheprovider", "-ra", *tests]
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    started, before = time.monotonic(), os.times()
    with subprocess.Popen(
        command, cwd=tree, env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
    after = os.times()
    counts = counted(lines)
    return {
        "exit": process.returncode,
        **counts,
        "failures": sorted(line.split(" - ")[0].strip() for line in lines if line.startswith(("FAILED ", "ERROR "))),
        "cpu_s": round(after.children_user + after.children_system - before.children_user - before.children_system),
        "wall_s": round(time.monotonic() - started),
    }


def counted(lines: list[str]) -> dict[str, int]:
    """Return the counts of pytest's last line.

    >>> counted(["FAILED a.py::b", "1 failed, 20 passed, 3 skipped in 4.50s"])
    {'passed': 20, 'failed': 1, 'errors': 0, 'skipped': 3}
    """
    last = next((line for line in reversed(lines) if re.search(r"\d+ (passed|failed|error)", line)), "")
    found = {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", last)}
    names = {"passed": "passed", "failed": "failed", "errors": "error", "skipped": "skipped"}
    return {name: found.get(word, 0) for name, word in names.items()}


def main() -> int:
    """Run the sets that the command line names; return 1 if one of them is not green."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--set", choices=SETS, action="append", help="default: both")
    parser.add_argument("--folder", type=Path, help="keep the environments here; default: a temporary folder")
    parser.add_argument("--no-record", action="store_true", help="leave benchmarks/results/bounds.json as it is")
    parser.add_argument("tests", nargs="*", help=f"arguments of pytest, after --; default: {' '.join(DEFAULT_TESTS)}")
    arguments = parser.parse_args()
    is_green = True
    with tempfile.TemporaryDirectory(prefix="featurenet-bounds-") as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        for which in arguments.set or SETS:
            tree = copied_tree(folder)
            print(f"{which}: the environment", flush=True)
            python = environment(folder, tree, which)
            entry = {
                "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
                "python": platform.python_version(),
                "tests": arguments.tests or list(DEFAULT_TESTS),
                "versions": versions(python),
            }
            print(f"{which}: the tests", flush=True)
            entry |= run(python, tree, arguments.tests or list(DEFAULT_TESTS))
            is_green = is_green and entry["exit"] == 0
            print(
                f"{which}: {entry['passed']} passed, {entry['failed']} failed, {entry['skipped']} skipped", flush=True
            )
            if not arguments.no_record:
                record(which, entry)
    return 0 if is_green else 1


def record(which: str, entry: dict[str, object]) -> None:
    """Write the outcome of one set into the result file, beside that of the other."""
    known = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    RESULT.write_text(json.dumps({**known, which: entry}, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
