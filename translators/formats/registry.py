"""Formats by name, and which one a file is in, by its content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from featurenet_uvl.files import read_text
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.restriction import Restriction
from featurenet_uvl.translators.formats.featureide_reader import read_featureide
from featurenet_uvl.translators.formats.uvl_reader import read_uvl

READERS: Mapping[str, Callable[[str, str], FeatureModel | Restriction]] = MappingProxyType(
    {"uvl": read_uvl, "featureide": read_featureide}
)
"""Readers of feature models: `(text, path) -> model`."""


def read_model(path: str) -> FeatureModel | Restriction:
    """The feature model of a file, or the restriction.

    Raises:
        ReadError: The file is missing or malformed; all its problems together.
    """
    text = read_text(path)
    return READERS[detect_format(text)](text, path)


def detect_format(text: str) -> str:
    """The name of the format that a text is in: FeatureIDE's XML begins with `<`, anything else is UVL.

    >>> detect_format("<?xml version='1.0'?><featureModel/>"), detect_format("features")
    ('featureide', 'uvl')
    """
    return "featureide" if text.lstrip("\ufeff \t\r\n").startswith("<") else "uvl"
