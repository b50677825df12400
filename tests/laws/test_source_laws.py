"""The sources of clauses: without the clauses of one part of a model, the rest means the model without that part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import FeatureModel, FeatureType
from featurenet_uvl.ir.span import Source, SourceKind
from featurenet_uvl.reference import enumerate_configurations
from featurenet_uvl.translators.pipeline import compile_feature_model
from tests.laws.test_count_law import translated_configurations
from tests.strategies import random_model


def with_clauses_of(cnf: Cnf, is_kept: Callable[[Source], bool]) -> Cnf:
    """Return the clauses of some sources; auxiliary variables that occur in none of them are false."""
    assert cnf.sources is not None
    kept = [clause for position, clause in enumerate(cnf.clauses) if is_kept(cnf.sources[position])]
    used = {abs(literal) for clause in kept for literal in clause}
    auxiliaries = range(cnf.variables.feature_count + 1, len(cnf.variables) + 1)
    return Cnf(cnf.variables, (*kept, *((-variable,) for variable in auxiliaries if variable not in used)))


def other_than(number: int) -> Callable[[Source], bool]:
    """Return the claim that a source is not this constraint; its definitions count as others, which may share them."""
    return lambda source: source.kind is not SourceKind.CONSTRAINT or source.number != number


def untyped_models(count: int) -> list[FeatureModel]:
    """Return random models without typed features, whose constraints would also be their domains."""
    models = []
    for seed in range(count):
        model = random_model(np.random.default_rng(seed))
        if model.constraints and all(feature.type is FeatureType.BOOLEAN for feature in model.features()):
            models.append(model)
    return models


def test_without_the_clauses_of_a_constraint_the_others_are_left() -> None:
    told = 0
    for model in untyped_models(120):
        try:
            cnf = compile_feature_model(model, verify_each=True)
        except (ModelError, UnsupportedError):
            continue
        whole = enumerate_configurations(model)
        for number in range(len(model.constraints)):
            others = (*model.constraints[:number], *model.constraints[number + 1 :])
            expected = enumerate_configurations(replace(model, constraints=others))
            found, _ = translated_configurations(with_clauses_of(cnf, other_than(number)))
            assert found == expected
            told += expected != whole
    assert told > 30  # constraints that exclude something; of the others no clause needs to be theirs


def test_the_clauses_of_features_and_groups_are_the_tree() -> None:
    """Together with the definitions, which decide nothing."""
    for model in untyped_models(60):
        try:
            cnf = compile_feature_model(model, verify_each=True)
        except (ModelError, UnsupportedError):
            continue
        found, _ = translated_configurations(with_clauses_of(cnf, lambda s: s.kind is not SourceKind.CONSTRAINT))
        assert found == enumerate_configurations(replace(model, constraints=()))
