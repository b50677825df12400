"""Does every sampled configuration build in Keras, exactly as configured?

Networks are sampled from each model for each input shape, and Keras builds each of them without memory for weights: its
own checks of shapes run. Then the Keras graph is compared with the architecture layer by layer: class, settings,
connections, shapes, weights. After each chunk the counts are on disk; the same command again goes on from there.

python -m benchmarks.soundness            all cases, to benchmarks/results/soundness.json
python -m benchmarks.soundness --show     the table of that file
python -m benchmarks.soundness --count 50 --cases dnn-8x8x1 -o some.json
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.pipeline import environment
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import decode_solution
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.layers import parse_shape
from featurenet_uvl.sampling.engines.steered import solve_steered
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.system.files import write_file
from featurenet_uvl.translators.pipeline import compile_model
from tests.keras_graph import differences, no_weights

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "soundness.json"

MODELS: dict[str, dict[str, int] | None] = {"s1": None, "s2": None, "s3": None, "small": None, "dnn": {"Cell": 5}}
"""Each model with the bounds that it is compiled with."""

SHAPES = ("28x28x1", "32x32x3", "8x8x1")
SEED, CLASSES, CHUNK, SHOWN = 2019, 10, 100, 5


@dataclass
class Tally:
    """The networks seen for one model and input shape."""

    model: str
    shape: str
    wanted: int
    sampled: int = 0
    stop: str = ""
    distinct: int = 0
    checked: int = 0
    built: int = 0
    equal: int = 0
    layers: int = 0
    cells_max: int = 0
    weights_max: int = 0
    features: dict[str, int] = field(default_factory=dict)
    """Networks with a layer or combination of each kind, or with several outputs."""
    failures: list[str] = field(default_factory=list)
    sample_s: float = 0.0
    check_s: float = 0.0


def architectures(tally: Tally) -> list[Architecture]:
    """Draw the sample, always the same one, and note its size."""
    start = time.process_time()
    shape = parse_shape(tally.shape)
    cnf = compile_model(str(ROOT / "models" / f"{tally.model}.uvl"), bounds=MODELS[tally.model], input_shape=shape)
    solutions = solve_steered(cnf, Request(tally.wanted, SEED))
    rows = solutions.values[:, : cnf.variables.feature_count]
    result = [to_architecture(decode_solution(row, cnf.variables), shape, CLASSES) for row in rows]
    tally.sampled, tally.stop = len(rows), solutions.stop.value
    tally.distinct = len({architecture.hash() for architecture in result})
    tally.sample_s = round(time.process_time() - start, 2)
    return result


def kinds(architecture: Architecture) -> set[str]:
    """Return the kinds of layers and combinations in the network."""
    found = {"several outputs"} if len(architecture.outputs) > 1 else set()
    for cell in architecture.cells:
        found |= {cell.input1.name, cell.operation1.name}
        if cell.has_second_half:
            found |= {cell.input2.name, cell.operation2.name, cell.combination}
    return found


def check(tally: Tally, architecture: Architecture) -> None:
    """Build one network and compare it with its configuration."""
    from featurenet_uvl.decoding.keras.build import build_keras_model

    tally.checked += 1
    for kind in sorted(kinds(architecture)):
        tally.features[kind] = tally.features.get(kind, 0) + 1
    tally.cells_max = max(tally.cells_max, len(architecture.cells))
    tally.weights_max = max(tally.weights_max, architecture.weights())
    with no_weights():
        try:
            model = build_keras_model(architecture)
        except Exception as error:
            _note(tally, f"{architecture.hash()}: {type(error).__name__}: {error}")
            return
        tally.built += 1
        tally.layers += len(model.layers)
        found = differences(model, architecture)
    tally.equal += not found
    if found:
        _note(tally, f"{architecture.hash()}: {found[0]}")


def _note(tally: Tally, failure: str) -> None:
    if len(tally.failures) < SHOWN:
        tally.failures.append(failure)


def run(path: Path, wanted: int, cases: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Run the cases that the file at `path` does not have yet."""
    result: dict[str, Any] = {"command": "python -m benchmarks.soundness", "seed": SEED, "cases": {}}
    if path.exists():
        result = json.loads(path.read_text(encoding="utf-8"))
    result["environment"] = environment()
    for model, shape in cases:
        case = f"{model}-{shape}"
        tally = Tally(**result["cases"].get(case, {"model": model, "shape": shape, "wanted": wanted}))
        if tally.stop and tally.checked == tally.sampled:
            continue
        networks = architectures(tally)
        gc.collect()
        gc.freeze()
        while tally.checked < len(networks):
            start = time.process_time()
            for architecture in networks[tally.checked : tally.checked + CHUNK]:
                check(tally, architecture)
            gc.collect()
            tally.check_s = round(tally.check_s + time.process_time() - start, 2)
            result["cases"][case] = asdict(tally)
            write_file(path, json.dumps(result, indent=2) + "\n", force=True)
            print(f"{case}: {tally.equal} of {tally.checked}", file=sys.stderr, flush=True)
    return result


def table(result: dict[str, Any]) -> str:
    """Return the counts as a Markdown table."""
    lines = [
        "| model | images | sampled | build | equal | layers compared | most cells | most weights |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for case in result["cases"].values():
        numbers = (case[key] for key in ("sampled", "built", "equal", "layers", "cells_max", "weights_max"))
        lines.append(f"| {case['model']} | {case['shape']} | " + " | ".join(f"{n:,}" for n in numbers) + " |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="print the table of the last result")
    parser.add_argument("--count", type=int, default=2000, help="networks of each case")
    parser.add_argument("--cases", nargs="*", help="MODEL-SHAPE; by default all")
    parser.add_argument("-o", "--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    cases = [(model, shape) for model in MODELS for shape in SHAPES]
    if arguments.cases:
        cases = [case for case in cases if "-".join(case) in arguments.cases]
    if arguments.show:
        result = json.loads(arguments.output.read_text(encoding="utf-8"))
    else:
        result = run(arguments.output, arguments.count, cases)
    print(table(result))
    return int(any(case["equal"] < case["sampled"] for case in result["cases"].values()))


if __name__ == "__main__":
    sys.exit(main())
