"""The order of the passes, and the way from a file to a CNF.

`PASSES` is the only place where the passes on feature models are put together. After them come `rewrite_constraints`
(to the Boolean model), `specialise` if asked for, `to_cnf`, and the rule sets that the model switches on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from featurenet_uvl.errors import ModelError, UsageError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.ir.restriction import Restriction, apply_bounds, restrict
from featurenet_uvl.system.collector import paused_collector
from featurenet_uvl.translators.formats.registry import read_model
from featurenet_uvl.translators.passes.definitions_as_features import definitions_as_features
from featurenet_uvl.translators.passes.discretise_attributes import discretise_attributes
from featurenet_uvl.translators.passes.rewrite_constraints import rewrite_constraints
from featurenet_uvl.translators.passes.specialise import specialise
from featurenet_uvl.translators.passes.to_cnf import to_cnf
from featurenet_uvl.translators.passes.unfold_multi_features import unfold_multi_features
from featurenet_uvl.translators.rules.registry import apply_rules

PASSES: Mapping[str, Callable[[FeatureModel], FeatureModel]] = MappingProxyType(
    {
        "discretise_attributes": discretise_attributes,
        "unfold_multi_features": unfold_multi_features,
    }
)
"""The passes from the source model to the unfolded one, in order."""

STAGES = ("restrict", *PASSES, "rewrite_constraints", "specialise")
"""The stages that `emit` knows: the model after each of them can be written in a feature-model format."""

MAX_CHAIN = 16
"""How many restrictions may import one another."""


def load_model(path: str, restrictions: Sequence[str] = (), bounds: Mapping[str, int] | None = None) -> FeatureModel:
    """The model of a file, or of the file that a restriction imports, with all restrictions and bounds applied.

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
    """The model at the end of a chain of imports, its path, and the restrictions, innermost first."""
    chain: list[Restriction] = []
    current = path
    while len(chain) <= MAX_CHAIN:
        found = read_model(current, is_named_by_user=not chain)
        if isinstance(found, FeatureModel):
            return found, current, chain
        chain.insert(0, found)
        current = found.model_path
    raise ModelError(f"{path}: found more than {MAX_CHAIN} restrictions that import one another, expected a model")


def emit(model: FeatureModel, stage: str) -> FeatureModel:
    """The model as it is after one stage of STAGES.

    Raises:
        UsageError: No such stage.
    """
    if stage not in STAGES:
        raise UsageError(f"found stage {stage!r}, expected one of {', '.join(STAGES)}")
    if stage == "restrict":
        return model
    for name, run in PASSES.items():
        model = run(model)
        if name == stage:
            return model
    boolean = rewrite_constraints(model)
    return definitions_as_features(specialise(boolean) if stage == "specialise" else boolean)


def to_boolean(model: FeatureModel, verify_each: bool = False, specialised: bool = False) -> BooleanModel:
    """The Boolean model of an extended one; `specialised` leaves out what no configuration can select."""
    for run in PASSES.values():
        model = run(model)
        if verify_each:
            model.verify()
    boolean = rewrite_constraints(model)
    if specialised:
        boolean = specialise(boolean)
    if verify_each:
        boolean.verify()
    return boolean


def compile_feature_model(
    model: FeatureModel,
    *,
    input_shape: Shape | None = None,
    with_rules: bool = True,
    specialised: bool = False,
    verify_each: bool = False,
) -> Cnf:
    """The CNF whose models are the configurations of the model, one each.

    Args:
        input_shape: For the rule set `tensor-shapes`; the model's own `input_shape` where None.
        with_rules: Whether rule sets that the model switches on apply.
        specialised: Whether features that no configuration can select are left out.

    Raises:
        ModelError, UnsupportedError: As the passes say.
    """
    if input_shape is not None and not with_rules:
        raise UsageError("an input shape has no meaning without rule sets")
    with paused_collector():
        boolean = to_boolean(model, verify_each, specialised)
        builder = to_cnf(boolean)
        if with_rules:
            apply_rules(boolean, builder, input_shape)
        cnf = builder.finish(tuple(boolean.origins().values()))
    if verify_each:
        cnf.verify()
    return cnf


def compile_model(
    path: str,
    *,
    restrictions: Sequence[str] = (),
    bounds: Mapping[str, int] | None = None,
    input_shape: Shape | None = None,
    with_rules: bool = True,
    specialised: bool = False,
) -> Cnf:
    """`load_model`, then `compile_feature_model`."""
    model = load_model(path, restrictions, bounds)
    return compile_feature_model(model, input_shape=input_shape, with_rules=with_rules, specialised=specialised)
