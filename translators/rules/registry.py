"""Rule sets by name; the attribute `rules` of a model's root switches them on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from featurenet_uvl.errors import ModelError, UsageError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.layers import Shape, ShapeError, parse_shape
from featurenet_uvl.ir.span import Source, SourceKind
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.limits import LIMITS, CompileLimits
from featurenet_uvl.translators.rules.tensor_shapes.network import add_tensor_shapes

RuleSet = Callable[[BooleanModel, ClauseBuilder, Shape], None]

RULE_SETS: Mapping[str, RuleSet] = MappingProxyType({"tensor-shapes": add_tensor_shapes})


def apply_rules(
    model: BooleanModel, builder: ClauseBuilder, input_shape: Shape | None, limits: CompileLimits = LIMITS
) -> None:
    """Add the clauses of every rule set that the root's attribute `rules` names.

    Raises:
        ModelError: An unknown rule set, no input shape anywhere, or a model's own that is larger than the limits.
        UsageError: `input_shape` is larger than the limits.
    """
    rules = model.root.attribute("rules")
    if rules is None:
        return
    check_input_shape(input_shape, limits)
    shape = model_input_shape(model.model, limits) if input_shape is None else input_shape
    names = rules.value if isinstance(rules.value, tuple) else (rules.value,)
    for name in names:
        if not isinstance(name, str) or name not in RULE_SETS:
            raise ModelError(f"{rules.span}: found rule set {name!r}, expected one of {', '.join(RULE_SETS)}")
        builder.begin(Source(SourceKind.RULE, rules.span, name))
        RULE_SETS[name](model, builder, shape)


def check_input_shape(shape: Shape | None, limits: CompileLimits = LIMITS) -> None:
    """Raise UsageError if the shape, perhaps None, is larger than a translation can follow through a network."""
    problem = None if shape is None else _excess(shape, limits)
    if problem:
        raise UsageError(f"`input_shape`: {problem}")


def _excess(shape: Shape, limits: CompileLimits) -> str | None:
    """Return a line about a shape that is larger than the limits: the clauses grow with the sizes of all layers."""
    side, channels = limits.max_image_side, limits.max_channels
    if len(shape) < 3 or (max(shape[:2]) <= side and shape[2] <= channels):
        return None
    shown = "x".join(str(size) if size < 10**18 else "(10^18 or more)" for size in shape)
    return f"found {shown}, expected at most {side} rows, {side} columns and {channels} channels; scale the images"


def model_input_shape(model: FeatureModel, limits: CompileLimits = LIMITS) -> Shape:
    """Return the input shape that the model's root names.

    Raises:
        ModelError: The root names no input shape, or a larger one than the limits allow.
    """
    attribute = model.root.attribute("input_shape")
    if attribute is None:
        raise ModelError(
            f"{model.root.span}: found no input_shape on the root; give one with `input_shape`, such as 28x28x1"
        )
    try:
        shape = parse_shape(str(attribute.value))
    except ShapeError as error:
        raise ModelError(f"{attribute.span}: {error}") from error
    problem = _excess(shape, limits)
    if problem:
        raise ModelError(f"{attribute.span}: {problem}")
    return shape
