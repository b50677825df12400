"""Every format of feature models by name, and the choice of one for a text that is read or a file that is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from featurenet_uvl.errors import ReadError, ToolError, UnsupportedError, UsageError, first_lines
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.restriction import Restriction
from featurenet_uvl.system.collector import paused_collector
from featurenet_uvl.system.deprecated import warn_renamed
from featurenet_uvl.system.files import MAX_MODEL_BYTES, read_text
from featurenet_uvl.system.plugins import foreign_code, load_offer, offer_label, offered_names
from featurenet_uvl.translators.formats.configurations.sample_header import is_sample
from featurenet_uvl.translators.formats.dimacs.reader import is_dimacs
from featurenet_uvl.translators.formats.featureide.reader import is_featureide, read_featureide
from featurenet_uvl.translators.formats.featureide.writer import write_featureide
from featurenet_uvl.translators.formats.flamapy.readers import (
    is_afm,
    is_fama,
    is_flamapy_json,
    is_glencoe,
    read_afm,
    read_fama,
    read_flamapy_json,
    read_glencoe,
)
from featurenet_uvl.translators.formats.sxfm.reader import is_sxfm, read_sxfm
from featurenet_uvl.translators.formats.sxfm.writer import write_sxfm
from featurenet_uvl.translators.formats.uvl.reader import is_uvl, read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl


class Write(Protocol):
    """Writes a model as text; the same model gives the same text.

    Content that the format cannot carry raises UnsupportedError with its place. With a list of losses it is left out
    instead, and each omission adds a line to the list.
    """

    def __call__(self, model: FeatureModel, losses: list[str] | None = None) -> str: ...


def _claims_nothing(_text: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Format:
    """A format of feature models.

    Attributes:
        read: Reads a text; the second argument is its path, for messages and imports.
        write: Writes a model; None for a format that is only read.
        endings: Endings of the files that hold the format, such as `.uvl`; they choose the format of an output.
        detect: Whether a text is in this format. It gets the text from its first character that is not blank, and
            must not claim the texts of other formats.
    """

    read: Callable[[str, str], FeatureModel | Restriction]
    write: Write | None = None
    endings: tuple[str, ...] = ()
    detect: Callable[[str], bool] = _claims_nothing


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "uvl": Format(read_uvl, write_uvl, (".uvl",), is_uvl),
        "featureide": Format(read_featureide, write_featureide, (".xml",), is_featureide),
        "sxfm": Format(read_sxfm, write_sxfm, (".sxfm",), is_sxfm),
        # The others need the extra flamapy, and say so when they are used.
        "afm": Format(read_afm, detect=is_afm),
        "fama": Format(read_fama, detect=is_fama),
        "glencoe": Format(read_glencoe, detect=is_glencoe),
        "json": Format(read_flamapy_json, detect=is_flamapy_json),
    }
)
"""The formats of this project by name. Other packages offer theirs in the entry-point group GROUP."""

GROUP = "featurenet_uvl.formats"
"""The entry-point group in which other packages offer formats: a name, and a `Format`."""

_BY_FIRST_CHARACTER = MappingProxyType({"<": "featureide", "{": "json", "%": "afm"})
"""The format whose reader explains a text that no format claims; `uvl` for any other first character."""

MAX_PROBLEMS_OF_OTHERS = 3
"""Problems that are listed of a text that no format claims: it has one in nearly every line."""

_KINDS = (
    (re.compile(r"(?i)<!doctype html|<html"), "a page of HTML"),
    (re.compile(r"(?s)<(?!featureModel|extendedFeatureModel|feature_model|feature-model)"), "XML of another kind"),
    (re.compile(r"[{]|\[\s*[{\[\"\d]"), "JSON of another kind"),
    (re.compile(r"\[[\w.\-\" ]+\]\s*(?:\n|$)"), "a file of settings, such as TOML"),
    (re.compile(r"#!"), "a script"),
    (re.compile(r"(?:import|from|def|class) \w"), "a program"),
    (re.compile(r"#"), "a text in Markdown, or settings"),
    (re.compile(r"[^\n,;]+([,;])[^\n]*\n[^\n]+\1"), "a table, such as CSV"),
)
"""Kinds of texts by their beginning, the more certain ones first."""


def format_names(*, writable: bool = False) -> tuple[str, ...]:
    """Return the names of all formats: those of the project, then those of other packages.

    Args:
        writable: Whether to name only formats that can be written.
    """
    if not writable:
        return (*FORMATS, *offered_names(GROUP, FORMATS))
    return tuple(name for name, entry in _all_formats() if entry.write is not None)


def find_format(name: str) -> Format:
    """Return the format of this name.

    Raises:
        UsageError: No format has this name.
        UnsupportedError: Another package offers the format, and it cannot be loaded.
    """
    if name in FORMATS:
        return FORMATS[name]
    offer = load_offer(GROUP, name, "format")
    if offer is None:
        raise UsageError(f"found format {name!r}, expected one of {', '.join(format_names())}")
    loaded, place = offer
    label = offer_label(GROUP, name, "format")
    if not isinstance(loaded, Format):
        raise UnsupportedError(f"{label}: found {type(loaded).__name__} at {place}, expected a Format")
    if not isinstance(loaded.endings, tuple) or not all(isinstance(ending, str) for ending in loaded.endings):
        raise UnsupportedError(f"{label}: found the endings {loaded.endings!r} at {place}, expected a tuple of str")
    return _guarded(label, loaded)


def _guarded(label: str, entry: Format) -> Format:
    """Return a format of another package whose errors name it by its label."""
    theirs = entry.write

    def read(text: str, path: str) -> FeatureModel | Restriction:
        with foreign_code(f"{path}: the {label} failed to read it"):
            found = entry.read(text, path)
        if not isinstance(found, FeatureModel | Restriction):
            raise ToolError(f"{path}: found {type(found).__name__} from the {label}, expected a FeatureModel")
        return found

    def write(model: FeatureModel, losses: list[str] | None = None) -> str:
        assert theirs is not None
        with foreign_code(f"{label}: failed to write the model"):
            text = theirs(model, losses)
        if not isinstance(text, str):
            raise ToolError(f"{label}: found {type(text).__name__} as the model, expected a text")
        return text

    def detect(text: str) -> bool:
        with foreign_code(f"{label}: failed to detect a text"):
            return bool(entry.detect(text))

    return Format(read, None if theirs is None else write, entry.endings, detect)


def _all_formats() -> Iterator[tuple[str, Format]]:
    """Yield every format with its name; other packages are loaded only if the caller gets that far.

    A format that cannot be loaded is left out: it says why if it is named, and breaks nothing else.
    """
    yield from FORMATS.items()
    for name in offered_names(GROUP, FORMATS):
        try:
            entry = find_format(name)
        except UnsupportedError:
            continue
        yield name, entry


def _claims(entry: Format, text: str) -> bool:
    """Whether a format claims a text; one that fails does not."""
    try:
        return entry.detect(text)
    except ToolError:
        return False


def read_model(path: str, *, is_named_by_user: bool = True) -> FeatureModel | Restriction:
    """Read the feature model or restriction of a file.

    Args:
        path: The file.
        is_named_by_user: False if another file names it; then a pipe, which may never end, is refused.

    Raises:
        ReadError: The file is missing or malformed; all its problems together.
    """
    return parse_model(read_text(path, limit=MAX_MODEL_BYTES, is_named_by_user=is_named_by_user), path)


def parse_model(text: str, path: str, name: str | None = None) -> FeatureModel | Restriction:
    """Read the feature model or restriction that a text holds.

    Args:
        text: The content of a file.
        path: The file, for messages and imports.
        name: The format; None to detect it.

    Raises:
        UsageError: No format has this name.
        ReadError: The text is malformed; all its problems together. DIMACS or a sample: no feature model.
    """
    if name is None:
        refuse_other_kinds(text, path)
    claimed = name or _claiming_format(text)
    try:
        with paused_collector():
            return find_format(claimed or detect_format(text)).read(text, path)
    except ReadError as error:
        if claimed is not None or len(error.problems) < 2:
            raise
        found = first_lines(error.problems, MAX_PROBLEMS_OF_OTHERS, f"{path}: ")
        raise ReadError([*found, f"{path}: found {_kind(text)}, expected a feature model"]) from error


def _kind(text: str) -> str:
    """Return the nature of a text that no format claims, for a message."""
    start = text.strip()[:1000]
    for pattern, kind in _KINDS:
        if pattern.match(start):
            return kind
    first = start.split("\n", 1)[0]
    return f"a text that begins with {first[:40]!r}"


def refuse_other_kinds(text: str, place: str) -> None:
    """Raise ReadError for DIMACS and for samples, which are no feature models, and name the commands that take them."""
    if is_dimacs(text):
        raise ReadError(
            f"{place}: found DIMACS, expected a feature model: clauses have no tree any more; analyse, count and sample"
            " take DIMACS"
        )
    if is_sample(text):
        raise ReadError(f"{place}: found a sample, expected a feature model; decode and configurations take samples")


def detect_format(text: str) -> str:
    """Return the name of the format that a text is in: the first that claims it, else a guess by its first character.

    >>> detect_format("<?xml version='1.0'?><featureModel/>"), detect_format("features")
    ('featureide', 'uvl')
    >>> detect_format("<!-- SPLOT --><feature_model name='Phone'>")
    'sxfm'
    >>> detect_format("<feature-model>"), detect_format('{"tree": {}}'), detect_format("%Relationships")
    ('fama', 'glencoe', 'afm')
    """
    start = text.lstrip("\ufeff \t\r\n")
    return _claiming_format(text) or _BY_FIRST_CHARACTER.get(start[:1], "uvl")


def _claiming_format(text: str) -> str | None:
    """Return the name of the first format that claims a text, or None."""
    start = text.lstrip("\ufeff \t\r\n")
    return next((name for name, entry in _all_formats() if _claims(entry, start)), None)


def writer_for(path: str, name: str | None = None) -> Write:
    """Return the function that writes the format of that name; without a name, the one of the path's ending.

    Raises:
        UsageError: No format that can be written has this name or ending.

    >>> writer_for("model.XML") is writer_for("-", "featureide")
    True
    """
    if name is not None:
        write = find_format(name).write
        if write is None:
            known = ", ".join(format_names(writable=True))
            raise UsageError(f"found format {name!r}, which can only be read, expected one of {known}")
        return write
    for _, entry in _all_formats():
        if entry.write is not None and path.lower().endswith(entry.endings):
            return entry.write
    endings = ", ".join(ending for _, entry in _all_formats() if entry.write for ending in entry.endings)
    known = ", ".join(format_names(writable=True))
    hint = "; compile writes DIMACS" if path.lower().endswith((".dimacs", ".cnf")) else ""
    raise UsageError(
        f"{path}: found no known ending, expected one of {endings}; or name the format ({known}) with `format`{hint}"
    )


def __getattr__(name: str) -> Any:
    """Return the readers by format under their old name, and warn."""
    if name != "READERS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warn_renamed(f"{__name__}.READERS", f"{__name__}.FORMATS")
    return MappingProxyType({key: entry.read for key, entry in FORMATS.items()})
