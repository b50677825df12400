"""`run.json`: the preset, data and models of a results folder, so that a rerun continues with the same or is
refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from featurenet_uvl.errors import FeatureNetError, ReadError, UsageError
from featurenet_uvl.experiments.preset import Preset
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.system.files import read_text, write_file
from featurenet_uvl.training.data.dataset import Dataset

SCHEMA = "featurenet_uvl/run/2"
FILE = "run.json"


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
    """The hashes of a compiled model and of the sample drawn from it. None: not drawn yet."""

    model_sha256: str
    sample_sha256: str | None = None


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
        try:
            return Preset.from_json(self.name, self.preset)
        except (KeyError, TypeError, ValueError, AttributeError, FeatureNetError) as error:
            raise ReadError(
                f"{folder / FILE}: found no preset in it ({error}), expected one; use another folder"
            ) from error


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a results folder; None if no run has begun.

    Raises:
        ReadError: The file is not a manifest.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        content = json.loads(read_text(path))
        if content["schema"] != SCHEMA:
            raise ReadError(f"{path}: found schema {content['schema']!r}, expected {SCHEMA!r}; use another folder")
        data = {
            name: DataFacts(**{**facts, "input_shape": tuple(facts["input_shape"])})
            for name, facts in content["data"].items()
        }
        samples = {name: SampleFacts(**facts) for name, facts in content["samples"].items()}
        return Manifest(str(content["name"]), dict(content["preset"]), data, samples)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReadError(f"{path}: found no manifest of a run ({error}), expected one; use another folder") from error


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
