"""How large does the DNN model become, and how long does each stage take? Sizes, and CPU seconds from model to Keras.

python benchmarks/pipeline.py            measure, write benchmarks/results/pipeline.json, print the tables
python benchmarks/pipeline.py --show     print the tables of that file
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from pysat.solvers import Solver

from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import decode_solution
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.system.files import write_file
from featurenet_uvl.translators.pipeline import compile_model

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "pipeline.json"

COUNT, SEED, CLASSES, IMAGE = 100, 1, 10, (28, 28, 1)

FIVE_BY_FIVE = {"Block": 5, "Cell": 5}
"""The paper's size; the model itself has room for nine cells per block."""

PAPER = {"features": 3296, "clauses": 8004}
"""Ghamizi et al. 2019, section 4.1: their model at 5 blocks of 5 cells."""

RELEASED_CELL = {
    "Convolution.kernel": 5,
    "Convolution.filters": 3,
    "Convolution.stride": 3,
    "Convolution.padding": 2,
    "Convolution.activation": 3,
    "Convolution.type": 0,
    "Dense.neurons": 4,
    "Dense.activation": 4,
    "Pooling.kernel": 3,
    "Pooling.stride": 3,
    "Pooling.type": 4,
    "Pooling.padding": 2,
    "Activation.function": 0,
    "Dropout.rate": 3,
    "Padding.size": 0,
    "Cell.relativeIndex": 0,
}
"""Values of each attribute in half a cell of the model that the paper's authors released (Ghamizi2019-light in the
public feature-model benchmark), counted in its file; 0 if the attribute is missing."""

RELEASED_CELL_FEATURES = 131

T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return the result, and the CPU seconds that it took this process."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def live_features(cnf: Cnf) -> frozenset[int]:
    """Return the positions of features that unit propagation does not show to be dead."""
    with Solver(name="minisat22", bootstrap_with=cnf.clauses) as solver:
        return frozenset(v for v in range(1, cnf.variables.feature_count + 1) if solver.propagate([v])[0])


def size_row(name: str, path: str, rules: bool) -> tuple[Cnf, dict[str, Any]]:
    cnf, seconds = timed(lambda: compile_model(str(ROOT / "models" / path), bounds=FIVE_BY_FIVE, with_rules=rules))
    count = cnf.variables.feature_count
    row = {
        "model": name,
        "rules": rules,
        "features": count,
        "live_features": len(live_features(cnf)),
        "auxiliaries": len(cnf.variables) - count,
        "clauses": len(cnf.clauses),
        "compile_s": round(seconds, 2),
    }
    return cnf, row


def cell_values(cnf: Cnf, live_only: bool) -> dict[str, int]:
    """Count the values of each attribute in the first half of the first cell of the first block."""
    live = live_features(cnf) if live_only else frozenset(range(1, cnf.variables.feature_count + 1))
    counts = dict.fromkeys(RELEASED_CELL, 0)
    for position, origin in enumerate(cnf.variables.origins, 1):
        half = origin.feature.split("_")[0]
        if origin.indices != (1, 1) or origin.value is None or half in ("Input2", "Operation2") or position not in live:
            continue
        counts[f"{origin.feature.split('_')[-1]}.{origin.attribute}"] += 1
    return counts


def stage_times(cnf: Cnf) -> dict[str, Any]:
    """Measure the CPU seconds from the CNF to Keras models, for COUNT configurations."""
    sample, sample_s = timed(lambda: draw(cnf, Request(COUNT, SEED)))
    architectures, decode_s = timed(
        lambda: [to_architecture(decode_solution(row, cnf.variables), IMAGE, CLASSES) for row in sample.selected]
    )
    weights, keras_s, import_s = keras_times(architectures)
    assert weights == [architecture.weights() for architecture in architectures]
    return {
        "count": len(architectures),
        "seed": SEED,
        "distinct_networks": len({architecture.hash() for architecture in architectures}),
        "cells_min": min(len(architecture.cells) for architecture in architectures),
        "cells_max": max(len(architecture.cells) for architecture in architectures),
        "weights_min": min(weights),
        "weights_max": max(weights),
        "sample_s": round(sample_s, 2),
        "decode_s": round(decode_s, 2),
        "import_keras_s": round(import_s, 2),
        "keras_s": round(keras_s, 2),
    }


