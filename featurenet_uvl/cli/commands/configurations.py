"""The command `configurations`: samples to and from the formats of other tools."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from featurenet_uvl.cli.console.options import (
    Bounds,
    Force,
    InputShape,
    Json,
    Output,
    Quiet,
    Restrictions,
    parse_bounds,
    parse_input_shape,
)
from featurenet_uvl.cli.console.streams import check_output, put_json, say, write_output
from featurenet_uvl.errors import ModelError, ReadError, UsageError
from featurenet_uvl.operations.sources import is_sample, load_cnf
from featurenet_uvl.system.streams import STREAM, read_input

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurenet_uvl.ir.cnf import Cnf
    from featurenet_uvl.ir.selections import Selections

SAMPLE = "sample"
_CONTENTS = {
    "csv": re.compile(r"Configuration(;|\n|\Z)"),
    "pdt": re.compile(r"[1-9][0-9]*->"),
    "featureide": re.compile(r"\s*<"),
}
"""How the formats begin; anything else is a list of names."""
_PDT_NAME = re.compile(r"^[0-9]+->(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Model:
    cnf: Cnf
    abstract: frozenset[str]


def configurations(
    source: Annotated[
        str, typer.Argument(metavar="INPUT", help="A sample file, a file of another tool, or a folder; - is stdin.")
    ],
    output: Output,
    read_as: Annotated[
        str | None,
        typer.Option("--from", help="The input's format: sample, featureide, config, csv or pdt. Else by its content."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="The format to write: sample, featureide, config, csv or pdt. Else by the ending."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="MODEL|DIMACS", help="Checks each configuration, and completes it."),
    ] = None,
    restrict: Restrictions = None,
    bound: Bounds = None,
    input_shape: InputShape = None,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Convert configurations: a sample to the formats of other tools, and back.

    Formats that hold one configuration a file (featureide, config) are written to a folder. Give the model, and the
    restrictions, bounds and input shape of the sample, to check what another tool made.
    """
    target = _target(output, to)
    options = (restrict or [], parse_bounds(bound or ()), parse_input_shape(input_shape))
    if model is None and any(options):
        raise UsageError("found --restrict, --bound or --input-shape without --model, which they belong to")
    _check_target(output, target, force, as_json)
    loaded = None if model is None else _load(model, *options)
    selections = _read(source, read_as, loaded)
    if loaded is not None:
        from featurenet_uvl.analysis.complete_configurations import complete_selections

        selections = complete_selections(selections, loaded.cnf, source)
    _write(output, target, selections, loaded, force)
    facts = {"output": output, "format": target, "configurations": len(selections), "features": len(selections.names)}
    if as_json:
        put_json(facts)
    checked = "; each is one of the model" if loaded is not None else ""
    say(f"{len(selections):,} configurations of {len(selections.names):,} features{checked}", quiet=quiet or as_json)


def selections_of_sample(text: str, place: str) -> Selections:
    """The configurations of a sample file.

    Raises:
        ReadError: The text is no sample.
    """
    from featurenet_uvl.ir.selections import Selections
    from featurenet_uvl.translators.formats.configurations.sample_file import parse_sample

    sample = parse_sample(text, place)
    return Selections(sample.names, tuple(tuple(map(bool, row)) for row in sample.selected))


def _target(output: str, to: str | None) -> str:
    from featurenet_uvl.translators.formats.configurations.registry import CONFIGURATION_FORMATS

    known = (SAMPLE, *CONFIGURATION_FORMATS)
    if to is not None:
        if to not in known:
            raise UsageError(f"--to: found format {to!r}, expected one of {', '.join(known)}")
        return to
    for name, entry in CONFIGURATION_FORMATS.items():
        if entry.holds_many and output.lower().endswith(entry.ending):
            return name
    raise UsageError(f"{output}: found no known ending, expected --to with one of {', '.join(known)}")


def _is_folder_format(name: str) -> bool:
    from featurenet_uvl.translators.formats.configurations.registry import CONFIGURATION_FORMATS

    return name != SAMPLE and not CONFIGURATION_FORMATS[name].holds_many


def _check_target(output: str, target: str, force: bool, as_json: bool) -> None:
    from featurenet_uvl.system.folders import check_new_folder
    from featurenet_uvl.translators.formats.configurations.registry import CONFIGURATION_FORMATS

    if not _is_folder_format(target):
        check_output(output, force=force, as_json=as_json)
        return
    ours = re.compile(r"[0-9]+" + re.escape(CONFIGURATION_FORMATS[target].ending))
    check_new_folder(output, force=force, is_ours=lambda name: ours.fullmatch(name) is not None)


def _load(model: str, restrict: list[str], bounds: Mapping[str, int], shape: tuple[int, ...] | None) -> _Model:
    cnf, boolean = load_cnf(model, restrict, bounds, shape)
    abstract = frozenset(f.name for f in boolean.model.features() if f.is_abstract) if boolean is not None else ()
    return _Model(cnf, frozenset(abstract))


