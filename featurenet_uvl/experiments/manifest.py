"""`run.json`: what a results folder was made from, so that a rerun goes on with the same and refuses another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from featurenet_uvl.errors import ReadError, UsageError
from featurenet_uvl.experiments.preset import Preset
from featurenet_uvl.files import read_text, write_file

SCHEMA = "featurenet_uvl/run/1"
FILE = "run.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The preset, and the hashes of the files made from it; None for a file that is not made yet."""

    preset: Mapping[str, Any]
    """As `Preset.to_json` gives it."""
    data_hash: str
    model_sha256: str
    sample_sha256: str | None = None

    def write(self, folder: Path) -> None:
        content = {"schema": SCHEMA, **{name: getattr(self, name) for name in _KEYS}}
        write_file(folder / FILE, json.dumps(content, indent=2, sort_keys=True) + "\n", force=True)

    def with_sample(self, text: str) -> Manifest:
        return replace(self, sample_sha256=sha256(text))


_KEYS = ("preset", "data_hash", "model_sha256", "sample_sha256")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a results folder, or None where no run has begun.

    Raises:
        ReadError: The file is no manifest.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        content = json.loads(read_text(path))
        if content["schema"] != SCHEMA:
            raise ReadError(f"{path}: found schema {content['schema']!r}, expected {SCHEMA!r}; use another folder")
        return Manifest(**{name: content[name] for name in _KEYS})
    except (ValueError, KeyError, TypeError) as error:
        raise ReadError(f"{path}: found no manifest of a run ({error}), expected one; use another folder") from error


def check_preset(found: Manifest, preset: Preset, folder: Path) -> None:
    """Raises UsageError if the folder was begun with another preset; what differs is named."""
    mine = _flat(json.loads(json.dumps(preset.to_json())))
    theirs = _flat(found.preset)
    differences = [
        f"{key} {theirs.get(key)!r} there, {mine.get(key)!r} here"
        for key in sorted(mine.keys() | theirs.keys())
        if mine.get(key) != theirs.get(key)
    ]
    if differences:
        raise UsageError(
            f"{folder}: found results of another preset ({'; '.join(differences)}), expected those of "
            f"{preset.name}; pass another results folder, or remove this one"
        )


def check_sources(found: Manifest, current: Manifest, folder: Path) -> None:
    """Raises UsageError if the model or the images changed since the folder was begun."""
    for what, before, after in (
        ("model", found.model_sha256, current.model_sha256),
        ("data set", found.data_hash, current.data_hash),
    ):
        if before != after:
            raise UsageError(
                f"{folder}: found results of another {what} ({before[:12]}), expected those of the present one "
                f"({after[:12]}); pass another results folder, or remove this one"
            )


def _flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
