"""The order of the passes, and the way from a file to a CNF.

`PASSES` is the only place that puts passes together. A pass runs only if the model has something for it to do. After
them come `to_cnf` and the rule sets that the model switches on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from featurenet_uvl.errors import ModelError, UnsupportedError, UsageError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.expression import plain_features
from featurenet_uvl.ir.feature_model import FeatureModel, FeatureType, GroupKind
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.ir.restriction import Restriction, apply_bounds, restrict
from featurenet_uvl.ir.span import Source, SourceKind
from featurenet_uvl.system.collector import paused_collector
from featurenet_uvl.translators.domains.finite import discretise
from featurenet_uvl.translators.formats.language.printer import format_expression
from featurenet_uvl.translators.formats.registry import read_model
from featurenet_uvl.translators.limits import LIMITS, CompileLimits
from featurenet_uvl.translators.passes.definitions_as_features import definitions_as_features
from featurenet_uvl.translators.passes.rewrite_constraints import rewrite_constraints
from featurenet_uvl.translators.passes.specialise import specialise
from featurenet_uvl.translators.passes.to_cnf import to_cnf
from featurenet_uvl.translators.passes.unfold_multi_features import unfold_multi_features
from featurenet_uvl.translators.rules.registry import apply_rules, check_input_shape


class Construct(Enum):
    """A construct of an extended model that an ordinary feature model lacks."""

    VALUES = "a typed feature, or an attribute with a domain"
    INSTANCES = "a feature with a cardinality"
    SPLIT_GROUPS = "neighbouring groups that mean the same as one"
    TERMS = "a constraint that is no formula of connectives over the model's features"


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass with its place in the pipeline: it runs if the source model has a construct that it removes."""

    run: Callable[[Any, CompileLimits], FeatureModel | BooleanModel]
    removes: frozenset[Construct]
    gives: type[FeatureModel | BooleanModel] = FeatureModel
    is_on_request: bool = False


PASSES: Mapping[str, Pass] = MappingProxyType(
    {
        "discretise_attributes": Pass(discretise, frozenset({Construct.VALUES, Construct.TERMS})),
        "unfold_multi_features": Pass(unfold_multi_features, frozenset(Construct)),
        "rewrite_constraints": Pass(
            rewrite_constraints, frozenset({Construct.VALUES, Construct.TERMS}), gives=BooleanModel
        ),
        "specialise": Pass(specialise, frozenset(Construct), gives=BooleanModel, is_on_request=True),
    }
)
"""The passes in order, by name: from the source model to the Boolean one."""

STAGES = ("restrict", *PASSES)
"""The stages that `emit` knows: the model after each of them can be written in a feature-model format."""

MAX_CHAIN = 16
"""Restrictions that import each other in a chain."""


def load_model(path: str, restrictions: Sequence[str] = (), bounds: Mapping[str, int] | None = None) -> FeatureModel:
    """Read the model of a file, or of the file that a restriction imports, and apply all restrictions and bounds.

    Args:
        path: A model, or a restriction (then its import is the model, and it is the first restriction).
        restrictions: Further restriction files; each must import, perhaps through others, the same model.
        bounds: Upper limits of multi-features by name.

    Raises:
        ReadError: A file that is missing or malformed.
        ModelError: A restriction of another model, or a bound that does not fit.
    """
    model, model_path, chain = _follow(path)
    for extra in restrictions:
        other, other_path, more = _follow(extra)
        if not more:
            raise ModelError(f"{extra}: found a model, expected a restriction (a root imported from {model_path})")
        if not _is_same_file(other_path, model_path) and other != model:
            raise ModelError(f"{more[0].span}: found a restriction of {other_path}, expected one of {model_path}")
        chain = [*chain, *more]
    for restriction in chain:
        model = restrict(model, restriction)
    return apply_bounds(model, bounds or {})


