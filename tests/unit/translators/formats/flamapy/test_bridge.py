"""The bridge to flamapy: models go both ways unchanged, or are refused with a place."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("flamapy.metamodels.fm_metamodel", reason="the extra flamapy is not installed")

from flamapy.core.models.ast import AST, ASTOperation, Node
from flamapy.metamodels.fm_metamodel import models as fm

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.expression import And, Constant, Count, FeatureRef, Implies, Not, Or, walk
from featurenet_uvl.ir.feature_model import Cardinality, Constraint, Feature, FeatureModel, Group, GroupKind
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.translators.formats.flamapy import bridge as flamapy_bridge
from featurenet_uvl.translators.formats.flamapy.bridge import from_flamapy, to_flamapy
from featurenet_uvl.translators.formats.registry import parse_model
from tests.strategies import random_model
from tests.unit.translators.formats.flamapy.models import count_of, random_boolean_models, read

A, B, C = FeatureRef("A"), FeatureRef("B"), FeatureRef("C")

EVERYTHING = """features
	R {abstract, flag, v [1, 'a', {k 2}], n {x 1, m {}, s 'a b'}}
		mandatory
			A {cost 3}
			B {cost 2.5, kind {domain ['x', 'y'], default 'y'}}
		mandatory
			"1 C"
		or
			D cardinality [0..3]
			E cardinality [1..1]
				[1..*]
					F
					G
				alternative
					H
		[0..1]
			Integer I {domain [1, 2]}
			String J cardinality [2..*] {domain ['a', 'b']}
				[0..0]
					Real K {domain [0.5]}
constraints
	(A & B) & "1 C" & F => (A | B) & (A | (B | F) | G)
	A.cost + 2 * B.cost >= 7 <=> B.kind == 'x'
	sum(cost, R) <= 9 | avg(cost) != 1.5 | !(len(J) > 0)
	R.flag
