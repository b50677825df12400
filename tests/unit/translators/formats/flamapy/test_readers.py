"""flamapy's readers behind checks of our own: AFM, FaMa XML, Glencoe and its JSON are read, or refused with a place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("flamapy.metamodels.fm_metamodel", reason="the extra flamapy is not installed")

from flamapy.metamodels.fm_metamodel import transformations

from featurenet_uvl.errors import ReadError, UnsupportedError
from featurenet_uvl.ir.expression import And, FeatureRef, Not
from featurenet_uvl.ir.feature_model import FeatureModel, GroupKind
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.testing.formats import check_format
from featurenet_uvl.translators.formats.flamapy.bridge import to_flamapy
from featurenet_uvl.translators.formats.registry import find_format, parse_model, read_model
from tests.unit.translators.formats.flamapy.models import count_of, read

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


def test_glencoe_is_read_with_its_notes() -> None:
    model = parse_model(glencoe(), "m.gfm.json", "glencoe")
    assert isinstance(model, FeatureModel)
    assert [f.name for f in model.features()] == ["r x", "a x", "b x"]
    assert [f.notes for f in model.features()] == [(), (), (("description", "said"),)]
    assert [g.kind for g in model.root.groups] == [GroupKind.MANDATORY, GroupKind.OPTIONAL]
    assert count_of(model) == 1


def test_names_that_flamapys_json_quotes_are_unquoted(tmp_path: Path) -> None:
    model = read('features\n\t"a b" {abstract}\n\t\toptional\n\t\t\tc {"x y" 1}\nconstraints\n\t"a b" => c\n')
    path = tmp_path / "m.json"
    transformations.JSONWriter(str(path), to_flamapy(model)).transform()
    assert read_model(str(path)) == model


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


@pytest.mark.parametrize("name", ["afm", "fama", "glencoe", "json"])
def test_the_readers_survive_hostile_texts(name: str, tmp_path: Path) -> None:
    """Without a writer, the conformance suite checks places, detection, and texts that are cut or changed."""
    samples = {"afm": AFM, "fama": FAMA, "glencoe": glencoe()}
    text = samples.get(name) or written_by_flamapy("JSONWriter", tmp_path)
    check_format(name, find_format(name), samples=[text])
