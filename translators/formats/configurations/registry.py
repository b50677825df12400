"""Formats of configurations by name, and the one reader of all of them.

To add a format, write its file in this folder and one entry of `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from featurenet_uvl.errors import ModelError, ReadError, UsageError
from featurenet_uvl.ir.cnf import AUXILIARY_PREFIX, VarMap
from featurenet_uvl.ir.sample import BoolMatrix, Selections
from featurenet_uvl.translators.formats.configurations import config, csv, featureide, literals, pdt, sample_file
from featurenet_uvl.translators.formats.configurations.sample_header import is_sample
from featurenet_uvl.translators.formats.dimacs.writer import safe_name

Read = Callable[[str, str, VarMap], Selections]
Write = Callable[[Selections, VarMap | None], str]


@dataclass(frozen=True, slots=True)
class ConfigurationFormat:
    """A format of configurations.

    Args:
        title: Name of the format in messages.
        ending: Ending of its files.
        detects: Whether a text begins like a file of this format, given the names of the model's features, if known.
        read: Reads a text, given its name in messages and the variables of the model. The names of the result need not
            be those of the model.
        write: Writes configurations, given the variables of the model, if known.
        holds_many: Whether a file holds a list; else it holds one configuration.
        names_all: Whether a file names all its features; else it cannot be read without the variables of a model.
        hint: Explanation of names that the model lacks.
    """

    title: str
    ending: str
    detects: Callable[[str, Collection[str]], bool]
    read: Read
    write: Write
    holds_many: bool = True
    names_all: bool = True
    hint: str = ""


FORMATS: Mapping[str, ConfigurationFormat] = MappingProxyType(
    {
        "sample": ConfigurationFormat(
            "a sample file",
            ".sample",
            detects=lambda text, _: is_sample(text),
            read=lambda text, place, _: sample_file.parse_sample(text, place),
            write=lambda selections, _: sample_file.write_sample(selections),
        ),
        "csv": ConfigurationFormat(
            "a CSV of configurations",
            ".csv",
            detects=lambda text, _: csv.is_csv(text),
            read=lambda text, place, _: csv.read_csv(text, place),
            write=lambda selections, _: csv.write_csv(selections),
        ),
        "pdt": ConfigurationFormat(
            "a .pdt file",
            ".pdt",
            detects=lambda text, _: pdt.is_pdt(text),
            read=lambda text, place, _: pdt.read_pdt(text, place),
            write=lambda selections, _: pdt.write_pdt(selections),
            hint=pdt.HINT,
        ),
        "featureide": ConfigurationFormat(
            "FeatureIDE's .xml",
            ".xml",
            detects=lambda text, _: featureide.is_configuration(text),
            read=lambda text, place, _: featureide.read_configuration(text, place),
            write=lambda selections, _: featureide.write_configuration(selections),
            holds_many=False,
        ),
        "literals": ConfigurationFormat(
            "lines of signed numbers",
            ".solutions",
            detects=lambda text, _: literals.is_literals(text),
            read=literals.read_literals,
            write=lambda selections, variables: literals.write_literals(
                selections, () if variables is None else variables.numbers
            ),
            names_all=False,
        ),
        "config": ConfigurationFormat(
            "a .config file",
            ".config",
            detects=config.is_config,
            read=lambda text, place, variables: _read_config(text, place, variables),
            write=lambda selections, variables: config.write_config(
                selections, () if variables is None else variables.abstract
            ),
            holds_many=False,
            names_all=False,
        ),
    }
)
"""Every format by name, in the order in which a text is tried."""

_SHOWN = 5
"""Names of features that a message lists."""


def find_format(name: str, argument: str = "format") -> ConfigurationFormat:
    """Return the format of this name; `argument` is the one that gave it, for the message.

    Raises:
        UsageError: No format has this name.
    """
    if name not in FORMATS:
        raise UsageError(f"`{argument}`: found format {name!r}, expected one of {', '.join(FORMATS)}")
    return FORMATS[name]


def format_of_ending(path: str) -> str:
    """Return the name of the format whose files end like this path; of those that hold lists.

    Raises:
        UsageError: No format has this ending.
    """
    for name, entry in FORMATS.items():
        if entry.holds_many and path.lower().endswith(entry.ending):
            return name
    raise UsageError(f"{path}: found no known ending, expected `format` with one of {', '.join(FORMATS)}")


def read_configurations(
    text: str, place: str, variables: VarMap | None = None, format: str | None = None
) -> Selections:
    """Read configurations that any tool has written, in any of the formats.

    Args:
        text: The file's content.
        place: Name of the file in messages.
        variables: The variables of the model. The file's names are matched to theirs, as they are or as `safe_name`
            spells them. None keeps the names of the file and leaves out auxiliaries.
        format: Name of the format; None detects it by the content.

    Returns:
        Configurations, some perhaps several times. Given variables, they have one column for each feature and auxiliary
        that the file decides, in the order of the variables. A sample file gives a `Sample`.

    Raises:
        ReadError: The file is in no known format, or has problems, which its reader lists.
        ModelError: The file has features that the model lacks, or needs a model to name its features.
        UsageError: No format has this name.

    >>> read_configurations("1->App\\n2->Log\\n1;-2;\\n", "a.pdt").selected.tolist()
    [[True, False]]
    """
    entry = find_format(detect(text, place, variables) if format is None else format)
    if variables is None:
        if not entry.names_all:
            raise ModelError(f"{place}: found {entry.title}, expected the model, too, which names its features")
        return _without_auxiliaries(entry.read(text, place, VarMap.from_names(())))
    return _matched(entry.read(text, place, variables), place, variables, entry.hint)


def detect(text: str, place: str, variables: VarMap | None = None) -> str:
    """Return the name of the format that a text is in.

    Args:
        text: The file's content.
        place: Name of the file in messages.
        variables: The variables of the model, without which a `.config` file cannot be known.

    Raises:
        ReadError: The beginning of the text fits no format.
    """
    own = () if variables is None else variables.feature_names
    names = frozenset((*own, *map(safe_name, own)))
    found = [name for name, entry in FORMATS.items() if entry.detects(text, names)]
    if len(found) > 1 and variables is not None and found[0] != "sample":
        return _one_of(found, text, place, variables)
    if found:
        return found[0]
    if variables is not None and place.lower().endswith(FORMATS["config"].ending):
        return "config"  # nothing in it is a feature, so only its name shows what it is
    raise ReadError(f"{place}:1: {_unknown(text, variables)}")


def _unknown(text: str, variables: VarMap | None) -> str:
    """Return the complaint about a text that begins like none of the formats."""
    first = text.lstrip().split("\n", 1)[0]
    found = repr(first if len(first) <= 60 else first[:57] + "...") if first else "nothing"
    *titles, last = (entry.title for name, entry in FORMATS.items() if name != "config" or variables is not None)
    more = "" if variables is not None else "; a .config file is known by the features of its model: give the model"
    return f"found {found}, expected {', '.join(titles)} or {last}{more}"


def _one_of(candidates: Sequence[str], text: str, place: str, variables: VarMap) -> str:
    """Return the one of several formats that a text can be read in; names such as `1` begin like other formats.

    Raises:
        ReadError: Two formats can be read, and give other configurations.
    """
    readable: dict[str, Selections] = {}
    for name in candidates:
        with suppress(ReadError):
            readable[name] = _matched(FORMATS[name].read(text, place, variables), place, variables, "")
    if not readable:
        return candidates[0]
    first, *others = readable
    for other in others:
        shared = [name for name in readable[other].names if name in readable[first].names]
        one, two = (_columns(readable[name], shared) for name in (first, other))
        if not np.array_equal(one, two):
            titles = f"{FORMATS[first].title} or {FORMATS[other].title}"
            raise ReadError(f"{place}: found a text that is {titles}, expected one of them: give it in another format")
    return first


def _columns(selections: Selections, names: Sequence[str]) -> BoolMatrix:
    columns = [selections.names.index(name) for name in names]
    return selections.take(names, columns).selected


def _read_config(text: str, place: str, variables: VarMap) -> Selections:
    """Return the configuration of a `.config` file, whose names are the model's, or as `safe_name` spells them."""
    mentioned = config.names_in(text)
    safe = [safe_name(name) for name in variables.feature_names]
    if not mentioned <= set(variables.feature_names) and mentioned <= set(safe):
        back = dict(zip(safe, variables.feature_names, strict=True))
        found = config.read_config(text, place, safe, frozenset(map(safe_name, variables.abstract)))
        return Selections(tuple(back[name] for name in found.names), found.selected)
    return config.read_config(text, place, variables.feature_names, variables.abstract)