"""


def below_root(*constraints: Constraint) -> FeatureModel:
    return FeatureModel(Feature("A", (Group(GroupKind.OPTIONAL, (Feature("B"), Feature("C"))),)), constraints)


def has_counts(model: FeatureModel) -> bool:
    return any(isinstance(node, Count) for c in model.constraints for node in walk(c.formula))


# there and back


def test_all_that_the_metamodel_holds_comes_back() -> None:
    model = read(EVERYTHING)
    assert from_flamapy(to_flamapy(model)) == model


def test_random_models_come_back() -> None:
    equal = 0
    for seed in range(200):
        model = random_model(np.random.default_rng(seed))
        if any(c.is_indexed for c in model.constraints):
            continue
        theirs = to_flamapy(model)
        assert has_counts(model) or from_flamapy(theirs) == model, seed
        equal += not has_counts(model)
    assert equal > 60


def test_random_boolean_models_come_back_or_keep_their_configurations() -> None:
    equal = spelt_out = 0
    for model in random_boolean_models(range(200)):
        if any(isinstance(node, Constant) for c in model.constraints for node in walk(c.formula)):
            continue
        again = from_flamapy(to_flamapy(model))
        if has_counts(model):
            assert count_of(again) == count_of(model)
            spelt_out += 1
        else:
            assert again == model
            equal += 1
    assert equal > 100
    assert spelt_out > 10


def test_a_description_and_own_conjunctions_come_back() -> None:
    model = below_root(
        Constraint(And((And((A, B)), C)), description="why"), Constraint(Or((A, Or((B, C)), B))), Constraint(Not(B))
    )
    assert from_flamapy(to_flamapy(model)) == model


def test_a_feature_has_a_cardinality_object_of_its_own() -> None:
    theirs = to_flamapy(below_root())
    theirs.get_feature_by_name("B").feature_cardinality.max = 5
    assert theirs.get_feature_by_name("C").feature_cardinality.max == 1
    assert [f.cardinality for f in from_flamapy(theirs).features()] == [None, Cardinality(1, 5), None]


def test_what_was_changed_in_flamapy_wins_over_where_it_came_from() -> None:
    theirs = to_flamapy(read("features\n\tR\n\t\tor\n\t\t\tA\n\t\t\tB\n"))
    theirs.root.relations[0].card_max = 1
    assert from_flamapy(theirs).root.groups[0].kind is GroupKind.ALTERNATIVE


def test_long_chains_and_deep_trees_do_no_harm() -> None:
    leaf = Feature("L")
    for number in range(3_000):
        leaf = Feature(f"F{number}", (Group(GroupKind.OPTIONAL, (leaf,)),))
    long = Constraint(Or(tuple(FeatureRef(f"F{number}") for number in range(3_000))))
    deep = FeatureRef("L")
    for _ in range(3_000):
        deep = Implies(deep, FeatureRef("L"))
    there_and_back = from_flamapy(to_flamapy(FeatureModel(leaf, (long, Constraint(deep)))))
    assert [f.name for f in there_and_back.features()] == [f.name for f in FeatureModel(leaf).features()]
    assert there_and_back.constraints[0].formula == long.formula


# refusals


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (below_root(Constraint(B, is_indexed=True)), "found an indexed constraint, which flamapy cannot hold"),
        (below_root(Constraint(Constant(False))), "found the truth value false, which flamapy cannot hold"),
        (below_root(Constraint(And(()))), "found an empty And, which flamapy cannot hold"),
        (below_root(Constraint(FeatureRef("B", (Constant(1),)))), "found an instance of 'B', which flamapy cannot"),
        (replace(below_root(), namespace="n"), "found the namespace 'n', which flamapy cannot hold"),
        (FeatureModel(Feature("A", notes=(("hidden", "true"),))), "found the note 'hidden' of feature 'A'"),
        (
            read("features\n\tR\n\t\toptional\n\t\t\tM {s 1}\nconstraints\n\tM.s > 0\n"),
            None,
        ),
    ],
)
def test_what_flamapy_cannot_hold_is_refused_or_said(model: FeatureModel, expected: str | None) -> None:
    losses: list[str] = []
    if expected is None:
        assert from_flamapy(to_flamapy(model, losses)) == model
        assert losses == []
        return
    with pytest.raises(UnsupportedError) as caught:
        to_flamapy(model)
    assert str(caught.value).startswith(f"<built>: {expected}")
    to_flamapy(model, losses)
    assert len(losses) == 1
    assert losses[0].startswith(f"<built>: {expected}")
    assert "left out" in losses[0]


def test_an_attribute_that_reads_as_another_is_refused() -> None:
    text = "features\n\tR\n\t\toptional\n\t\t\tM {v {x 1}}\nconstraints\n\tM.v.x > 0\n"
    model = read(text)
    assert from_flamapy(to_flamapy(model)) == model
    renamed = map_features(model, lambda f: replace(f, name="M.v") if f.name == "R" else f)
    with pytest.raises(UnsupportedError, match=r"m\.uvl:6:2: found 'M\.v\.x', which flamapy cannot tell from another"):
        to_flamapy(renamed)


def test_an_unknown_feature_is_refused() -> None:
    with pytest.raises(ModelError, match="found unknown feature 'X'"):
        to_flamapy(below_root(Constraint(FeatureRef("X"))))


def theirs_with(constraint: Any = None, **changes: Any) -> Any:
    root, child = fm.Feature("A"), fm.Feature("B", feature_cardinality=fm.feature_model.Cardinality(1, 1))
    root.add_relation(fm.Relation(root, [child], 0, 1))
    for name, value in changes.items():
        setattr(child, name, value)
    return fm.FeatureModel(root, [] if constraint is None else [fm.Constraint("c", AST(constraint))])


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (theirs_with(Node("X")), "found unknown feature 'X' in a constraint"),
        (theirs_with(Node(ASTOperation.AND, Node("A"))), "found AND without an operand, expected 2"),
        (theirs_with(Node(ASTOperation.NOT)), "found NOT without an operand, expected 1"),
        (theirs_with(name="A"), "found a second feature 'A', expected unique names"),
        (theirs_with(name=None), "found the feature name None, expected a text"),
        (theirs_with(relations=[fm.Relation(None, [], 1, 1)]), "found a relation of 'B' without children"),
        (theirs_with(Node(ASTOperation.SUM, Node("x"))), "found sum of 'x', expected an attribute of some feature"),
        (theirs_with(reference=fm.Feature("C")), "found 'B', which refers to an imported model"),
        (theirs_with(attributes=[fm.Attribute("x", None, 1, 0)]), "found the null value 0 of B.x"),
        (
            theirs_with(attributes=[fm.Attribute("x", fm.Domain([fm.Range(1, 20_000)], None), 1)]),
            "the domain of B.x has more than 10000 values",
        ),
    ],
)
def test_what_has_no_meaning_here_is_refused(model: Any, expected: str) -> None:
    with pytest.raises((ModelError, UnsupportedError)) as caught:
        from_flamapy(model, "their.model")
    assert str(caught.value).startswith(f"their.model: {expected}")


def test_operations_that_only_flamapy_has_keep_their_meaning() -> None:
    pairs = {
        ASTOperation.REQUIRES: Implies(A, B),
        ASTOperation.EXCLUDES: Implies(A, Not(B)),
        ASTOperation.IMPLIES: Implies(A, B),
    }
    for operation, expected in pairs.items():
        model = from_flamapy(theirs_with(Node(operation, Node("A"), Node("B"))))
        assert model.constraints == (Constraint(expected),)
    assert count_of(from_flamapy(theirs_with(Node(ASTOperation.XOR, Node("A"), Node("B"))))) == 1
    assert count_of(from_flamapy(theirs_with(Node(ASTOperation.XOR, Node("A"), Node("A"))))) == 0


def test_without_flamapy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(flamapy_bridge, "import_module", missing)
    with pytest.raises(UnsupportedError, match=r"pip install 'featurenet_uvl\[flamapy\]'"):
        to_flamapy(below_root())
    with pytest.raises(UnsupportedError, match="found no flamapy"):
        parse_model("%Relationships\nA: B;\n", "m.afm")


def test_the_formats_load_without_flamapy() -> None:
    code = "import sys, featurenet_uvl.translators.formats.registry; sys.exit('flamapy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
