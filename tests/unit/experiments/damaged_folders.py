"""Checks of what reports say on results folders that were damaged or changed by hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl.errors import FeatureNetError, ReadError
from featurenet_uvl.experiments.collect import collect
from featurenet_uvl.report.content.document import study_json, study_markdown
from featurenet_uvl.report.page.summary import summary


def check_that_networks_are_those_of_the_sample(folder: Path, before: Mapping[str, bytes]) -> None:
    """Check that a network that the sample does not have is ignored with a note, and that none is exchanged."""
    place = folder / "samples" / "S1-digits" / "architectures"
    whole = collect(folder)
    for stray in ("007.json", "0001.json", "copy of 001.json"):
        shutil.copy(place / "001.json", place / stray)
    found = collect(folder)
    assert replace(found, notes=()) == whole
    assert found.notes == (f"{place}: ignored 0001.json, 007.json, copy of 001.json, which the sample does not have",)
    for stray in ("007.json", "0001.json", "copy of 001.json"):
        (place / stray).unlink()
    manifest = folder / "run.json"
    first, second = (before[f"samples/S1-digits/architectures/{name}.json"] for name in ("001", "002"))
    (place / "001.json").write_bytes(second)
    with pytest.raises(ReadError, match="architectures: found other networks than the run wrote"):
        collect(folder)
    (place / "001.json").write_bytes(first)
    # A folder of version 0.1 has no hash of its networks; it has them all, or they are not decoded yet.
    content = json.loads(manifest.read_text())
    del content["samples"]["S1-digits"]["networks_sha256"]
    manifest.write_text(json.dumps(content))
    assert collect(folder).samples == whole.samples
    (place / "002.json").unlink()
    with pytest.raises(ReadError, match=r"S1-digits: found no networks of this sample, while trials\.sqlite has"):
        collect(folder)
    (place / "002.json").write_bytes(second)
    manifest.write_bytes(before["run.json"])
    assert collect(folder) == whole


def check_that_damage_is_told_with_its_place(folder: Path, before: Mapping[str, bytes]) -> None:
    """Check that each file and each value of a results folder, exchanged for another, is told in lines with a place."""
    names = ("run.json", *(f"samples/S1-digits/{name}.json" for name in ("sizes", "limit", "diversity")))
    refused = 0
    for name in (*names, "samples/S1-digits/architectures/001.json"):
        content = json.loads(before[name])
        changes: list[Any] = [*places_of(content)]
        for place in changes:
            for value in (None, True, -1, 0, 2**70, "x", [], {}):
                (folder / name).write_text(json.dumps(exchanged(content, place, value)))
                try:
                    study = collect(folder)
                    json.dumps(study_json(study), allow_nan=False)
                    study_markdown(study)
                    summary(study)
                except FeatureNetError as error:
                    refused += str(folder) in str(error)
        (folder / name).write_bytes(before[name])
    assert refused > 500


def places_of(value: Any) -> Iterator[tuple[str, ...]]:
    """Yield the path of every value within a JSON object."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield (key,)
            yield from ((key, *rest) for rest in places_of(part))


def exchanged(value: Any, place: tuple[str, ...], new: Any) -> Any:
    """Return a JSON object with another value at a place."""
    key, *rest = place
    return {**value, key: exchanged(value[key], tuple(rest), new) if rest else new}
