"""The bridge to flamapy: what goes both ways, what is refused, its further formats, and flamapy's own counts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("flamapy.metamodels.fm_metamodel", reason="the extra flamapy is not installed")

from flamapy.core.models.ast import AST, ASTOperation, Node
from flamapy.metamodels.fm_metamodel import models as fm
from flamapy.metamodels.fm_metamodel import transformations

from featurenet_uvl.analysis.count import count_solutions
from featurenet_uvl.errors import FeatureNetError, ModelError, ReadError, UnsupportedError, UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.expression import And, Constant, Count, FeatureRef, Implies, Not, Or, walk
from featurenet_uvl.ir.feature_model import Cardinality, Constraint, Feature, FeatureModel, Group, GroupKind
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.reference import enumerate_configurations
from featurenet_uvl.translators.formats.flamapy import bridge as flamapy_bridge
from featurenet_uvl.translators.formats.flamapy.bridge import from_flamapy, to_flamapy
from featurenet_uvl.translators.formats.flamapy.readers import read_with_flamapy
from featurenet_uvl.translators.formats.registry import parse_model, read_model
from featurenet_uvl.translators.formats.uvl.reader import read_uvl, read_uvl_file
from featurenet_uvl.translators.pipeline import compile_feature_model, emit
from tests.laws.test_count_law import all_models
from tests.places import SHARED
from tests.strategies import random_model

CORPUS = SHARED / "corpus"
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


def read(text: str) -> FeatureModel:
    model = read_uvl(text, "m.uvl")
    assert isinstance(model, FeatureModel)
    return model


def below_root(*constraints: Constraint) -> FeatureModel:
    return FeatureModel(Feature("A", (Group(GroupKind.OPTIONAL, (Feature("B"), Feature("C"))),)), constraints)


def random_boolean_models(seeds: range) -> Iterator[FeatureModel]:
    """Random models once they are Boolean, without what only translators know."""
    for seed in seeds:
        try:
            model = emit(random_model(np.random.default_rng(seed)), "rewrite_constraints")
        except FeatureNetError:
            continue
        yield map_features(model, lambda feature: replace(feature, origin=None))


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


# what is refused


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
    with pytest.raises(UnsupportedError, match="not installed"):
        parse_model("%Relationships\nA: B;\n", "m.afm")


def test_the_formats_load_without_flamapy() -> None:
    code = "import sys, featurenet_uvl.translators.formats.registry; sys.exit('flamapy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# flamapy's formats

AFM = """%Relationships
R: A [B] [1,2]{C D E};
A: [1,1]{F G};
%Attributes
A.cost: Integer[1 to 3],1,0;
B.kind: ["x","y"],"x","x";
%Constraints
B REQUIRES C;
NOT (D AND E);
F EXCLUDES D;
"""
FAMA = """<?xml version="1.0" encoding="UTF-8"?>
<feature-model>
  <feature name="R">
    <binaryRelation name="r1"><cardinality min="1" max="1"/><solitaryFeature name="A">
      <setRelation name="s"><cardinality min="1" max="1"/><groupedFeature name="F"/><groupedFeature name="G"/>
      </setRelation></solitaryFeature></binaryRelation>
    <binaryRelation name="r2"><cardinality min="0" max="1"/><solitaryFeature name="B"/></binaryRelation>
    <setRelation name="r3"><cardinality min="1" max="2"/>
      <groupedFeature name="C"/><groupedFeature name="D"/><groupedFeature name="E"/></setRelation>
  </feature>
  <requires name="x" feature="B" requires="C"/>
  <excludes name="y" feature="D" excludes="E"/>
  <excludes name="z" feature="F" excludes="D"/>
</feature-model>
"""
SAME = """features
	R
		mandatory
			A
				alternative
					F
					G
		optional
			B
		[1..2]
			C
			D
			E
constraints
	B => C
	D => !E
	F => !D
