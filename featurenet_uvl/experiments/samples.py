"""The samples of an experiment: compiled, drawn and decoded once, then read from the results folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from featurenet_uvl.analysis.exact_model import exact_model
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import check_solutions, decode_solution
from featurenet_uvl.errors import DecodeError, LimitError, ReadError
from featurenet_uvl.experiments.layout import (
    ARCHITECTURES,
    DIVERSITY,
    LIMIT,
    MODEL,
    SAMPLE,
    SAMPLES,
    SIZES,
    make_folder,
    sample_name,
)
from featurenet_uvl.experiments.manifest import Manifest, SampleFacts, check_same, sha256
from featurenet_uvl.experiments.preset import SampleSetting
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import Sample, Stop
from featurenet_uvl.operations.sample import draw_sample
from featurenet_uvl.report.content.study import DiversityLimit, ModelSizes
from featurenet_uvl.sampling.metrics.distance_bound import mean_distance_limit
from featurenet_uvl.sampling.metrics.distances import diversity
from featurenet_uvl.system.files import read_text, write_file
from featurenet_uvl.system.json_values import MAX_JSON_BYTES, load_json, read_json, to_typed
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.translators.formats.configurations.sample_file import format_sample, parse_sample
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs
from featurenet_uvl.translators.pipeline import compile_model

_ENDING = ".json"

BeginPhase: TypeAlias = Callable[[str, str], None]
"""Listener that receives the name of a phase that begins, and its amount or object."""


def prepare_sample(
    folder: Path, setting: SampleSetting, data: Dataset, manifest: Manifest, begin: BeginPhase
) -> Manifest:
    """Compile the model for the data set's images, draw the sample and decode it, unless an earlier run has done so.

    Args:
        folder: The results folder.
        setting: Model, size, seed and sampler of the sample.
        data: The data set whose images the networks are for.
        manifest: The manifest of the folder so far.
        begin: Receives each phase that begins.

    Returns:
        The manifest with this sample in it, as it is on the disk.

    Raises:
        UsageError: The folder has results of another model.
        ReadError: The sample was changed since it was written.
    """
    name = sample_name(setting.name, data.name)
    place = folder / SAMPLES / name
    make_folder(place / ARCHITECTURES)
    begin("compiling", f"{Path(setting.model).name} for {data.name}")
    cnf = _compiled(setting, data)
    text = write_dimacs(cnf)
    facts = manifest.samples.get(name, SampleFacts(sha256(text)))
    if facts.model_sha256 != sha256(text):
        begin("checking", f"whether the sample of {name} is one of the present model")
        if not _is_in_another_form(place, facts, cnf):
            check_same(folder, f"model of {name}", facts.model_sha256, sha256(text))
        facts = replace(facts, model_sha256=sha256(text))
        (place / SIZES).unlink(missing_ok=True)
    manifest = manifest.with_sample(name, facts)
    manifest.write(folder)
    write_file(place / MODEL, text, force=True)
    if not (place / SIZES).exists():
        write_file(place / SIZES, json.dumps(asdict(_sizes(setting, cnf))) + "\n")
    begin("sampling", f"{setting.count:,} configurations of {cnf.variables.feature_count:,} features")
    sample, sample_text = _sample(place, setting, cnf, facts)
    facts = replace(facts, sample_sha256=sha256(sample_text))
    manifest = manifest.with_sample(name, facts)
    manifest.write(folder)
    write_file(place / DIVERSITY, diversity(sample.selected).to_json() + "\n", force=True)
    if len(sample) > 1 and not _is_limit_of(place / LIMIT, len(sample)):
        begin("bounding", f"the diversity of {name}")
        write_file(place / LIMIT, json.dumps(_limit(setting, cnf, sample)) + "\n", force=True)
    manifest = manifest.with_sample(name, replace(facts, networks_sha256=_decode(place, sample, cnf, data)))
    manifest.write(folder)
    return manifest


def _is_limit_of(path: Path, count: int) -> bool:
    """Whether a file has the bound for samples of this size, or says that there is none."""
    if not os.path.lexists(path):
        return False
    try:
        content = read_json(path, "a bound")
        return content is None or to_typed(DiversityLimit, content, str(path)).count == count
    except ReadError:
        return False


def _is_in_another_form(place: Path, facts: SampleFacts, cnf: Cnf) -> bool:
    """Whether the model of an earlier run is the present one, encoded by another version.

    Versions may choose other auxiliary variables. The features and the clauses over features alone must be equal, and
    every configuration of the sample must be one of the present formula.
    """
    if not (place / MODEL).exists() or not (place / SAMPLE).exists():
        return False
    text = read_text(place / MODEL)
    if sha256(text) != facts.model_sha256:
        return False
    earlier = read_dimacs(text, str(place / MODEL))
    names = cnf.variables.feature_names
    if earlier.variables.feature_names != names or _feature_clauses(earlier) != _feature_clauses(cnf):
        return False
    sample = parse_sample(read_text(place / SAMPLE), str(place / SAMPLE))
    if sample.names != names:
        return False
    try:
        check_solutions(cnf, sample.selected, str(place / SAMPLE))
    except DecodeError:
        return False
    return True


def _feature_clauses(cnf: Cnf) -> frozenset[frozenset[int]]:
    """Return the clauses without auxiliary variables."""
    count = cnf.variables.feature_count
    return frozenset(frozenset(c) for c in cnf.clauses if all(abs(literal) <= count for literal in c))


def read_sample(folder: Path, name: str, facts: SampleFacts | None) -> Sample | None:
    """Return the sample of a results folder; None if it is not drawn yet.

    Args:
        folder: The results folder.
        name: The sample's name within it, such as `S1-mnist`.
        facts: The hashes that the run wrote.

    Raises:
        ReadError: The sample was changed since it was written.
    """
    path = folder / SAMPLES / name / SAMPLE
    if facts is None or facts.sample_sha256 is None or not os.path.lexists(path):
        return None
    return parse_sample(_unchanged(path, facts.sample_sha256), str(path))


def _unchanged(path: Path, expected: str) -> str:
    text = read_text(path)
    if sha256(text) != expected:
        raise ReadError(
            f"{path}: found another content than the run wrote, expected it unchanged; "
            "remove it, and the run draws the sample again"
        )
    return text


@dataclass(frozen=True, slots=True)
class SampledNetworks:
    """The networks of a sample by their numbers, such as `007`, and the names of files beside them that are none."""

    networks: Mapping[str, Architecture]
    strays: tuple[str, ...] = ()


def read_networks(folder: Path, name: str, sample: Sample | None, facts: SampleFacts | None) -> SampledNetworks:
    """Return the networks of a sample; none if it is not drawn or not decoded yet.

    Args:
        folder: The results folder.
        name: The sample's name within it.
        sample: The sample, as `read_sample` returns it.
        facts: The hashes that the run wrote.

    Raises:
        ReadError: A file is not JSON, or the networks are not those that the run wrote.
        DecodeError: A file is not a network.
    """
    place = folder / SAMPLES / name / ARCHITECTURES
    names = _file_names(0 if sample is None else len(sample))
    strays = tuple(sorted({path.name for path in place.glob("*.json")} - {*names}))
    if facts is None or not names:
        return SampledNetworks({}, strays)
    if facts.networks_sha256 is None and not all((place / file).exists() for file in names):
        return SampledNetworks({}, strays)  # a kill came before the last one was written
    texts = {file: read_text(place / file, limit=MAX_JSON_BYTES, is_named_by_user=False) for file in names}
    networks = {
        file.removesuffix(_ENDING): parse_architecture(load_json(text, str(place / file)), str(place / file))
        for file, text in texts.items()
    }
    if facts.networks_sha256 not in (None, _hash_of(texts)):
        raise ReadError(
            f"{place}: found other networks than the run wrote, expected them unchanged; "
            "the same `experiments run` writes them again"
        )
    return SampledNetworks(networks, strays)


def _file_names(count: int) -> tuple[str, ...]:
    width = max(3, len(str(count)))
    return tuple(f"{number:0{width}}{_ENDING}" for number in range(1, count + 1))


def _hash_of(texts: Mapping[str, str]) -> str:
    return sha256("".join(f"{name}\n{text}" for name, text in texts.items()))


def _compiled(setting: SampleSetting, data: Dataset) -> Cnf:
    return compile_model(
        setting.model, restrictions=setting.restrictions, bounds=setting.bounds, input_shape=data.input_shape
    )


def _without_shapes(setting: SampleSetting, *, specialised: bool = False) -> Cnf:
    return compile_model(
        setting.model,
        restrictions=setting.restrictions,
        bounds=setting.bounds,
        with_rules=False,
        specialised=specialised,
    )


def _sizes(setting: SampleSetting, cnf: Cnf) -> ModelSizes:
    bare, alive = _without_shapes(setting), _without_shapes(setting, specialised=True)
    return ModelSizes(
        features=bare.variables.feature_count,
        features_not_dead=alive.variables.feature_count,
        auxiliaries=len(bare.variables) - bare.variables.feature_count,
        clauses=len(bare.clauses),
        auxiliaries_with_shapes=len(cnf.variables) - cnf.variables.feature_count,
        clauses_with_shapes=len(cnf.clauses),
    )


def _limit(setting: SampleSetting, cnf: Cnf, sample: Sample) -> dict[str, Any] | None:
    """Bound the sample's mean distance; without tensor shapes if a diagram with them is too large."""
    for with_shapes in (True, False):
        formula = cnf if with_shapes else _without_shapes(setting)
        try:
            model = exact_model(formula)
        except LimitError:
            continue
        found = mean_distance_limit(model.choices, cnf.variables.feature_count, len(sample))
        return asdict(DiversityLimit(found.count, found.upper, found.gap, with_shapes))
    return None


def _sample(place: Path, setting: SampleSetting, cnf: Cnf, facts: SampleFacts) -> tuple[Sample, str]:
    """Return the sample of an earlier call, or a new one if there was none; and its text."""
    path = place / SAMPLE
    if facts.sample_sha256 is not None and os.path.lexists(path):
        text = _unchanged(path, facts.sample_sha256)
        return parse_sample(text, str(path)), text
    sample = draw_sample(cnf, setting.count, seed=setting.seed, sampler=setting.sampler).new
    if sample.stop is Stop.INTERRUPTED:
        raise KeyboardInterrupt
    text = format_sample(sample)
    write_file(path, text, force=True)
    return sample, text


def _decode(place: Path, sample: Sample, cnf: Cnf, data: Dataset) -> str:
    """Write each network to a file named by its number in the sample, and return the hash of all."""
    texts: dict[str, str] = {}
    for name, row in zip(_file_names(len(sample)), sample.selected, strict=True):
        network = to_architecture(decode_solution(row, cnf.variables), data.input_shape, data.classes)
        texts[name] = json.dumps(network.to_json(), indent=2) + "\n"
        write_file(place / ARCHITECTURES / name, texts[name], force=True)
    return _hash_of(texts)
