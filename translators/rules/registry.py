"""Rule sets by name; the attribute `rules` of a model's root switches them on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.layers import Shape, ShapeError, parse_shape
from featurenet_uvl.ir.span import Source, SourceKind
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.rules.tensor_shapes.network import add_tensor_shapes

RuleSet = Callable[[BooleanModel, ClauseBuilder, Shape], None]

RULE_SETS: Mapping[str, RuleSet] = MappingProxyType({"tensor-shapes": add_tensor_shapes})


def apply_rules(model: BooleanModel, builder: ClauseBuilder, input_shape: Shape | None) -> None:
    """Add the clauses of every rule set that the root's attribute `rules` names.

    Raises:
        ModelError: An unknown rule set, or no input shape anywhere.
    """
    rules = model.root.attribute("rules")
    if rules is None:
        return
    names = rules.value if isinstance(rules.value, tuple) else (rules.value,)
    for name in names:
        if not isinstance(name, str) or name not in RULE_SETS:
            raise ModelError(f"{rules.span}: found rule set {name!r}, expected one of {', '.join(RULE_SETS)}")
        builder.begin(Source(SourceKind.RULE, rules.span, name))
        RULE_SETS[name](model, builder, input_shape or model_input_shape(model.model))


def model_input_shape(model: FeatureModel) -> Shape:
    """Return the input shape that the model's root names.

    Raises:
        ModelError: The root names no input shape.
    """
    attribute = model.root.attribute("input_shape")
    if attribute is None:
        raise ModelError(
            f"{model.root.span}: found no input_shape on the root; give one with `input_shape`, such as 28x28x1"
        )
    try:
        return parse_shape(str(attribute.value))
    except ShapeError as error:
        raise ModelError(f"{attribute.span}: {error}") from error
