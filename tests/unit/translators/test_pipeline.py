"""The pipeline: which passes run for which model, and that leaving out the others changes nothing."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featurenet_uvl.errors import FeatureNetError, ModelError, UsageError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.expression import Constant, Expression, FeatureRef, Implies
from featurenet_uvl.ir.feature_model import Constraint, FeatureModel
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.passes.discretise_attributes import discretise_attributes
from featurenet_uvl.translators.passes.rewrite_constraints import rewrite_constraints
from featurenet_uvl.translators.passes.unfold_multi_features import unfold_multi_features
from featurenet_uvl.translators.pipeline import (
    PASSES,
    STAGES,
    Construct,
    compile_boolean_model,
    compile_feature_model,
    constructs_of,
    emit,
    run_passes,
    to_boolean,
)
from tests.places import ROOT
from tests.strategies import random_model

TREE = "features\n\tR\n\t\toptional\n\t\t\tA\n\t\t\tB {k 1}\n"


def read(text: str) -> FeatureModel:
    model = read_uvl(text, "m.uvl")
    assert isinstance(model, FeatureModel)
    return model


@pytest.mark.parametrize(
    ("text", "constructs"),
    [
        (TREE, set()),
        (TREE + "constraints\n\tA => !B | A & B\n", set()),
        (TREE + "constraints\n\tB.k > 0\n", {Construct.TERMS}),
        ("features\n\tR {array_constraints ['R']}\n", {Construct.TERMS}),
        (TREE + "\t\t\tC {k {domain [1, 2]}}\n", {Construct.VALUES}),
        (TREE + "\t\t\tInteger C {domain [1, 2]}\n", {Construct.VALUES}),
        (TREE + "\t\t\tC cardinality [0..2]\n", {Construct.INSTANCES}),
        (TREE + "\t\toptional\n\t\t\tC\n", {Construct.SPLIT_GROUPS}),
        (TREE + "\t\tor\n\t\t\tC\n\t\tor\n\t\t\tD\n", set()),
    ],
)
def test_constructs_that_give_passes_something_to_do(text: str, constructs: set[Construct]) -> None:
    assert constructs_of(read(text)) == constructs


@pytest.mark.parametrize("formula", [FeatureRef("C"), Constant(True), Implies(FeatureRef("A"), Constant(False))])
def test_formulas_that_no_file_holds_give_passes_something_to_do(formula: Expression) -> None:
    assert constructs_of(replace(read(TREE), constraints=(Constraint(formula),))) == {Construct.TERMS}


def test_an_ordinary_model_goes_through_as_it_is() -> None:
    model = read(TREE + "constraints\n\tA => B\n")
    boolean = to_boolean(model)
    assert boolean.model is model
    assert [name for name, _ in run_passes(model)] == [*STAGES[:-1]]


def test_leaving_out_passes_without_work_changes_no_clause() -> None:
    """Compared with all passes in a row, on random models, most of which lack some construct."""
    compared = dict.fromkeys(PASSES, 0)
    for seed in range(150):
        model = random_model(np.random.default_rng(seed))
        try:
            every = rewrite_constraints(unfold_multi_features(discretise_attributes(model)))
        except FeatureNetError as error:
            with pytest.raises(type(error)):
                to_boolean(model)
            continue
        found = to_boolean(model, verify_each=True)
        assert compile_boolean_model(found) == compile_boolean_model(every)
        assert found.origins() == every.origins()
        present = constructs_of(model)
        for name, step in PASSES.items():
            compared[name] += not step.removes & present
    assert min(compared[name] for name in ("discretise_attributes", "rewrite_constraints")) > 5


def test_every_stage_has_the_type_that_its_pass_gives() -> None:
    for text in (TREE, TREE + "\t\t\tC cardinality [0..2] {k {domain [1, 2]}}\nconstraints\n\tC.k == 1\n"):
        stages = dict(run_passes(read(text), specialised=True))
        assert tuple(stages) == STAGES
        for name, step in PASSES.items():
            assert type(stages[name]) is step.gives
            assert isinstance(emit(read(text), name), FeatureModel)


def test_compiling_is_passes_then_clauses() -> None:
    model = read(TREE + "constraints\n\tB.k > 0 => A\n")
    boolean = to_boolean(model)
    assert isinstance(boolean, BooleanModel)
    assert compile_boolean_model(boolean) == compile_feature_model(model)


def test_unknown_names_are_still_found() -> None:
    constraint = Constraint(FeatureRef("C"), span=Span("m.uvl", 7, 2))
    with pytest.raises(ModelError, match=r"m\.uvl:7:2: found unknown feature 'C'"):
        to_boolean(replace(read(TREE), constraints=(constraint,)))


def test_unknown_stages_are_refused() -> None:
    with pytest.raises(UsageError, match="found stage 'none', expected one of restrict, discretise"):
        emit(read(TREE), "none")


def test_a_constraint_runs_through_few_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from constraint_trip import files_on_the_way

    tracer = sys.gettrace()
    try:
        files = files_on_the_way()
    finally:
        sys.settrace(tracer)
    assert "translators/passes/to_cnf.py" in files
    assert not [name for name in files if Path(name).parts[1] in ("instances", "terms")]
    assert len(files) <= 28
