"""Formats by name, and which one a file is in, by its content or, where it is yet to be written, by its ending."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.restriction import Restriction
from featurenet_uvl.system.collector import paused_collector
from featurenet_uvl.system.files import MAX_MODEL_BYTES, read_text
from featurenet_uvl.translators.formats.featureide.reader import read_featureide
from featurenet_uvl.translators.formats.featureide.writer import write_featureide
from featurenet_uvl.translators.formats.flamapy.readers import FLAMAPY_READERS
from featurenet_uvl.translators.formats.sxfm.reader import read_sxfm
from featurenet_uvl.translators.formats.sxfm.writer import write_sxfm
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl

READERS: Mapping[str, Callable[[str, str], FeatureModel | Restriction]] = MappingProxyType(
    {"uvl": read_uvl, "featureide": read_featureide, "sxfm": read_sxfm, **FLAMAPY_READERS}
)
"""Readers of feature models: `(text, path) -> model`. Those of flamapy's formats need the extra `flamapy`."""


class Write(Protocol):
    """Writes a model; with a list of losses, what the format cannot carry is left out and adds a line to it."""

    def __call__(self, model: FeatureModel, losses: list[str] | None = None) -> str: ...


@dataclass(frozen=True, slots=True)
class Writer:
    """A writer of feature models, and the endings of the files that it writes."""

    write: Write
    endings: tuple[str, ...]


WRITERS: Mapping[str, Writer] = MappingProxyType(
    {
        "uvl": Writer(write_uvl, (".uvl",)),
        "featureide": Writer(write_featureide, (".xml",)),
        "sxfm": Writer(write_sxfm, (".sxfm",)),
    }
)

_ROOT = re.compile(r"(?:(?><\?.*?\?>|<!--.*?-->)\s*)*<(feature_model|feature-model)[\s/>]", re.DOTALL)
_ROOTS = {"feature_model": "sxfm", "feature-model": "fama"}
_GLENCOE = re.compile(r'"tree"\s*:')


def read_model(path: str, *, is_named_by_user: bool = True) -> FeatureModel | Restriction:
    """The feature model of a file, or the restriction.

    Args:
        path: The file.
        is_named_by_user: False where another file names it; then a pipe is refused, which may never end.

    Raises:
        ReadError: The file is missing or malformed; all its problems together.
    """
    return parse_model(read_text(path, limit=MAX_MODEL_BYTES, is_named_by_user=is_named_by_user), path)


def parse_model(text: str, path: str) -> FeatureModel | Restriction:
    """The feature model or restriction in a text of any format; `path` is for messages and imports.

    Raises:
        ReadError: The text is malformed; all its problems together.
    """
    with paused_collector():
        return READERS[detect_format(text)](text, path)


def detect_format(text: str) -> str:
    """The name of the format that a text is in, by its first character: XML begins with `<`, where SXFM and FaMa have
    other roots than FeatureIDE; JSON with `{`, where only Glencoe's has a `tree`; AFM with `%`; anything else is UVL.

    >>> detect_format("<?xml version='1.0'?><featureModel/>"), detect_format("features")
    ('featureide', 'uvl')
    >>> detect_format("<!-- SPLOT --><feature_model name='Phone'>")
    'sxfm'
    >>> detect_format("<feature-model>"), detect_format('{"tree": {}}'), detect_format("%Relationships")
    ('fama', 'glencoe', 'afm')
    """
    start = text.lstrip("\ufeff \t\r\n")
    match start[:1]:
        case "<":
            root = _ROOT.match(start)
            return _ROOTS[root[1]] if root else "featureide"
        case "{":
            return "glencoe" if _GLENCOE.search(start) else "json"
        case "%":
            return "afm"
        case _:
            return "uvl"


def writer_for(path: str, name: str | None = None) -> Writer:
    """The writer of that name; without one, the writer of files with the path's ending.

    Raises:
        UsageError: No writer has this name or ending.

    >>> writer_for("model.XML") is writer_for("-", "featureide")
    True
    """
    known = ", ".join(WRITERS)
    if name is not None:
        if name not in WRITERS:
            raise UsageError(f"found format {name!r}, expected one of {known}")
        return WRITERS[name]
    for writer in WRITERS.values():
        if path.lower().endswith(writer.endings):
            return writer
    endings = ", ".join(ending for writer in WRITERS.values() for ending in writer.endings)
    raise UsageError(
        f"{path}: found no known ending, expected one of {endings}; or name the format ({known}) with `format`"
    )
