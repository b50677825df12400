"""The readers that damaged files are given to, as the commands call them; what they accept is written and read again.

Each takes the folder of the input. It returns, or raises a `FeatureNetError`; any other exception is a finding.
"""

from __future__ import annotations

import io
import json
import shutil
import tomllib
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from featurenet_uvl.errors import MAX_LINE, MAX_LINES, DecodeError, FeatureNetError, ModelError, UnsupportedError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.sample import Selections
from featurenet_uvl.system.files import read_text
from tests.robustness.mutations.words import skipped_words

INPUT_SHAPE, CLASSES = (28, 28, 1), 10
NAMES = ("App", "Log", "Log to file")
"""Features of the model whose configurations are damaged."""
MODEL = 'features\n\tApp\n\t\toptional\n\t\t\tLog\n\t\t\t"Log to file"\n'


class UnsoundError(Exception):
    """A reader accepts a file as something else than it says, or two readings of one content differ."""


def same(one: object, two: object, what: str) -> None:
    """Check that two readings of one content are equal."""
    if one != two:
        raise UnsoundError(f"{what}: {str(one)[:300]!r} became {str(two)[:300]!r}")


def read_as_model(format: str) -> Callable[[Path], None]:
    """Return the reader of a feature model: read, written in its format, read again, and compiled."""

    def read(path: Path) -> None:
        from featurenet_uvl.operations.sources import load_cnf, load_source
        from featurenet_uvl.translators.formats.registry import parse_model, writer_for

        model = load_source(str(path))
        if format == "uvl":
            skipped = skipped_words(read_text(path), model)
            if skipped:
                raise UnsoundError(f"words that the model lacks: {dict(skipped)}")
        try:
            text = writer_for("-", format)(model)
        except UnsupportedError:
            text = None
        if text is not None:
            again = parse_model(text, "written again", format)
            if not isinstance(again, FeatureModel):
                raise UnsoundError(f"the written model is read as {type(again).__name__}")
            same(writer_for("-", format)(again), text, "the model")
        load_cnf(str(path))

    return read


def read_formula(path: Path) -> None:
    """Read DIMACS, write it and read it again."""
    from featurenet_uvl.operations.sources import load_cnf
    from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
    from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs

    cnf = load_cnf(str(path)).cnf
    try:
        text = write_dimacs(cnf)
    except UnsupportedError:  # a name that this project does not write
        return
    again = read_dimacs(text, "written again")
    same(list(map(tuple, again.clauses)), list(map(tuple, cnf.clauses)), "the clauses")
    same(len(again.variables), len(cnf.variables), "the variables")


@cache
def _formula() -> Cnf:
    from featurenet_uvl.translators.formats.registry import parse_model
    from featurenet_uvl.translators.pipeline import compile_feature_model

    model = parse_model(MODEL, "model.uvl")
    assert isinstance(model, FeatureModel)
    return compile_feature_model(model)


def read_as_configurations(format: str) -> Callable[[Path], None]:
    """Return the reader of configurations: read with and without the model, written in the same format, read again."""

    def read(path: Path) -> None:
        from featurenet_uvl.operations.configurations import read_selections
        from featurenet_uvl.translators.formats.configurations.registry import FORMATS, read_configurations

        problems: list[FeatureNetError] = []
        for cnf in (None, _formula()):
            try:
                found = read_selections(str(path), cnf)
            except FeatureNetError as error:
                check_message(error, path)
                problems.append(error)
            else:
                _written_again(found, FORMATS[format], cnf, read_configurations, format)
        if len(problems) > 1:
            raise problems[0]

    return read


def _written_again(found: Selections, entry: Any, cnf: Cnf | None, read: Any, format: str) -> None:
    if not len(found) or (not entry.holds_many and len(found) != 1):
        return
    try:
        text = entry.write(found, None if cnf is None else cnf.variables)
    except (ModelError, UnsupportedError):
        return
    if cnf is None and not entry.names_all:
        return
    again = read(text, "written again", None if cnf is None else cnf.variables, format)
    same(again.names, found.names, "the names")
    if not np.array_equal(again.selected, found.selected):
        raise UnsoundError(f"the rows: {found.selected.tolist()} became {again.selected.tolist()}")


def read_network_file(path: Path) -> None:
    """Read a network in JSON, and compare it with the file's own values."""
    from featurenet_uvl.operations.network_files import load_network

    network = load_network(str(path), INPUT_SHAPE, CLASSES)
    said = json.loads(path.read_text(encoding="utf-8-sig"))
    said.pop("origin", None)
    same(network.to_json(), said, "the network")


def read_toml_network(path: Path) -> None:
    """Read a network in TOML, write it, read it again, and compare it with the file's own values."""
    from featurenet_uvl.decoding.configuration_file import read_cell_configuration, write_cell_configuration
    from featurenet_uvl.operations.network_files import load_network

    load_network(str(path), INPUT_SHAPE, CLASSES)
    text = read_text(path)
    found = read_cell_configuration(text)
    same(read_cell_configuration(write_cell_configuration(found)), found, "the configuration")
    said = tomllib.loads(text)
    cells = [cell for block in said["block"] for cell in block["cells"]]
    kept = [{name: dict(values) for name, values in cell.items()} for cell in found.cells.values()]
    for one, other in zip(cells, kept, strict=True):
        same({name: other.get(name) for name in one}, one, "a cell")