def _is_same_file(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _follow(path: str) -> tuple[FeatureModel, str, list[Restriction]]:
    """Read the model at the end of a chain of imports; return it, its path, and the restrictions, innermost first."""
    chain: list[Restriction] = []
    current = path
    while len(chain) <= MAX_CHAIN:
        found = read_model(current, is_named_by_user=not chain)
        if isinstance(found, FeatureModel):
            return found, current, chain
        chain.insert(0, found)
        current = found.model_path
    raise ModelError(f"{path}: found more than {MAX_CHAIN} restrictions that import one another, expected a model")


def emit(model: FeatureModel, stage: str, limits: CompileLimits = LIMITS) -> FeatureModel:
    """Return the model as it is after one stage of STAGES.

    Raises:
        UsageError: The stage does not exist.
        ModelError, UnsupportedError: As the passes say.
    """
    if stage not in STAGES:
        raise UsageError(f"found stage {stage!r}, expected one of {', '.join(STAGES)}")
    stages = run_passes(model, specialised=stage == "specialise", limits=limits)
    after = next(result for name, result in stages if name == stage)
    return after if isinstance(after, FeatureModel) else definitions_as_features(after)


def to_boolean(
    model: FeatureModel, verify_each: bool = False, specialised: bool = False, limits: CompileLimits = LIMITS
) -> BooleanModel:
    """Return the Boolean model of an extended one.

    Args:
        model: The extended model.
        verify_each: Whether to check the model after each pass.
        specialised: Whether to leave out features that no configuration can select.
        limits: Sizes at which the encoding changes, or an error ends the translation.

    Raises:
        ModelError, UnsupportedError: As the passes say.
    """
    result: FeatureModel | BooleanModel = model
    for _, result in run_passes(model, specialised=specialised, limits=limits):
        if verify_each:
            result.verify()
    assert isinstance(result, BooleanModel)
    return result


def run_passes(
    model: FeatureModel, *, specialised: bool = False, limits: CompileLimits = LIMITS
) -> Iterator[tuple[str, FeatureModel | BooleanModel]]:
    """Yield the name of each stage with the model after it, from the model as it is to the Boolean one."""
    result: FeatureModel | BooleanModel = model
    yield STAGES[0], result
    present = constructs_of(model)
    for name, step in PASSES.items():
        if step.is_on_request and not specialised:
            continue
        if step.removes & present or step.is_on_request:
            result = step.run(result, limits)
        elif step.gives is BooleanModel and isinstance(result, FeatureModel):
            result = BooleanModel(result)
        yield name, result


def constructs_of(model: FeatureModel) -> frozenset[Construct]:
    """Return the constructs that keep a model from being an ordinary feature model."""
    found: set[Construct] = set()
    names: set[str] = set()
    for feature in model.features():
        names.add(feature.name)
        if feature.cardinality is not None:
            found.add(Construct.INSTANCES)
        if feature.type is not FeatureType.BOOLEAN or any(a.is_configurable for a in feature.attributes):
            found.add(Construct.VALUES)
        for one, other in pairwise(feature.groups):
            if one.kind is other.kind and one.kind in (GroupKind.MANDATORY, GroupKind.OPTIONAL):
                found.add(Construct.SPLIT_GROUPS)
    for constraint in model.constraints:
        mentioned = None if constraint.is_indexed else plain_features(constraint.formula)
        if mentioned is None or not mentioned <= names:
            found.add(Construct.TERMS)
            break
    return frozenset(found)


def compile_feature_model(
    model: FeatureModel,
    *,
    input_shape: Shape | None = None,
    with_rules: bool = True,
    specialised: bool = False,
    verify_each: bool = False,
    limits: CompileLimits = LIMITS,
) -> Cnf:
    """Return the CNF whose models are the configurations of the model, one each.

    Args:
        model: The model, with its restrictions and bounds.
        input_shape: (height, width, channels) for the rule set `tensor-shapes`; None takes the model's own.
        with_rules: Whether to apply the rule sets that the model switches on.
        specialised: Whether to leave out features that no configuration can select.
        verify_each: Whether to check the model after each pass.
        limits: Sizes at which the encoding changes, or an error ends the translation.

    Raises:
        ModelError, UnsupportedError, LimitError: As the passes say.
    """
    if input_shape is not None and not with_rules:
        raise UsageError("an input shape has no meaning without rule sets")
    if model.root.attribute("rules") is not None:
        check_input_shape(input_shape, limits)
    with paused_collector():
        boolean = to_boolean(model, verify_each, specialised, limits)
        cnf = compile_boolean_model(boolean, input_shape=input_shape, with_rules=with_rules, limits=limits)
    if verify_each:
        cnf.verify()
    return cnf


def compile_boolean_model(
    boolean: BooleanModel, *, input_shape: Shape | None = None, with_rules: bool = True, limits: CompileLimits = LIMITS
) -> Cnf:
    """Return the CNF of a Boolean model; arguments and errors as those of `compile_feature_model`."""
    with paused_collector():
        builder = to_cnf(boolean, limits)
        if with_rules:
            apply_rules(boolean, builder, input_shape, limits)
        return _with_abstract(builder.finish(tuple(boolean.origins().values())), boolean)


def _with_abstract(cnf: Cnf, boolean: BooleanModel) -> Cnf:
    """Return the CNF with the names of the abstract features, which FeatureIDE's `.config` files leave out."""
    abstract = frozenset(feature.name for feature in boolean.model.features() if feature.is_abstract)
    return replace(cnf, variables=replace(cnf.variables, abstract=abstract))


def describe_source(source: Source, model: FeatureModel) -> str:
    """Return the source of a clause in words; with its text if it is a constraint of this model.

    >>> from featurenet_uvl.ir.expression import FeatureRef
    >>> from featurenet_uvl.ir.feature_model import Constraint, Feature
    >>> from featurenet_uvl.ir.span import Span
    >>> model = FeatureModel(Feature("A"), (Constraint(FeatureRef("A")),))
    >>> describe_source(Source(SourceKind.CONSTRAINT, Span("a.uvl", 5)), model)
    'constraint at a.uvl:5: A'
    """
    if source.kind not in (SourceKind.CONSTRAINT, SourceKind.DEFINITION):
        return str(source)
    constraint = model.constraints[source.number]
    try:
        return f"{source}: {format_expression(constraint.formula, indexed=constraint.is_indexed)}"
    except UnsupportedError:  # a text or a name that UVL cannot hold: the place says enough
        return str(source)


def compile_model(
    path: str,
    *,
    restrictions: Sequence[str] = (),
    bounds: Mapping[str, int] | None = None,
    input_shape: Shape | None = None,
    with_rules: bool = True,
    specialised: bool = False,
    limits: CompileLimits = LIMITS,
) -> Cnf:
    """Read a model as `load_model` does, and compile it as `compile_feature_model` does."""
    model = load_model(path, restrictions, bounds)
    return compile_feature_model(
        model, input_shape=input_shape, with_rules=with_rules, specialised=specialised, limits=limits
    )
