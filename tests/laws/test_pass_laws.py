"""The laws of single passes, on models that hypothesis draws: each keeps its promise, needless ones change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings

from featurenet_uvl.errors import FeatureNetError, UnsatisfiableError, UnsupportedError
from featurenet_uvl.ir.expression import (
    Aggregate,
    And,
    AttributeRef,
    Constant,
    Expression,
    FeatureRef,
    Iff,
    Implies,
    Not,
    Or,
    walk,
)
from featurenet_uvl.ir.feature_model import Constraint, Feature, FeatureModel, FeatureType, Origin
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.ir.restriction import Restriction, apply_bounds, restrict
from featurenet_uvl.reference import enumerate_configurations, tree_size
from featurenet_uvl.translators.formats.featureide.reader import read_featureide
from featurenet_uvl.translators.formats.featureide.writer import write_featureide
from featurenet_uvl.translators.formats.shared.renaming import rename_features
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from featurenet_uvl.translators.passes.definitions_as_features import definitions_as_features
from featurenet_uvl.translators.passes.discretise_attributes import discretise_attributes
from featurenet_uvl.translators.passes.specialise import specialise
from featurenet_uvl.translators.passes.unfold_multi_features import unfold_multi_features
from featurenet_uvl.translators.pipeline import compile_feature_model, to_boolean
from featurenet_uvl.translators.terms.simplify import fold
from tests.laws.test_count_law import translated_configurations
from tests.strategies import feature_models

T = TypeVar("T")
LARGEST_TREE = 20_000
"""Most candidates that the reference tries for an unfolded model, whose chains are constraints."""

Configurations = frozenset[frozenset[Origin]]

law = settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.generate,),  # shrinking models that take a second each would take minutes
    suppress_health_check=list(HealthCheck),
)

pytestmark = pytest.mark.slow


def or_assume(step: Callable[[], T]) -> T:
    """Return the result of the step; skip a model that the step refuses, as it says nothing about the law."""
    try:
        return step()
    except UnsupportedError:
        assume(False)
        raise


def configurations(model: FeatureModel) -> Configurations:
    """Return the configurations by the translation; check that no auxiliary is free."""
    found, count = translated_configurations(or_assume(lambda: compile_feature_model(model, verify_each=True)))
    assert count == len(found)
    return found


def with_constraint(model: FeatureModel, formula: Expression) -> FeatureModel:
    return replace(model, constraints=(*model.constraints, Constraint(formula)))


def without_origins(model: FeatureModel) -> FeatureModel:
    return map_features(model, lambda feature: replace(feature, origin=None))


def has_types(model: FeatureModel) -> bool:
    return any(feature.type is not FeatureType.BOOLEAN for feature in model.features())


def single_features(model: FeatureModel) -> list[str]:
    """Return the features with at most one instance."""
    found: list[str] = []
    stack: list[Feature] = [model.root]
    while stack:
        feature = stack.pop()
        if feature.cardinality is None:
            found.append(feature.name)
            stack.extend(feature.children)
    return found


@law
@given(feature_models())
def test_discretising_keeps_the_number_of_configurations_of_the_tree(model: FeatureModel) -> None:
    assume(not has_types(model))
    tree = replace(model, constraints=())
    discrete = discretise_attributes(tree)
    assert len(enumerate_configurations(discrete)) == len(enumerate_configurations(tree))
    assert not any(attribute.is_configurable for feature in discrete.features() for attribute in feature.attributes)


@law
@given(feature_models())
def test_unfolding_keeps_the_number_of_configurations_of_the_tree(model: FeatureModel) -> None:
    assume(not has_types(model))
    tree = replace(model, constraints=())
    unfolded = unfold_multi_features(discretise_attributes(tree))
    assume(tree_size(unfolded) <= LARGEST_TREE)
    assert len(enumerate_configurations(unfolded)) == len(enumerate_configurations(tree))
    assert all(feature.cardinality is None for feature in unfolded.features())


@law
@given(feature_models())
def test_discretising_and_unfolding_twice_is_once(model: FeatureModel) -> None:
    assume(not has_types(model))
    discrete = or_assume(lambda: discretise_attributes(model))
    assert without_origins(discretise_attributes(discrete)) == without_origins(discrete)
    unfolded = or_assume(lambda: unfold_multi_features(discrete))
    plain = replace(unfolded, constraints=tuple(c for c in unfolded.constraints if not _mentions_values(c.formula)))
    assert without_origins(unfold_multi_features(plain)) == without_origins(plain)


def _mentions_values(formula: Expression) -> bool:
    return any(isinstance(node, AttributeRef | Aggregate) for node in walk(formula))


@law
@given(feature_models())
def test_folding_twice_is_once_and_leaves_no_truth_value_inside(model: FeatureModel) -> None:
    for constraint in model.constraints:
        for formula in (constraint.formula, *_with_constants(constraint.formula)):
            once = fold(formula)
            assert fold(once) == once
            inside = [node for node in walk(once) if isinstance(node, Constant) and isinstance(node.value, bool)]
            assert not inside or inside == [once]


def _with_constants(formula: Expression) -> Iterator[Expression]:
    for value in (Constant(True), Constant(False)):
        yield from (And((formula, value)), Or((value, formula)), Implies(formula, value), Implies(value, formula))
        yield from (Iff(formula, value), Not(Iff(value, formula)))


@law
@given(feature_models())
def test_restricting_twice_is_once_and_leaves_what_obeys_the_restriction(model: FeatureModel) -> None:
    names = single_features(model)
    first, last = FeatureRef(names[0]), FeatureRef(names[-1])
    restriction = Restriction("r.uvl", "m.uvl", (Constraint(Implies(first, last)),))
    before, once = configurations(model), restrict(model, restriction)
    left = {c for c in before if Origin(names[0]) not in c or Origin(names[-1]) in c}
    assert configurations(once) == left == configurations(restrict(once, restriction))


@law
@given(feature_models())
def test_bounds_leave_exactly_the_configurations_within_them(model: FeatureModel) -> None:
    multis = [f for f in model.features() if f.cardinality is not None and f.cardinality.upper is not None]
    assume(multis)
    multi = multis[-1]
    assert multi.cardinality is not None
    bound = max(multi.cardinality.lower, 1)
    plain = tuple(c for c in model.constraints if not c.is_indexed)  # indexed ones speak of what is out of range, too
    model = replace(model, constraints=plain)
    bounded = apply_bounds(model, {multi.name: bound})
    assert apply_bounds(bounded, {multi.name: bound}) == bounded
    within = {c for c in configurations(model) if all(o.feature != multi.name or o.indices[-1] <= bound for o in c)}
    assert configurations(bounded) == within


@law
@given(feature_models())
def test_names_mean_nothing(model: FeatureModel) -> None:
    names = [feature.name for feature in model.features()]
    new = {name: f"N{len(names) - number}" for number, name in enumerate(names)}
    renamed = configurations(rename_features(model, new))
    moved = {frozenset(replace(o, feature=new[o.feature]) for o in c) for c in configurations(model)}
    assert renamed == moved


@law
@given(feature_models())
def test_a_tautology_changes_nothing(model: FeatureModel) -> None:
    before = configurations(model)
    for formula in [FeatureRef(model.root.name), *(c.formula for c in model.constraints if not c.is_indexed)][:3]:
        assert configurations(with_constraint(model, Or((Not(formula), formula)))) == before
        assert configurations(with_constraint(model, Iff(formula, Not(Not(formula))))) == before


@law
@given(feature_models())
def test_forbidding_a_dead_feature_changes_nothing_and_a_living_one_something(model: FeatureModel) -> None:
    before = configurations(model)
    for name in single_features(model)[1:4]:
        after = configurations(with_constraint(model, Not(FeatureRef(name))))
        assert after == {c for c in before if Origin(name) not in c}


@law
@given(feature_models())
def test_a_constraint_and_its_negation_share_the_configurations(model: FeatureModel) -> None:
    names = set(single_features(model))
    formulas = [FeatureRef(min(names)), Iff(FeatureRef(min(names)), FeatureRef(max(names)))]
    formulas += [c.formula for c in model.constraints if not c.is_indexed and _speaks_of(c.formula, names)]
    unbounded = model if has_types(model) else replace(model, constraints=())  # constraints may be typed domains
    whole = configurations(unbounded)
    for formula in formulas[:4]:
        one, other = (configurations(with_constraint(unbounded, f)) for f in (formula, Not(formula)))
        assert one | other == whole
        assert not one & other


def _speaks_of(formula: Expression, names: set[str]) -> bool:
    return all(
        getattr(node, "name", None) in names if isinstance(node, FeatureRef) else node.feature in names
        for node in walk(formula)
        if isinstance(node, FeatureRef | AttributeRef)
    ) and not any(isinstance(node, Aggregate) and node.scope not in {None, *names} for node in walk(formula))


@law
@given(feature_models())
def test_formats_keep_the_configurations(model: FeatureModel) -> None:
    text = or_assume(lambda: write_uvl(model))
    before = configurations(model)
    again = read_uvl(text, "m.uvl")
    assert isinstance(again, FeatureModel)
    assert configurations(again) == before
    assert configurations(read_featureide(write_featureide(again), "m.xml")) == before


@law
@given(feature_models())
def test_what_follows_the_boolean_model_keeps_the_sets_of_features(model: FeatureModel) -> None:
    boolean = or_assume(lambda: to_boolean(model, verify_each=True))
    before = {frozenset(map(_spelt, c)) for c in configurations(model)}
    names = {feature.name for feature in boolean.model.features()}
    origins = {str(origin): name for name, origin in boolean.origins().items()}
    expected = {frozenset(origins[text] for text in c) for c in before}
    flat = selected_names(definitions_as_features(boolean))
    assert {c & names for c in flat} == expected
    assert len(flat) == len(expected)
    try:
        special = specialise(boolean)
    except UnsatisfiableError:
        assert not expected
        return
    assert {c & names for c in selected_names(definitions_as_features(special))} == expected


def _spelt(origin: Origin) -> str:
    return str(origin)


def selected_names(model: FeatureModel) -> set[frozenset[str]]:
    """Return the sets of selected features of a Boolean model."""
    plain = without_origins(model)
    return {frozenset(origin.feature for origin in c) for c in configurations(plain)}


def test_a_broken_law_would_be_noticed() -> None:
    model = read_uvl("features\n\tR\n\t\toptional\n\t\t\tA\n\t\t\tB\n", "m.uvl")
    assert isinstance(model, FeatureModel)
    assert len(configurations(model)) == 4
    assert len(configurations(with_constraint(model, FeatureRef("A")))) == 2
    with pytest.raises(FeatureNetError):
        compile_feature_model(with_constraint(model, FeatureRef("Z")))