@cache
def _dnn() -> FeatureModel:
    from featurenet_uvl.operations.sources import load_model

    return load_model("dnn", (), {})


def read_keras(path: Path) -> None:
    """Read a network that Keras saved."""
    from featurenet_uvl.decoding.keras.importer import import_keras_file
    from featurenet_uvl.ir.architecture_json import parse_architecture

    try:
        network = import_keras_file(str(path), _dnn())
        network.weights()
    except DecodeError as error:
        check_message(error, path)
        return
    same(parse_architecture(network.to_json()), network, "the network")


def read_preset(path: Path) -> None:
    """Read a preset, and compare it with itself as a results folder keeps it."""
    from featurenet_uvl.experiments.preset import Preset
    from featurenet_uvl.experiments.preset_file import load_preset

    preset = load_preset(str(path))
    kept = json.loads(json.dumps(preset.to_json()))
    same(json.loads(json.dumps(Preset.from_json(preset.name, kept).to_json())), kept, "the preset")
    preset.hash()


def read_images(path: Path) -> None:
    """Unpack a data set, and read its images."""
    from featurenet_uvl.training.data.dataset import load_dataset

    cache_folder = path.parent / "unpacked"
    try:
        data = load_dataset("mnist", path.parent, cache_folder)
        x, y = data.read("train", None, 0)
        same((len(x), len(y)), (data.train_count, data.train_count), "the number of images")
        if not (x.min() >= 0 and x.max() <= 1 and (y.sum(axis=1) == 1).all()):
            raise UnsoundError("found images outside 0..1, or labels that are none")
    finally:
        shutil.rmtree(cache_folder, ignore_errors=True)


def _show_status(store: Path) -> None:
    """Show the state of a run, as `experiments status` does; as lines, and as JSON."""
    from featurenet_uvl.cli.commands.status import status

    for as_json in (False, True):
        with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")):
            status(None, store, as_json)


def read_state(path: Path) -> None:
    """Read the state of a run beside its store, as `experiments status` does."""
    _show_status(path.with_name("store.sqlite"))


def read_store(path: Path) -> None:
    """Read a store from outside and as a run does, which adds a result and keeps all others."""
    from featurenet_uvl.training.store import ResultStore, read_all_results
    from featurenet_uvl.training.trials.protocol import Protocol
    from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus

    try:
        _show_status(path)
        before = read_all_results(path)
        mine, spec = Protocol("digits", seed=77), TrialSpec.of("added", "fake", {"x": 1})
        with ResultStore(path) as store:
            known = store.results(mine)
            store.add(mine, spec, TrialResult("added", spec.hash, TrialStatus.DONE, test_accuracy=0.5))
            store.last_row()
        after = read_all_results(path)
        same(dict(after[mine]), {**known, spec.hash: after[mine].get(spec.hash)}, "the rows of one protocol")
        same({key: dict(rows) for key, rows in after.items() if key != mine}, _others(before, mine), "the other rows")
        if spec.hash not in after[mine]:
            raise UnsoundError("a result that was acknowledged is not there")
    finally:
        with suppress(OSError):  # a test may have taken the right away
            for left in path.parent.glob("*.lock"):
                left.unlink()


def _others(results: Any, mine: object) -> Any:
    return {key: dict(rows) for key, rows in results.items() if key != mine}


def read_results_folder(path: Path) -> None:
    """Read a results folder, and make its page, tables and rows, without figures."""
    from featurenet_uvl.experiments.collect import collect
    from featurenet_uvl.report.content.document import study_json, study_markdown, tables
    from featurenet_uvl.report.content.table import table_csv, table_latex, table_markdown
    from featurenet_uvl.report.page.summary import closing_lines
    from featurenet_uvl.report.write import trials_csv

    folder = path.parent
    study = collect(folder)
    json.dumps(study_json(study))
    texts = [study_markdown(study), trials_csv(study), *closing_lines(study)]
    for table in tables(study):
        texts += [table_csv(table), table_markdown(table), table_latex(table)]
    "".join(texts).encode()


def check_message(error: FeatureNetError, path: Path) -> None:
    """Check that each line of an error names a place in the folder and is short enough to read."""
    lines = str(error).split("\n")
    if len(lines) > MOST_LINES:
        raise UnsoundError(f"{len(lines)} lines of an error, the first {lines[0]!r}")
    for line in lines:
        if len(line) > LONGEST_LINE:
            raise UnsoundError(f"a line of {len(line)} characters: {line[:200]!r}")
        if not line.strip():
            raise UnsoundError(f"an empty line in the error {str(error)[:200]!r}")
    if str(path.parent) not in lines[0] and path.name not in lines[0]:
        raise UnsoundError(f"an error without its place: {lines[0][:300]!r}")


MOST_LINES = MAX_LINES + 1
"""Lines of an error."""
LONGEST_LINE = MAX_LINE + 50
"""Characters of a line of an error, with the number of those left out."""
