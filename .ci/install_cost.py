"""Measure the CPU seconds and the bytes of `pip install .`, whole and by distribution, without pip's cache.

    python .ci/install_cost.py                writes benchmarks/results/install.json
    python .ci/install_cost.py --show         prints the last result as a table

Each distribution is installed alone, too, into the same environment, so that the seconds of its unpacking,
byte-compiling or building stand by themselves. CPU seconds, because the clock of a busy machine says little.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "install.json"
TOOLS = ("pip", "setuptools")


def seconds(command: list[str]) -> float:
    """Run a command and return the CPU seconds that it and its children took."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def measured(folder: Path) -> dict[str, object]:
    """Install the tree into a fresh environment below the folder, then each distribution again, alone."""
    python = str(folder / "venv" / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir"]
    before = size(folder)
    # A wheel first: pip would build in the tree.
    wheel_s = seconds([*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)])
    (wheel,) = folder.glob("featurenet_uvl-*.whl")
    whole = seconds([*pip, "install", str(wheel)])
    listing = subprocess.run([*pip, "list", "--format", "json"], check=True, capture_output=True).stdout
    rows = {}
    for entry in json.loads(listing):
        name, version = entry["name"], entry["version"]
        if name in TOOLS:
            continue
        what = str(wheel) if name.replace("-", "_") == "featurenet_uvl" else f"{name}=={version}"
        taken = seconds([*pip, "install", "--no-deps", "--force-reinstall", what])
        rows[name] = {"version": version, "cpu_s": round(taken, 1)}
    nothing = seconds([*pip, "list"])  # pip itself: part of each row
    return {
        "python": platform.python_version(),
        "wheel_cpu_s": round(wheel_s, 1),
        "install_cpu_s": round(whole, 1),
        "pip_alone_cpu_s": round(nothing, 1),
        "megabytes": round((size(folder) - before) / 1e6),
        "distributions": dict(sorted(rows.items(), key=lambda row: -row[1]["cpu_s"])),
    }


def size(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def table(result: dict[str, object]) -> str:
    """Return a result as Markdown."""
    rows = result["distributions"]
    assert isinstance(rows, dict)
    lines = ["| distribution | CPU s |", "|---|--:|"]
    lines += [f"| {name} {row['version']} | {row['cpu_s']} |" for name, row in rows.items()]
    lines += [f"| the wheel of the project, built | {result['wheel_cpu_s']} |"]
    lines += [f"| all in one call of pip | {result['install_cpu_s']} |"]
    return "\n".join(lines)


def main() -> None:
    """Measure and record, or show the record."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--show", action="store_true", help="print the last result, measure nothing")
    if not parser.parse_args().show:
        with tempfile.TemporaryDirectory(prefix="featurenet-install-") as folder:
            result = measured(Path(folder))
        RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(table(json.loads(RESULT.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
