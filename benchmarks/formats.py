"""How fast are large feature models read, compiled and written, beside flamapy's reader?

python benchmarks/formats.py [MODEL.uvl ...]   measure generated models and the files named, write
                                               benchmarks/results/formats.json, print the table
python benchmarks/formats.py --show            print the table of that file

Each measurement is a process of its own, so that its peak memory is its own. flamapy reads only models of up to
FLAMAPY_FEATURES features: it takes minutes beyond.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from featurenet_uvl.system.files import write_file

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "formats.json"

SIZES = ((7_000, 18_000), (20_000, 50_000), (50_000, 125_000))
"""Features and constraints of the generated models."""

FLAMAPY_FEATURES = 7_000

OURS = """
import json, resource, sys, time
from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs
from featurenet_uvl.translators.formats.registry import read_model
from featurenet_uvl.translators.pipeline import compile_feature_model
marks = [time.process_time()]
model = read_model(sys.argv[1]); marks.append(time.process_time())
cnf = compile_feature_model(model); marks.append(time.process_time())
write_dimacs(cnf); marks.append(time.process_time())
print(json.dumps({
    "features": sum(1 for _ in model.features()), "constraints": len(model.constraints),
    "clauses": len(cnf.clauses), "auxiliaries": len(cnf.variables) - cnf.variables.feature_count,
    "read_cpu_s": marks[1] - marks[0], "compile_cpu_s": marks[2] - marks[1], "write_cpu_s": marks[3] - marks[2],
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""

FLAMAPY = """
import json, sys, time
from flamapy.metamodels.fm_metamodel.transformations import UVLReader
start = time.process_time()
model = UVLReader(sys.argv[1]).transform()
print(json.dumps({"flamapy_read_cpu_s": time.process_time() - start}))
"""


def generated_model(features: int, constraints: int, seed: int) -> str:
    """Generate a random tree of at most 12 levels with all group kinds, and constraints of two or three features."""
    rng = np.random.default_rng(seed)
    children: list[list[int]] = [[] for _ in range(features)]
    depth = [0] * features
    for i in range(1, features):
        parent = i
        while parent == i or depth[parent] >= 12:
            parent = int(rng.integers(max(0, i - 200), i)) if rng.random() < 0.8 else int(rng.integers(0, i))
        depth[i] = depth[parent] + 1
        children[parent].append(i)
    lines = ["features"]
    stack: list[tuple[str, int]] = [("", 0)]
    while stack:
        word, number = stack.pop()
        if word:
            lines.append(word)
            continue
        level = 2 * depth[number] + 1
        lines.append("\t" * level + f"F{number}")
        if children[number]:
            kind = str(rng.choice(["optional", "mandatory", "or", "alternative"], p=[0.6, 0.2, 0.1, 0.1]))
            stack.extend(("", child) for child in reversed(children[number]))
            stack.append(("\t" * (level + 1) + kind, 0))
    lines.append("constraints")
    for _ in range(constraints):
        a, b, c = rng.choice(features, 3, replace=False)
        forms = (f"!F{a} | !F{b}", f"!F{a} | !F{b} | F{c}", f"F{a} => !F{b}", f"F{a} => F{b} | F{c}")
        lines.append("\t" + forms[rng.integers(4)])
    return "\n".join(lines) + "\n"


def measured(script: str, path: Path) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(name: str, path: Path) -> dict[str, Any]:
    row = {"model": name, "kb": path.stat().st_size / 1000, **measured(OURS, path)}
    if row["features"] <= FLAMAPY_FEATURES and path.suffix == ".uvl":
        row |= measured(FLAMAPY, path)
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}


def table(rows: list[dict[str, Any]]) -> str:
    head = "| model | features | constraints | clauses | read | compile | write | peak MB | flamapy reads |"
    lines = [head, "|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for row in rows:
        other = row.get("flamapy_read_cpu_s")
        times = " | ".join(f"{row[key]:.2f} s" for key in ("read_cpu_s", "compile_cpu_s", "write_cpu_s"))
        beside = f"{other:.1f} s ({other / row['read_cpu_s']:.0f} x)" if other else ""
        counts = " | ".join(f"{row[key]:,}" for key in ("features", "constraints", "clauses"))
        lines.append(f"| {row['model']} | {counts} | {times} | {row['peak_mb']:.0f} | {beside} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    if not arguments.show:
        with tempfile.TemporaryDirectory() as folder:
            rows = [measure(path.name, path) for path in arguments.models]
            for features, constraints in SIZES:
                path = Path(folder) / "generated.uvl"
                path.write_text(generated_model(features, constraints, seed=1), encoding="utf-8")
                rows.append(measure("generated", path))
        packages = {name: version(name) for name in ("featurenet_uvl", "flamapy-fm")}
        result = {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "packages": packages,
            "rows": rows,
        }
        write_file(RESULTS, json.dumps(result, indent=2) + "\n", force=True)
    print(table(json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]))


if __name__ == "__main__":
    main()
