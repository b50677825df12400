"""The models that people name: a file of any format, a packaged model, a restriction, DIMACS, or stdin."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from featurenet_uvl.errors import ReadError, UnsupportedError, UsageError
from featurenet_uvl.system.streams import STREAM, read_input

if TYPE_CHECKING:
    from featurenet_uvl.ir.boolean_model import BooleanModel
    from featurenet_uvl.ir.cnf import Cnf
    from featurenet_uvl.ir.feature_model import FeatureModel
    from featurenet_uvl.ir.layers import Shape

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_ENDING = ".uvl"


@dataclass(frozen=True, slots=True)
class Formula:
    """The CNF of a model or a DIMACS file."""

    cnf: Cnf
    boolean: BooleanModel | None
    """The Boolean model that the CNF was compiled from; None for DIMACS."""


def packaged_models() -> tuple[str, ...]:
    """Return the names of the models and restrictions that come with the package.

    >>> packaged_models()
    ('dnn', 's1', 's2', 's3', 'small')
    """
    folder = files("featurenet_uvl.models")
    return tuple(sorted(f.name.removesuffix(_ENDING) for f in folder.iterdir() if f.name.endswith(_ENDING)))


def packaged_model(name: str) -> str:
    """Return the path of the packaged model of this name, which is one of `packaged_models`."""
    return str(files("featurenet_uvl.models") / f"{name}{_ENDING}")


def find_model(source: str) -> str:
    """Return the path of a model: the source itself if such a file exists, else the packaged model of this name.

    A folder is no model, so one of that name, such as the results of an experiment, hides nothing.

    Raises:
        ReadError: The source looks like a name, but neither a file nor a packaged model has it.

    >>> os.path.basename(find_model("s1")), find_model("mine/s1.uvl")
    ('s1.uvl', 'mine/s1.uvl')
    """
    if _NAME.fullmatch(source) is None or (os.path.lexists(source) and not os.path.isdir(source)):
        return source
    known = packaged_models()
    if source not in known:
        if os.path.isdir(source):
            return source
        raise ReadError(
            f"{source}: found no such file and no packaged model, expected a file or one of {', '.join(known)}"
        )
    return packaged_model(source)


def load_model(source: str, restrictions: Sequence[str] = (), bounds: Mapping[str, int] | None = None) -> FeatureModel:
    """Return the model of a file or a packaged model, with all restrictions and bounds applied.

    Args:
        source: A path, the name of a packaged model, or `-`; a file of that name in the current folder wins. A
            restriction stands for the model that it imports.
        restrictions: Further restrictions, by path or name; each must import the same model.
        bounds: Upper limits of multi-features by name.

    Raises:
        ReadError: A file that is missing or malformed.
        ModelError: A restriction of another model, or a bound that does not fit.
    """
    from featurenet_uvl.translators.pipeline import load_model

    path = find_model(source)
    if is_stream(path):
        return load_source(path, None, restrictions, bounds)
    return load_model(path, [find_model(one) for one in restrictions], bounds)


def load_source(
    source: str, read_as: str | None = None, restrict: Sequence[str] = (), bounds: Mapping[str, int] | None = None
) -> FeatureModel:
    """Return the model of a file, a packaged model or stdin, with restrictions and bounds applied.

    Args:
        source: A path, the name of a packaged model, or `-`.
        read_as: Name of the format; None detects it by the content.
        restrict: Restrictions of the model.
        bounds: Upper limits of multi-features by name.

    Raises:
        UsageError: No format has this name, or a model from a stream has restrictions.
        ReadError, ModelError: As the readers say.
    """
    from featurenet_uvl.translators.formats.registry import detect_format, format_names, refuse_other_kinds

    if read_as is not None and read_as not in format_names():
        raise UsageError(f"`read_as`: found format {read_as!r}, expected one of {', '.join(format_names())}")
    path = find_model(source)
    text, place = read_input(path)
    if read_as is None:
        refuse_other_kinds(text, place)
    if not is_stream(path) and read_as in (None, detect_format(text)):
        return load_model(path, restrict, bounds)
    return _parsed(text, place, read_as, restrict, bounds)


def _parsed(
    text: str, place: str, read_as: str | None, restrict: Sequence[str], bounds: Mapping[str, int] | None
) -> FeatureModel:
    """Return the model of a text without a file of its own."""
    from featurenet_uvl.ir.feature_model import FeatureModel
    from featurenet_uvl.ir.restriction import apply_bounds
    from featurenet_uvl.translators.formats.registry import parse_model

    model = parse_model(text, place, read_as)
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
) -> Formula:
    """Return the CNF of a model or a DIMACS file. Each pass runs once.

    Args:
        source: A path, the name of a packaged model, or `-`.
        restrict: Restrictions of the model.
        bounds: Upper limits of multi-features by name.
        input_shape: Height, width and channels of the images; None takes those of the model.
        no_rules: Leave out the rule sets that the model names.

    Raises:
        UsageError: Restrictions, bounds, a shape or `no_rules` with DIMACS.
        ReadError, ModelError, UnsupportedError: As the readers and passes say.
    """
    from featurenet_uvl.translators.formats.dimacs.reader import is_dimacs, read_dimacs
    from featurenet_uvl.translators.pipeline import compile_boolean_model, to_boolean

    path = find_model(source)
    text, place = read_input(path)
    if is_dimacs(text):
        if restrict or bounds or input_shape is not None or no_rules:
            raise UsageError(f"{place}: found DIMACS with an option of models, expected a model with it")
        return Formula(read_dimacs(text, place), None)
    model = _parsed(text, place, None, restrict, bounds) if is_stream(path) else load_model(path, restrict, bounds)
    boolean = to_boolean(model)
    return Formula(compile_boolean_model(boolean, input_shape=input_shape, with_rules=not no_rules), boolean)


def is_stream(path: str) -> bool:
    """Whether a path can be read once only."""
    if path == STREAM:
        return True
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False
