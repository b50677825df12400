"""Configurations that any tool has written: read from files, folders and streams, checked, and written again."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from featurenet_uvl.analysis.complete_configurations import complete_selections
from featurenet_uvl.analysis.violations import first_duplicate
from featurenet_uvl.decoding.solutions import check_formula
from featurenet_uvl.errors import ModelError, ReadError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import Sample, Selections, Stop
from featurenet_uvl.system.folders import check_new_folder, write_files
from featurenet_uvl.system.streams import STREAM, read_input
from featurenet_uvl.translators.formats.configurations.registry import align, find_format, read_configurations


def read_selections(source: str, cnf: Cnf | None = None, format: str | None = None) -> Selections:
    """Read the configurations of a file, of all files of a folder, or of stdin.

    Args:
        source: A path, or `-`.
        cnf: The model. Each configuration is checked to be one of it, and completed if the file names some features
            only. None keeps the features of the file.
        format: Name of the format; None detects it by the content of each file.

    Returns:
        At least one configuration; some may occur several times.

    Raises:
        ReadError, ModelError: A file cannot be read, holds no configuration, or has other features.
        DecodeError: A configuration violates the model.
    """
    return _read(source, cnf, format)[0]


def read_side_by_side(sources: Sequence[str], cnf: Cnf | None = None) -> list[Selections]:
    """Read several lists of configurations over the same features.

    Args:
        sources: Paths, or `-`.
        cnf: The model, as for `read_selections`.

    Returns:
        One list per source, with the columns in the order of the model, or of the first source.

    Raises:
        ReadError, ModelError, DecodeError: As `read_selections`, or two sources have different features.
    """
    found = [read_selections(source, cnf) for source in sources]
    return [align(one, source, found[0].names, sources[0]) for source, one in zip(sources, found, strict=True)]


def read_sample(source: str, cnf: Cnf, *, any_formula: bool = False) -> Sample:
    """Read distinct configurations of a model, whichever tool wrote them.

    Args:
        source: A path, or `-`.
        cnf: The model, as for `read_selections`.
        any_formula: Accept a sample file that was drawn from another formula, too, if all its configurations are
            configurations of this model.

    Returns:
        The sample, as one of this CNF.

    Raises:
        ReadError, ModelError: As `read_selections`, or a configuration occurs twice.
        DecodeError: A configuration violates the model, or the sample was drawn from another formula.
    """
    found, place = _read(source, cnf, any_formula=any_formula)
    twice = first_duplicate(found.selected)
    if twice is not None:
        raise ModelError(f"{place}: configuration {twice[1] + 1} repeats {twice[0] + 1}, expected each once")
    if isinstance(found, Sample) and found.formula == cnf.fingerprint():
        return found
    return Sample(found.names, found.selected, "read", 0, Stop.COMPLETE, cnf.sample_fingerprint())


def check_target(output: str, format: str, *, force: bool) -> None:
    """Raise for a folder of configurations that must not be replaced, before the work for it begins.

    Raises:
        UsageError, FeatureNetError: As `check_new_folder`.
    """
    ours = re.compile(r"[0-9]+" + re.escape(find_format(format).ending))
    check_new_folder(output, force=force, is_ours=lambda name: ours.fullmatch(name) is not None)


def write_folder(output: str, format: str, selections: Selections, variables: VarMap | None = None) -> None:
    """Write one file per configuration, named by its number.

    Args:
        output: The folder.
        format: A format that holds one configuration per file.
        selections: The configurations.
        variables: The variables of the model, some of which are abstract features, which some formats leave out.

    Raises:
        UnsupportedError: A name that the format cannot hold.
        FeatureNetError: A file cannot be written.
    """
    entry = find_format(format)
    width = max(4, len(str(len(selections))))
    files = {
        f"{number:0{width}}{entry.ending}": entry.write(Selections(selections.names, row[None, :]), variables)
        for number, row in enumerate(selections.selected, 1)
    }
    write_files(output, files)


def _read(
    source: str, cnf: Cnf | None, format: str | None = None, *, any_formula: bool = True
) -> tuple[Selections, str]:
    """Return the configurations, at least one, and the name of their source in messages.

    A model checks and completes the configurations of each file of a folder by itself: one file may name all features,
    another one some.
    """
    if source != STREAM and os.path.isdir(source):
        return _read_folder(Path(source), cnf, format, any_formula), source
    text, place = read_input(source)
    found = read_configurations(text, place, None if cnf is None else cnf.variables, format)
    if not len(found):
        raise ReadError(f"{place}: found no configurations, expected at least one")
    if cnf is None:
        return found, place
    if isinstance(found, Sample) and not any_formula:
        check_formula(found.formula, cnf, place)
    return complete_selections(found, cnf, place), place


def _read_folder(folder: Path, cnf: Cnf | None, format: str | None, any_formula: bool) -> Selections:
    """Return the configurations of all files of a folder, in the order of the files' names."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise ReadError(f"{folder}: found no file, expected configurations")
    parts = [_read(str(path), cnf, format, any_formula=any_formula)[0] for path in files]
    for path, part in zip(files, parts, strict=True):
        if part.names != parts[0].names:
            raise ModelError(
                f"{path}: found other features than in {files[0]}, expected the same; give the model, which orders them"
            )
    return Selections(parts[0].names, np.concatenate([part.selected for part in parts]))