def align(selections: Selections, place: str, names: Sequence[str], whose: str) -> Selections:
    """Return the configurations with their columns in the order of `names`.

    Args:
        selections: Configurations over the same names.
        place: Name of their file in messages.
        names: The wanted order.
        whose: Owner of these names in messages.

    Raises:
        ModelError: Other names.
    """
    columns = {name: column for column, name in enumerate(selections.names)}
    if set(columns) != set(names):
        raise ModelError(f"{place}: {_difference(selections.names, names, whose)}")
    return selections.take(names, [columns[name] for name in names])


def _without_auxiliaries(selections: Selections) -> Selections:
    kept = [place for place, name in enumerate(selections.names) if not name.startswith(AUXILIARY_PREFIX)]
    return selections.take([selections.names[place] for place in kept], kept)


def _matched(selections: Selections, place: str, variables: VarMap, hint: str) -> Selections:
    """Return the configurations with their columns in the model's order, under the model's names."""
    columns = {name: column for column, name in enumerate(selections.names)}
    for spelt in (str, safe_name):
        wanted = {spelt(name): name for name in variables.names}
        if all(map(wanted.__contains__, columns)):
            known = [(name, columns[file_name]) for file_name, name in wanted.items() if file_name in columns]
            return selections.take([name for name, _ in known], [column for _, column in known])
    difference = _difference(selections.names, variables.feature_names, "the model")
    raise ModelError(f"{place}: {difference}{f'; {hint}' if hint else ''}")


def _difference(names: Sequence[str], expected: Sequence[str], whose: str) -> str:
    """Return the names that only one of two sets has, as a message."""
    known, wanted = set(names), set(expected)
    unknown = [name for name in names if name not in wanted and not name.startswith(AUXILIARY_PREFIX)]
    missing = [name for name in expected if name not in known]
    parts = [f"found {_some(unknown)}, which {whose} lacks"] if unknown else []
    parts += [f"found no {_some(missing)}, which {whose} has"] if missing else []
    return "; ".join(parts or ["found other auxiliary variables"]) + "; expected the same features"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    if more <= 1:
        return ", ".join(map(repr, names))
    return f"{', '.join(map(repr, names[:_SHOWN]))} and {more:,} more features"