"""


def written_by_flamapy(writer: str, tmp_path: Path) -> str:
    path = tmp_path / "model.txt"
    getattr(transformations, writer)(str(path), to_flamapy(read(SAME))).transform()
    return path.read_text(encoding="utf-8")


def test_afm_fama_glencoe_and_json_are_read_as_one_model(tmp_path: Path) -> None:
    model = read(SAME)
    assert parse_model(FAMA, "m.xml") == model
    assert parse_model(written_by_flamapy("JSONWriter", tmp_path), "m.json") == model
    afm = parse_model(AFM, "m.afm")
    assert isinstance(afm, FeatureModel)
    assert [a.domain for f in afm.features() for a in f.attributes] == [(1, 2, 3), ("x", "y")]
    assert map_features(afm, lambda f: replace(f, attributes=())).root == model.root
    assert afm.constraints[1].formula == Not(And((FeatureRef("D"), FeatureRef("E"))))
    assert count_of(map_features(afm, lambda f: replace(f, attributes=()))) == count_of(model) == 13


def glencoe(**changes: Any) -> str:
    features = {
        name: {"name": f"{name} x", "type": "FEATURE", "optional": name != "a", "note": ""} for name in ("r", "a", "b")
    }
    features["b"]["note"] = "said"
    term = {"type": "ImpliesTerm", "operands": [{"type": "FeatureTerm", "operands": [n]} for n in ("a", "b")]}
    tree = {"id": "r", "children": [{"id": "a"}, {"id": "b"}]}
    return json.dumps({"name": "m", "features": features, "tree": tree, "constraints": {"c": term}} | changes)


def test_glencoe_is_read_with_its_notes(tmp_path: Path) -> None:
    (tmp_path / "m.gfm.json").write_text(glencoe(), encoding="utf-8")
    model = read_with_flamapy(str(tmp_path / "m.gfm.json"), "glencoe")
    assert [f.name for f in model.features()] == ["r x", "a x", "b x"]
    assert [f.notes for f in model.features()] == [(), (), (("description", "said"),)]
    assert [g.kind for g in model.root.groups] == [GroupKind.MANDATORY, GroupKind.OPTIONAL]
    assert count_of(model) == 1
    with pytest.raises(UsageError, match="found format 'uml', expected one of afm, fama, glencoe, json"):
        read_with_flamapy("m", "uml")


def test_names_that_flamapys_json_quotes_are_unquoted(tmp_path: Path) -> None:
    model = read('features\n\t"a b" {abstract}\n\t\toptional\n\t\t\tc {"x y" 1}\nconstraints\n\t"a b" => c\n')
    path = tmp_path / "m.json"
    transformations.JSONWriter(str(path), to_flamapy(model)).transform()
    assert read_with_flamapy(str(path), "json") == model


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%Relationships\nR: A [B;\n", "m:2:8: found malformed AFM"),
        ("%Relationships\nR: A;\nX: B;\n", "m: found a model that AFMReader cannot read (FlamaException: parent"),
        (AFM.replace("B REQUIRES C", "A.cost > 1"), "m: found a model that AFMReader cannot read"),
        (FAMA.replace("<requires", "<depends"), "m:11:3: found <depends> in <feature-model>, which flamapy's reader"),
        (FAMA.replace('min="0" max="1"/>', 'max="1"/>'), "m:7:31: found no min on <cardinality>, expected one"),
        (FAMA.replace('requires="C"', 'requires="X"'), "m: found a model that XMLReader cannot read"),
        (FAMA.replace('"E"', '"D"'), "m: found a model that XMLReader cannot read (DuplicatedFeature: no reason"),
        ('<feature-model a="&x;"/>', "m:1:"),
        ("<!DOCTYPE a><feature-model/>", "m:1:1: found a DOCTYPE"),
        ('{"features": ', "m:1:14: found malformed JSON"),
        ('{"features": {"name": "A", "card": 1}, "constraints": []}', "m: a feature: found the key 'card'"),
        (
            '{"features": {"name": "A"}, "constraints": []}',
            "m: found a model that flamapy's JSON cannot read (KeyError",
        ),
        ('{"features": [], "constraints": []}', "m: a feature: found list, expected an object"),
        ('{"features": {}}', "m: found no 'constraints', expected the keys features, constraints"),
        (glencoe(tree={"id": "z"}), "m: found a model that GlencoeReader cannot read (KeyError: 'z')"),
        (glencoe(extra=1), "m: found the key 'extra', expected one of"),
    ],
)
def test_a_malformed_file_is_refused(text: str, expected: str) -> None:
    with pytest.raises(ReadError) as caught:
        parse_model(text, "m")
    assert str(caught.value).startswith(expected)
    assert "\n" not in str(caught.value)


def test_a_feature_cardinality_in_fama_is_no_group() -> None:
    with pytest.raises(UnsupportedError, match=r"m:7:31: found a feature cardinality up to 3, which flamapy takes for"):
        parse_model(FAMA.replace('min="0" max="1"', 'min="0" max="3"'), "m")


# a second opinion


def count_of(model: FeatureModel) -> int:
    return number_of_models(compile_feature_model(model))


def number_of_models(cnf: Cnf) -> int:
    return sum(1 for _ in all_models(cnf))


def flamapys_count(model: FeatureModel) -> int:
    operations = pytest.importorskip("flamapy.metamodels.bdd_metamodel.operations", reason="flamapy-bdd is missing")
    from flamapy.metamodels.bdd_metamodel.transformations import FmToBDD

    return int(operations.BDDConfigurationsNumber().execute(FmToBDD(to_flamapy(model)).transform()).get_result())


def is_beyond_flamapys_bdd(model: FeatureModel) -> bool:
    """A `[n..m]` group of one feature, which crashes it unless it is mandatory or optional."""
    groups = [g for f in model.features() for g in f.groups if g.kind is GroupKind.CARDINALITY and len(g.members) == 1]
    return any((c.lower, c.upper) not in ((0, 1), (1, 1)) for g in groups if (c := g.cardinality))


def test_flamapy_counts_random_boolean_models_alike() -> None:
    compared = 0
    for model in random_boolean_models(range(1_000, 1_150)):
        if is_beyond_flamapys_bdd(model) or sum(1 for _ in model.features()) > 25:
            continue
        try:
            theirs = flamapys_count(model)
        except UnsupportedError:
            continue
        assert theirs == count_of(model)
        compared += 1
    assert compared > 60


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora are not beside the project")
def test_flamapy_counts_the_boolean_models_of_the_corpus_alike() -> None:
    compared = 0
    for folder in ("bool", "fc", "names", "lex"):
        for path in sorted((CORPUS / "semantics" / folder).glob("*.uvl")):
            source = read_uvl_file(str(path))
            assert isinstance(source, FeatureModel)
            model = emit(source, "rewrite_constraints")
            if folder == "names" or is_beyond_flamapys_bdd(model):  # its BDD mixes up names that need quotes
                continue
            assert flamapys_count(model) == len(enumerate_configurations(source)), path.name
            compared += 1
    assert compared >= 10


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora are not beside the project")
def test_flamapy_counts_featureides_small_models_alike() -> None:
    """Through the bridge; its own FeatureIDE reader gets most of these wrong."""
    compared = 0
    for path in sorted((CORPUS / "featureide").rglob("*.xml")):
        try:
            model = read_model(str(path))
        except ReadError:
            continue
        assert isinstance(model, FeatureModel)
        names = [feature.name for feature in model.features()]
        if len(names) > 24 or not all(name.isidentifier() and name.isascii() for name in names):
            continue  # its BDD mixes up names that need quotes
        model = map_features(model, lambda feature: replace(feature, notes=(), attributes=()))
        model = replace(model, notes=())
        assert flamapys_count(model) == count_solutions(compile_feature_model(model), engine="bdd").value, path.name
        compared += 1
    assert compared > 60