def _read(source: str, read_as: str | None, model: _Model | None) -> Selections:
    """All configurations of a file, or of the files of a folder."""
    from featurenet_uvl.ir.selections import Selections

    if source == STREAM or not Path(source).is_dir():
        return _read_one(source, read_as, model)
    files = sorted(path for path in Path(source).iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise ReadError(f"{source}: found no file, expected configurations")
    parts = [_read_one(str(path), read_as, model) for path in files]
    for path, part in zip(files, parts, strict=True):
        if part.names != parts[0].names:
            raise ModelError(f"{path}: found other features than in {files[0]}, expected the same; --model orders them")
    return Selections(parts[0].names, tuple(row for part in parts for row in part.rows))


def _read_one(path: str, read_as: str | None, model: _Model | None) -> Selections:
    from featurenet_uvl.translators.formats.configurations.config import read_config
    from featurenet_uvl.translators.formats.configurations.csv import read_configuration_csv
    from featurenet_uvl.translators.formats.configurations.featureide import read_configuration

    text, place = read_input(path)
    name = read_as or _format_of(text)
    if name == "pdt":
        return _read_pdt(text, place, model)
    names = None if model is None else model.cnf.variables.feature_names
    match name:
        case "sample":
            return selections_of_sample(text, place)
        case "csv":
            return read_configuration_csv(text, place, names)
        case "featureide":
            return read_configuration(text, place, names)
        case "config" if model is not None:
            return read_config(text, place, model.cnf.variables.feature_names, model.abstract)
        case "config":
            raise UsageError(f"{place}: found a list of selected names, expected --model to know the others")
        case _:
            raise UsageError(
                f"--from: found format {name!r}, expected one of {', '.join((SAMPLE, 'config', *_CONTENTS))}"
            )


def _read_pdt(text: str, place: str, model: _Model | None) -> Selections:
    """PLEDGE's answer to a DIMACS that we wrote: it may speak of auxiliaries, and in safe names."""
    from featurenet_uvl.ir.cnf import AUXILIARY_PREFIX
    from featurenet_uvl.ir.selections import Selections
    from featurenet_uvl.translators.formats.configurations.pdt import read_pdt
    from featurenet_uvl.translators.formats.dimacs.writer import safe_name

    header = set(_PDT_NAME.findall(text))
    if model is None:
        found = read_pdt(text, place)
        kept = [column for column, name in enumerate(found.names) if not name.startswith(AUXILIARY_PREFIX)]
        rows = tuple(tuple(row[column] for column in kept) for row in found.rows)
        return Selections(tuple(found.names[column] for column in kept), rows)
    variables = model.cnf.variables
    has_auxiliaries = any(name.startswith(AUXILIARY_PREFIX) for name in header)
    names = variables.names if has_auxiliaries else variables.feature_names
    safe = tuple(map(safe_name, names))
    if header <= set(names) or not header <= set(safe):
        return read_pdt(text, place, names)
    return Selections(names, read_pdt(text, place, safe).rows)


def _format_of(text: str) -> str:
    if is_sample(text):
        return SAMPLE
    return next((name for name, start in _CONTENTS.items() if start.match(text)), "config")


def _write(output: str, target: str, selections: Selections, model: _Model | None, force: bool) -> None:
    from featurenet_uvl.ir.selections import Selections
    from featurenet_uvl.system.folders import write_files
    from featurenet_uvl.translators.formats.configurations.config import write_config
    from featurenet_uvl.translators.formats.configurations.registry import CONFIGURATION_FORMATS

    if target == SAMPLE:
        write_output(output, _sample_text(selections), force=force)
        return
    chosen = CONFIGURATION_FORMATS[target]
    if chosen.holds_many:
        write_output(output, chosen.write(selections), force=force)
        return
    files: dict[str, str] = {}
    width = max(4, len(str(len(selections))))
    for number, row in enumerate(selections.rows, 1):
        one = Selections(selections.names, (row,))
        is_config = target == "config" and model is not None
        text = write_config(one, model.abstract) if is_config and model is not None else chosen.write(one)
        files[f"{number:0{width}}{chosen.ending}"] = text
    write_files(output, files)


def _sample_text(selections: Selections) -> str:
    import numpy as np

    from featurenet_uvl.analysis.violations import first_duplicate
    from featurenet_uvl.ir.sample import Sample, Stop
    from featurenet_uvl.translators.formats.configurations.sample_file import format_sample

    if not len(selections):
        raise ModelError("found no configurations, expected at least one in a sample")
    sample = Sample(selections.names, np.array(selections.rows, dtype=np.bool_), "imported", 0, Stop.COMPLETE)
    twice = first_duplicate(sample.selected)
    if twice is not None:
        raise ModelError(
            f"configuration {twice[1] + 1} repeats configuration {twice[0] + 1}, expected each once in a sample"
        )
    return format_sample(sample)