def keras_times(architectures: list[Architecture]) -> tuple[list[int], float, float]:
    """Return the weights that Keras counts, and the CPU seconds of building all models and of importing Keras."""
    from featurenet_uvl.decoding.keras.build import build_keras_model

    keras, import_s = timed(lambda: __import__("keras"))

    def build(architecture: Architecture) -> int:
        keras.backend.clear_session()
        return int(build_keras_model(architecture).count_params())

    weights, keras_s = timed(lambda: [build(architecture) for architecture in architectures])
    return weights, keras_s, import_s


def cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def environment() -> dict[str, Any]:
    packages = ("featurenet_uvl", "keras", "lxml", "numpy", "python-sat", "tensorflow")
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "packages": {name: version(name) for name in packages},
    }


def measure() -> dict[str, Any]:
    _, dnn = size_row("dnn", "dnn.uvl", False)
    _, shaped_dnn = size_row("dnn", "dnn.uvl", True)
    plain_cnf, plain = size_row("S1", "s1.uvl", False)
    cnf, shaped = size_row("S1", "s1.uvl", True)
    return {
        "command": "make bench",
        "environment": environment(),
        "paper": PAPER,
        "sizes": [dnn, shaped_dnn, plain, shaped],
        "cell": {
            "features": sum(origin.indices == (1, 1) for origin in plain_cnf.variables.origins),
            "features_released": RELEASED_CELL_FEATURES,
            "values": cell_values(plain_cnf, live_only=False),
            "values_s1": cell_values(plain_cnf, live_only=True),
            "values_released": RELEASED_CELL,
        },
        "stages": stage_times(cnf),
    }


def size_table(result: dict[str, Any]) -> str:
    """Return the sizes as a Markdown table."""
    lines = [
        "| model, 5 blocks of 5 cells | features | of these not dead | auxiliaries | clauses |",
        "|---|--:|--:|--:|--:|",
        f"| the paper's | {PAPER['features']:,} | | | {PAPER['clauses']:,} |",
    ]
    for row in result["sizes"]:
        name = f"{row['model']} {'with' if row['rules'] else 'without'} tensor shapes"
        numbers = (row["features"], row["live_features"], row["auxiliaries"], row["clauses"])
        lines.append(f"| {name} | " + " | ".join(f"{number:,}" for number in numbers) + " |")
    return "\n".join(lines)


def cell_table(result: dict[str, Any]) -> str:
    """Return the domains of one half of a cell as a Markdown table."""
    cell = result["cell"]
    lines = ["| attribute | values, paper's release | S1 | dnn |", "|---|--:|--:|--:|"]
    columns = [cell["values_released"], cell["values_s1"], cell["values"]]
    lines += [f"| {name} | " + " | ".join(str(column[name]) for column in columns) + " |" for name in RELEASED_CELL]
    lines.append(f"| features of one cell, in all | {cell['features_released']} | | {cell['features']} |")
    return "\n".join(lines)


def time_table(result: dict[str, Any]) -> str:
    """Return the CPU seconds of the stages as a Markdown table."""
    stages, shaped = result["stages"], result["sizes"][-1]
    rows = [
        ("compile S1 with tensor shapes", shaped["compile_s"]),
        (f"sample {stages['count']} configurations", stages["sample_s"]),
        ("decode them to architectures", stages["decode_s"]),
        ("import Keras and TensorFlow", stages["import_keras_s"]),
        ("build the Keras models", stages["keras_s"]),
    ]
    return "\n".join(["| stage | CPU s |", "|---|--:|", *(f"| {name} | {seconds:.2f} |" for name, seconds in rows)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="print the tables of the last result")
    if parser.parse_args().show:
        result = json.loads(RESULTS.read_text(encoding="utf-8"))
    else:
        result = measure()
        write_file(RESULTS, json.dumps(result, indent=2) + "\n", force=True)
    print(size_table(result), cell_table(result), time_table(result), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
