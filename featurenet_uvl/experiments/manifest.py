"""`run.json`: the preset, data and models of a results folder, so that a rerun continues with the same or is
refused."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from featurenet_uvl.decoding.named import architecture_names
from featurenet_uvl.errors import ReadError, UsageError
from featurenet_uvl.experiments.preset import Preset
from featurenet_uvl.ir.architecture_json import MAX_NUMBER
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.system.files import write_file
from featurenet_uvl.system.json_values import read_json, shown, to_typed
from featurenet_uvl.training.baselines import BASELINES
from featurenet_uvl.training.data.dataset import Dataset

SCHEMA = "featurenet_uvl/run/2"
FILE = "run.json"

MAX_RUNS = 10_000
"""Runs of one network, at most."""

SAMPLE_NAME = re.compile(r"[A-Za-z0-9_.+-]+")
"""Names of samples, which name folders, too."""


@dataclass(frozen=True, slots=True)
class DataFacts:
    """The facts on a data set that a report needs."""

    hash: str
    input_shape: Shape
    classes: int
    train_count: int
    test_count: int

    @classmethod
    def of(cls, data: Dataset) -> DataFacts:
        return cls(data.hash, data.input_shape, data.classes, data.train_count, data.test_count)


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """The hashes of a compiled model, of the sample drawn from it, and of its networks. None: not drawn yet."""

    model_sha256: str
    sample_sha256: str | None = None
    networks_sha256: str | None = None
    """Hash of all networks of the sample; None: not decoded yet, or by version 0.1, which wrote none."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The preset, and the hashes of its data sets and models."""

    name: str
    """Name of the preset."""
    preset: Mapping[str, Any]
    """The preset as `Preset.to_json` returns it."""
    data: Mapping[str, DataFacts]
    """Facts by the name of the data set."""
    samples: Mapping[str, SampleFacts] = field(default_factory=dict)
    """Hashes by the folder of the sample, such as `S1-mnist`."""

    def write(self, folder: Path) -> None:
        content = {"schema": SCHEMA, **asdict(self)}
        write_file(folder / FILE, json.dumps(content, indent=2, sort_keys=True) + "\n", force=True)

    def with_sample(self, name: str, facts: SampleFacts) -> Manifest:
        return replace(self, samples={**self.samples, name: facts})

    def read_preset(self, folder: Path) -> Preset:
        """Return the preset of the folder; its models are names without a folder.

        Raises:
            ReadError: The manifest holds no preset that this version knows.
        """
        place = f"{folder / FILE}: preset"
        preset = Preset.from_json(self.name, self.preset, place)
        problems = [f"{place}: {problem}" for problem in _problems(preset, self.data)]
        if problems:
            raise ReadError(problems)
        return preset


def _problems(preset: Preset, data: Mapping[str, DataFacts]) -> Iterator[str]:
    """Yield what the checks of preset files would have refused, and data sets without facts."""
    names = preset.data_names
    samples = {sample.name: sample.count for sample in preset.samples}
    if not names or len(set(names)) < len(names) or not set(names) <= set(data):
        yield f"found protocols for {shown(names)}, expected each data set of {', '.join(data)} once at most"
    for name, count in samples.items():
        if not SAMPLE_NAME.fullmatch(name) or count < 1:
            yield f"found a sample {name!r} of {count}, expected a word such as S1, and 1 or more"
    unknown = sorted({*preset.baselines} - set(BASELINES))
    if unknown or not 1 <= preset.baseline_runs <= MAX_RUNS:
        yield f"found {preset.baseline_runs} runs of {shown(preset.baselines)}, expected 1 to {MAX_RUNS:,} of baselines"
    if preset.equivalence is not None:
        one = preset.equivalence
        if one.data not in names or not 2 <= one.runs <= MAX_RUNS or not 0 < one.margin < 1:
            yield f"equivalence: found {one.runs} runs on {shown(one.data)}, expected 2 to {MAX_RUNS:,} on a data set"
    named = preset.named
    if named is not None and (named.data not in names or not {*named.networks} <= {*architecture_names()}):
        found = f"{shown(named.networks)} on {shown(named.data)}"
        yield f"named: found {found}, expected named architectures on a data set"
    if preset.longer is not None:
        epochs = preset.longer.epochs
        is_known = preset.longer.sample in samples and preset.longer.data in names and preset.longer.best > 0
        if not is_known or not epochs or sorted({*epochs}) != [*epochs] or epochs[0] < 1:
            yield f"longer: found {shown(epochs)} epochs of {shown(preset.longer.sample)}, expected some, ascending"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a results folder; None if no run has begun.

    Raises:
        ReadError: The file is not a manifest.
    """
    path = folder / FILE
    if not os.path.lexists(path):
        return None
    content = read_json(path, "the manifest of a run")
    if not isinstance(content, dict):
        raise ReadError(f"{path}: found {shown(content)}, expected the manifest of a run; use another folder")
    schema = content.pop("schema", None)
    if schema != SCHEMA:
        raise ReadError(f"{path}: found schema {shown(schema)}, expected {SCHEMA!r}; use another folder")
    manifest = to_typed(Manifest, content, str(path))
    for name, facts in manifest.data.items():
        sizes = (*facts.input_shape, facts.classes, facts.train_count, facts.test_count)
        if len(facts.input_shape) != 3 or not all(0 < size <= MAX_NUMBER for size in sizes):
            raise ReadError(
                f"{path}: data: {name}: found {shown(sizes)}, expected height, width, channels, classes and counts "
                f"of images, each from 1 to {MAX_NUMBER:,}"
            )
    return manifest


def check_preset(found: Manifest, preset: Preset, folder: Path) -> None:
    """Raise UsageError, naming all differences, if the folder was begun with another preset."""
    mine = _flat(json.loads(json.dumps(preset.to_json())))
    theirs = _flat(found.preset)
    differences = [
        f"{key} {_shown(theirs, key)} there, {_shown(mine, key)} here"
        for key in sorted(mine.keys() | theirs.keys())
        if mine.get(key, _NONE) != theirs.get(key, _NONE)
    ]
    if differences:
        raise UsageError(
            f"{folder}: found results of another preset ({'; '.join(differences)}), expected those of "
            f"{preset.name}; pass another results folder, or remove this one"
        )


def check_same(folder: Path, what: str, before: str, after: str) -> None:
    """Raise UsageError if a model or data set has another hash than when the folder was begun."""
    if before != after:
        raise UsageError(
            f"{folder}: found results of another {what} ({before[:12]}), expected those of the present one "
            f"({after[:12]}); pass another results folder, or remove this one"
        )


_NONE = object()


def _shown(values: Mapping[str, Any], key: str) -> str:
    return repr(values[key]) if key in values else "absent"


def _flat(data: Any, prefix: str = "") -> dict[str, Any]:
    """Return every value by its path, such as `protocols.mnist.epochs`."""
    if isinstance(data, Mapping) and data:
        return {path: value for key in data for path, value in _flat(data[key], f"{prefix}.{key}".strip(".")).items()}
    if isinstance(data, list) and data and all(isinstance(item, Mapping) for item in data):
        named = {item.get("data", str(number)): item for number, item in enumerate(data)}
        return _flat(named, prefix)
    return {prefix: data}
