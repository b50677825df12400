"""How long does decoding take: configurations of S1 to architectures, and to Keras beside a hand-written way?

python benchmarks/decoding.py            measure, write benchmarks/results/decoding.json, print the table
python benchmarks/decoding.py --show     print the table of that file
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import check_solutions, decode_solution
from featurenet_uvl.drawing.svg import architecture_svg
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.system.files import write_file
from featurenet_uvl.translators.pipeline import compile_model

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "decoding.json"

COUNT, SEED, CLASSES, IMAGE = 1000, 1, 10, (28, 28, 1)
BUILT, MAX_WEIGHTS = 60, 5_000_000
"""Networks to build in Keras, and the most weights of each; the first that fit are taken."""
ROUNDS = 5

Call = tuple[str, str, dict[str, Any], tuple[int, ...]]
"""A Keras layer: its class, its name, its settings, and the tensors that it takes, by number."""


def calls_of(architecture: Architecture) -> list[Call]:
    """Return the layers as a person would write them down; the image is tensor 0, call i gives tensor i + 1."""
    calls: list[Call] = []
    ends: dict[Any, int] = {}

    def add(kind: str, name: str, settings: dict[str, Any], *tensors: int) -> int:
        calls.append((kind, name, settings, tensors))
        return len(calls)

    def layer(one: Any, name: str, tensor: int) -> int:
        a = vars(one)
        name += f"_{one.short_name}"
        match one.name:
            case "Dense":
                return add("Dense", name, {"units": a["neurons"], "activation": a["activation"]}, tensor)
            case "Convolution":
                kind = {"normal": "Conv2D", "separable": "SeparableConv2D"}[a["type"]]
                kernel = tuple(map(int, a["kernel"].split("x")))
                settings = {"filters": a["filters"], "kernel_size": kernel, "strides": a["stride"]}
                settings |= {"padding": a["padding"], "activation": a["activation"]}
                return add(kind, name, settings, tensor)
            case "Pooling":
                kind = {"max": "MaxPooling2D", "average": "AveragePooling2D"}[a["type"]]
                kernel = tuple(map(int, a["kernel"].split("x")))
                return add(kind, name, {"pool_size": kernel, "strides": a["stride"], "padding": a["padding"]}, tensor)
            case "Flatten":
                return add("Flatten", name, {}, tensor)
            case "Activation":
                return add("Activation", name, {"activation": a["function"]}, tensor)
            case "Dropout":
                return add("Dropout", name, {"rate": a["rate"]}, tensor)
            case "Identity" | "Void":
                return tensor
        raise ValueError(one.name)

    for cell in architecture.cells:
        sources = [ends[source] for source in cell.sources] or [0]
        end = layer(cell.operation1, f"{cell.id}_op1", layer(cell.input1, f"{cell.id}_in1", sources[0]))
        if cell.has_second_half:
            other = layer(cell.operation2, f"{cell.id}_op2", layer(cell.input2, f"{cell.id}_in2", sources[-1]))
            end = add("Add", f"{cell.id}_sum", {}, end, other)
        ends[cell.id] = end
        if cell.destination.kind == "Out":
            if len(architecture.shapes()[cell.id].output) > 1:
                end = add("Flatten", f"{cell.id}_out_flatten", {}, end)
            add("Dense", f"{cell.id}_out_softmax", {"units": architecture.classes, "activation": "softmax"}, end)
    return calls


def build_by_hand(keras: Any, shape: tuple[int, ...], calls: list[Call]) -> Any:
    """Call the same layers one after the other, without any look-up or check."""
    tensors = [keras.Input(shape, name="image")]
    for kind, name, settings, sources in calls:
        made = getattr(keras.layers, kind)(**settings, name=name)
        taken = [tensors[source] for source in sources]
        tensors.append(made(taken[0] if len(taken) == 1 else taken))
    return keras.Model(tensors[0], tensors[-1])


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return the result, and the CPU seconds that it took this process; garbage is collected before, not within."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    result = work()
    seconds = time.process_time() - start
    gc.enable()
    return result, seconds


def measure_keras(networks: list[Architecture]) -> dict[str, Any]:
    """Time both ways for each network, in turns; the lowest time of each counts, as a noisy machine only adds to it."""
    import keras

    from featurenet_uvl.decoding.keras.build import build_keras_model
    from featurenet_uvl.decoding.keras.verify import verify_architecture

    ours = [[0.0] * ROUNDS for _ in networks]
    hand = [[0.0] * ROUNDS for _ in networks]
    build_keras_model(networks[0])
    for number, network in enumerate(networks):
        calls = calls_of(network)
        for turn in range(2 * ROUNDS):
            keras.backend.clear_session()
            is_ours = (turn + turn // 2) % 2 == 0
            work = (
                (lambda n=network: build_keras_model(n))
                if is_ours
                else (lambda n=network, c=calls: build_by_hand(keras, n.input_shape, c))
            )
            model, seconds = timed(work)
            (ours if is_ours else hand)[number][turn // 2] = seconds
            if model.count_params() != network.weights() or len(model.layers) != len(calls) + 1:
                raise SystemExit(f"network {number}: the two ways do not make the same layers")
            del model
    _, verified = timed(lambda: [verify_architecture(network) for network in networks])
    ratios = [min(a) / min(b) for a, b in zip(ours, hand, strict=True)]
    return {
        "networks": len(networks),
        "layers": sum(len(calls_of(network)) for network in networks),
        "keras_s": round(sum(map(min, ours)), 3),
        "by_hand_s": round(sum(map(min, hand)), 3),
        "ratio": round(sum(map(min, ours)) / sum(map(min, hand)), 3),
        "median_ratio": round(statistics.median(ratios), 3),
        "verify_s": round(verified, 3),
    }


def measure() -> dict[str, Any]:
    cnf = compile_model(str(ROOT / "models" / "s1.uvl"), input_shape=IMAGE)
    sample = draw(cnf, Request(COUNT, SEED), "steered")
    _, checked = timed(lambda: check_solutions(cnf, sample.selected, "the sample"))
    networks, decoded = timed(
        lambda: [to_architecture(decode_solution(row, cnf.variables), IMAGE, CLASSES) for row in sample.selected]
    )
    _, drawn = timed(lambda: [architecture_svg(network) for network in networks])
    chosen = [network for network in networks if network.weights() <= MAX_WEIGHTS][:BUILT]
    return {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("keras", "tensorflow", "numpy", "python-sat")},
        },
        "configurations": len(sample),
        "distinct": len({network.hash() for network in networks}),
        "cells": sum(len(network.cells) for network in networks),
        "check_s": round(checked, 3),
        "decode_s": round(decoded, 3),
        "draw_s": round(drawn, 3),
        **measure_keras(chosen),
    }


def table(result: dict[str, Any]) -> str:
    count, built = f"{result['configurations']:,}", f"{result['networks']} networks of {result['layers']:,} layers"
    rows = [
        (f"check {count} configurations of S1 against the clauses", f"{result['check_s']:.2f}"),
        (f"decode them to architectures ({result['cells']:,} cells)", f"{result['decode_s']:.2f}"),
        ("draw them as SVG", f"{result['draw_s']:.2f}"),
        (f"build {built} in Keras", f"{result['keras_s']:.2f}"),
        ("the same by a hand-written list of the same layers", f"{result['by_hand_s']:.2f}"),
        ("ratio of the two", f"{result['ratio']:.2f} x"),
        ("build them without memory for weights, and verify each layer", f"{result['verify_s']:.2f}"),
    ]
    return "\n".join(["| what | CPU s |", "|---|--:|", *(f"| {what} | {seconds} |" for what, seconds in rows)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="print the table of the last measurement")
    if not parser.parse_args().show:
        write_file(RESULTS, json.dumps(measure(), indent=2) + "\n", force=True)
    sys.stdout.write(table(json.loads(RESULTS.read_text(encoding="utf-8"))) + "\n")


if __name__ == "__main__":
    main()
