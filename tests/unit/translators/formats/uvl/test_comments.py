"""Comments of UVL files: each keeps its owner in every format, and the official grammar reads what is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.comments import Comments
from featurenet_uvl.ir.feature_model import Feature, FeatureModel
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.ir.restriction import Restriction, restrict
from featurenet_uvl.translators.formats.featureide.reader import read_featureide
from featurenet_uvl.translators.formats.featureide.writer import write_featureide
from featurenet_uvl.translators.formats.registry import read_model as read_file
from featurenet_uvl.translators.formats.sxfm.reader import read_sxfm
from featurenet_uvl.translators.formats.sxfm.writer import write_sxfm
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from featurenet_uvl.translators.formats.xml.formulas import is_rule
from featurenet_uvl.translators.pipeline import load_model
from tests.commented import comments_of, lines_of, with_comments
from tests.places import MODELS
from tests.strategies import random_model

EVERYWHERE = """\
// licence
/* two
     deep
   lines */ namespace net // named
imports // none
// before the header
features // beside the header
	// above the root
	Net {abstract, // of the feature
		/* above */ cost 3 /* one */, // two
		sizes [1, // in a vector
			2]
		// at the end
		, rules [] } // beside the root
		/**/
		optional // group
   // at any depth

			A
			Cell cardinality /* n */ [1..2] { array_constraints [ // of the list
				'Cell[i+1] => A', // first
				// second
				'exists(i, Cell[i])' ], constraint A => Cell // inner
			}
// of the section
constraints // beside it
	A => (Cell // in brackets
		| A) // whole
	// last
// end
/* very end */"""

BY_OWNER = [
    (
        "model",
        (
            (" licence", " two", "   deep", " lines", " named", " none", " before the header"),
            (" last", " end", " very end"),
        ),
    ),
    ("feature Net", ((" beside the header", " above the root", " of the feature"), (" beside the root",))),
    ("attribute cost of feature Net", ((" above", " one"), (" two",))),
    ("attribute sizes of feature Net", ((), (" in a vector",))),
    ("attribute rules of feature Net", ((" at the end",), ())),
    ("group 0 of feature Net", (("",), (" group",))),
    ("feature A", ((" at any depth",), ())),
    ("feature Cell", ((" n",), (" of the list",))),
    ("constraint 0", ((), (" first",))),
    ("constraint 1", ((" second",), ())),
    ("constraint 2", ((), (" inner",))),
    ("constraint 3", ((" of the section", " beside it", " in brackets"), (" whole",))),
]


def read_model(text: str) -> FeatureModel:
    model = read_uvl(text, "m.uvl")
    assert isinstance(model, FeatureModel)
    return model


def test_each_comment_belongs_to_a_node() -> None:
    assert list(comments_of(read_model(EVERYWHERE.replace("imports // none\n", "// none\n")))) == BY_OWNER


def test_comments_say_nothing_and_stand_nowhere_in_the_way() -> None:
    model = read_model("/* a */ // b\nfeatures\n\tA // c\n\t\t/* d */ optional\n\t\t\tB\n// e")
    assert model == read_model("features\n\tA\n\t\toptional\n\t\t\tB")
    assert [str(feature.span) for feature in model.features()] == ["m.uvl:3:2", "m.uvl:5:4"]


CANONICAL = """\
// licence
// (c) nobody
features
	// above
	R {
		abstract,
		// costs
		cost 3, // a lot
		// all of them
		array_constraints [
			// chain
			'Cell[i + 1] => A', // beside
			'exists(i, Cell[i])'
		]
	} // beside
		// kinds
		or // at least one
			A // first
			Cell cardinality [1..2]

constraints
	// why
	A => Cell // how
