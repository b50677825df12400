"""What a command takes as its model: any format by content, a restriction with its import, DIMACS, or stdin."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from featurenet_uvl.errors import ReadError, UnsupportedError, UsageError
from featurenet_uvl.system.streams import STREAM, read_input

if TYPE_CHECKING:
    from featurenet_uvl.ir.boolean_model import BooleanModel
    from featurenet_uvl.ir.cnf import Cnf
    from featurenet_uvl.ir.feature_model import FeatureModel
    from featurenet_uvl.ir.layers import Shape

_DIMACS = re.compile(r"\s*(?:c(?:[ \t].*)?\n\s*)*(?:p[ \t]+cnf\b|c[ \t]+[0-9]+[ \t])")
_SAMPLE = "# featurenet_uvl sample "


def load_source(
    source: str, read_as: str | None = None, restrict: Sequence[str] = (), bounds: Mapping[str, int] | None = None
) -> FeatureModel:
    """The model of a file or stdin, with restrictions and bounds applied.

    Args:
        source: A path, or `-`.
        read_as: The name of the format; by content where None.
        restrict: Restrictions of the model.
        bounds: Upper limits of multi-features by name.

    Raises:
        UsageError: No such format, or restrictions of what comes from a stream.
        ReadError, ModelError: As the readers say.
    """
    from featurenet_uvl.ir.feature_model import FeatureModel
    from featurenet_uvl.ir.restriction import apply_bounds
    from featurenet_uvl.translators.formats.registry import detect_format, format_names, parse_model
    from featurenet_uvl.translators.pipeline import load_model

    if read_as is not None and read_as not in format_names():
        raise UsageError(f"`read_as`: found format {read_as!r}, expected one of {', '.join(format_names())}")
    text, place = read_input(source)
    if read_as is None:
        refuse_other_kinds(text, place)
    name = read_as or detect_format(text)
    if not _is_stream(source) and name == detect_format(text):
        return load_model(source, restrict, bounds)
    model = parse_model(text, place, name)
    if not isinstance(model, FeatureModel):
        raise UnsupportedError(f"{model.span}: found a restriction, expected a model; pass the path of its file")
    if restrict:
        raise UsageError(f"found `restrictions` with {place}, expected a file that a restriction can import")
    return apply_bounds(model, bounds or {})


def load_cnf(
    source: str,
    restrict: Sequence[str] = (),
    bounds: Mapping[str, int] | None = None,
    input_shape: Shape | None = None,
    no_rules: bool = False,
) -> tuple[Cnf, BooleanModel | None]:
    """The CNF of a DIMACS file, or of a model with what it was compiled from.

    Raises:
        UsageError: Options of models with DIMACS.
        ReadError, ModelError, UnsupportedError: As the readers and passes say.
    """
    from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
    from featurenet_uvl.translators.pipeline import compile_feature_model, to_boolean

    if _is_stream(source) or is_dimacs(read_input(source)[0]):
        text, place = read_input(source)
        if not is_dimacs(text):
            raise ReadError(f"{place}: found no DIMACS, expected it from a stream; a model is read from a file")
        if restrict or bounds or input_shape is not None or no_rules:
            raise UsageError(f"{place}: found DIMACS with an option of models, expected a model with it")
        return read_dimacs(text, place), None
    model = load_source(source, None, restrict, bounds)
    return compile_feature_model(model, input_shape=input_shape, with_rules=not no_rules), to_boolean(model)


def is_dimacs(text: str) -> bool:
    r"""Whether a text is meant as DIMACS.

    >>> is_dimacs("c 1 Net\np cnf 1 0\n"), is_dimacs("features\n\tNet\n")
    (True, False)
    """
    return _DIMACS.match(text) is not None


def is_sample(text: str) -> bool:
    """Whether a text is meant as a sample file."""
    return text.startswith(_SAMPLE)


def refuse_other_kinds(text: str, place: str) -> None:
    """Raises ReadError for what has a place elsewhere: DIMACS and samples are no feature models."""
    if is_dimacs(text):
        raise ReadError(
            f"{place}: found DIMACS, expected a feature model: clauses have no tree any more; analyse, count and sample"
            " take DIMACS"
        )
    if is_sample(text):
        raise ReadError(f"{place}: found a sample, expected a feature model; decode and configurations take samples")


def _is_stream(path: str) -> bool:
    """Whether it can be read once only."""
    if path == STREAM:
        return True
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False