// end
"""


def test_the_canonical_text_is_a_fixed_point(official_error: Callable[[str], str | None]) -> None:
    text = CANONICAL.replace("\t\t// all of them\n", "")
    assert write_uvl(read_model(text)) == text
    assert official_error(text) is None


@pytest.mark.parametrize("seed", range(60))
def test_comments_survive_with_their_owners(seed: int, official_error: Callable[[str], str | None]) -> None:
    rng = np.random.default_rng(seed)
    try:
        model = read_model(write_uvl(random_model(rng)))
    except UnsupportedError:  # an empty text in a formula, which UVL cannot quote
        return
    model = with_comments(model, rng)
    text = write_uvl(model)
    again = read_model(text)
    assert again == model
    assert list(comments_of(again)) == list(comments_of(model))
    assert official_error(text) is None
    from_xml = read_featureide(write_featureide(model), "m.xml")
    assert from_xml == model
    assert list(comments_of(from_xml)) == list(comments_of(model))


def test_comments_survive_in_sxfm() -> None:
    count = 0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        model = with_comments(propositional(random_model(rng)), rng)
        try:
            again = read_sxfm(write_sxfm(model), "m.xml")
        except UnsupportedError:  # a formula that needs auxiliaries
            continue
        count += bool(lines_of(model))
        assert lines_of(again) == lines_of(model)
        of_features = [[pair for pair in comments_of(one) if pair[0].startswith("feature")] for one in (model, again)]
        assert of_features[0] == of_features[1]
    assert count > 50


def propositional(model: FeatureModel) -> FeatureModel:
    """Return the model without everything for which SXFM has no place."""

    def step(feature: Feature) -> Feature:
        return Feature(feature.name, feature.groups, is_abstract=feature.is_abstract)

    rules = tuple(c for c in model.constraints if not c.is_indexed and is_rule(c.formula))
    return FeatureModel(map_features(model, step).root, rules)


def test_comments_of_clauses_stay_with_their_constraint() -> None:
    model = read_model("features\n\tR\n\t\toptional\n\t\t\tA\n\t\t\tB\nconstraints\n\tA <=> B // one\n\tA | R // two")
    again = read_sxfm(write_sxfm(model), "m.xml")
    assert [constraint.comments.after for constraint in again.constraints] == [(" one",), (), (" two",)]


def test_imported_files_bring_their_comments(tmp_path: Path) -> None:
    (tmp_path / "part.uvl").write_text(
        "// part\nfeatures\n\tP // p\n\t\toptional // group\n\t\t\tQ // q\nconstraints\n\tQ => P // rule\n// end"
    )
    (tmp_path / "whole.uvl").write_text(
        "// whole\nimports\n\tpart as p // the import\nfeatures\n\tR\n\t\tmandatory\n\t\t\t// here\n\t\t\tp.P // own"
    )
    model = read_file(str(tmp_path / "whole.uvl"))
    assert isinstance(model, FeatureModel)
    assert list(comments_of(model)) == [
        ("model", ((" whole", " the import"), ())),
        ("feature p_P", ((" here", " part", " end", " own"), (" p",))),
        ("group 0 of feature p_P", ((), (" group",))),
        ("feature p_Q", ((), (" q",))),
        ("constraint 0", ((), (" rule",))),
    ]


def test_restrictions_bring_their_comments(tmp_path: Path) -> None:
    (tmp_path / "net.uvl").write_text("// net\nfeatures\n\tN\n\t\toptional\n\t\t\tA cardinality [0..3] // a")
    text = "// small\nimports\n\tnet as n\nfeatures\n\tn.N {bound {A 2} /* two */} // root\nconstraints\n\t// no\n\t!A"
    (tmp_path / "small.uvl").write_text(text)
    restriction = read_file(str(tmp_path / "small.uvl"))
    assert isinstance(restriction, Restriction)
    model = read_file(str(tmp_path / "net.uvl"))
    assert isinstance(model, FeatureModel)
    for one in (restrict(model, restriction), load_model(str(tmp_path / "small.uvl"))):
        assert list(comments_of(one)) == [
            ("model", ((" net", " small", " root", " two"), ())),
            ("feature A", ((), (" a",))),
            ("constraint 0", ((" no",), ())),
        ]


def test_the_models_of_the_project_keep_their_comments() -> None:
    model = read_file(str(MODELS / "dnn.uvl"))
    assert isinstance(model, FeatureModel)
    assert len(lines_of(model)) == 11
    assert lines_of(read_model(write_uvl(model))) == lines_of(read_featureide(write_featureide(model), "m.xml"))


def test_an_edit_in_featureide_moves_comments_to_the_feature() -> None:
    model = read_model("features\n\tR {cost 3 /* much */}\n\t\toptional // some\n\t\t\tA")
    text = write_featureide(model)
    attribute = next(line for line in text.split("\n") if 'name="cost"' in line)
    again = read_featureide(text.replace(attribute + "\n", ""), "m.xml")
    assert again.root.comments == Comments((" much",))
    assert again.root.groups[0].comments == Comments((), (" some",))


@pytest.mark.parametrize("character", ["\0", "\ufeff"])
def test_characters_that_uvl_has_nowhere_are_refused(character: str) -> None:
    with pytest.raises(UnsupportedError, match="in a comment, which UVL cannot hold"):
        write_uvl(FeatureModel(Feature("R", comments=Comments((f"a{character}",)))))


def test_line_breaks_in_a_comment_become_lines() -> None:
    model = FeatureModel(Feature("R", comments=Comments((), ("one\r\ntwo\rthree\nfour",))))
    again = read_model(write_uvl(model))
    assert again.root.comments == Comments(("one", "two", "three"), ("four",))
