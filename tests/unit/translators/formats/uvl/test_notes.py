"""Notes in UVL: they survive a round trip, an edit of the formula beats its note, and each broken one has its place."""

from __future__ import annotations

import re

import pytest

from featurenet_uvl.errors import ModelError, ReadError
from featurenet_uvl.ir.expression import And, Count, FeatureRef
from featurenet_uvl.ir.feature_model import Attribute, Constraint, Feature, FeatureModel, Group, GroupKind
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl

A, B = FeatureRef("A"), FeatureRef("B")
MODEL = FeatureModel(
    Feature(
        "R",
        (Group(GroupKind.OR, (Feature("A", notes=(("hidden", "true"),)), Feature("B"))),),
        (Attribute("author", "it's me"), Attribute("empty", "")),
        notes=(("description", "two\n'lines'"),),
    ),
    (
        Constraint(Count(0, 1, (A, B)), description="at most one"),
        Constraint(And((A,))),
        Constraint(And((A, And((B,))))),
    ),
    notes=(("comment", "a"), ("graphics:layout", "x"), ("comment", "")),
)

TEXT = """\
features
	R {author {escaped__ 'it%27s me'}, empty {escaped__ '%'}, featureide__ {description 'two%0A%27lines%27'}, \
featureide_model__ [{comment 'a'}, {"graphics:layout" 'x'}, {comment '%'}, \
{"constraint:1:description" 'at most one'}, \
{"constraint:1:rule" '<atmost1><var>A</var><var>B</var></atmost1>'}, \
{"constraint:2:rule" '<conj><var>A</var></conj>'}, \
{"constraint:3:rule" '<conj><var>A</var><conj><var>B</var></conj></conj>'}]}
		or
			A {featureide__ {hidden 'true'}}
			B

constraints
	!A | !B
	A
	A & B
"""


def read(text: str) -> FeatureModel:
    model = read_uvl(text, "m.uvl")
    assert isinstance(model, FeatureModel)
    return model


def test_the_text_and_back() -> None:
    assert write_uvl(MODEL) == TEXT
    assert read(TEXT) == MODEL


def test_a_formula_that_was_edited_counts_more_than_its_rule() -> None:
    formulas = [c.formula for c in read(TEXT.replace("\t!A | !B\n", "\t!A & !B\n")).constraints]
    assert formulas[0] != Count(0, 1, (A, B))
    assert formulas[1] == And((A,))
    renamed = read(re.sub(r"\bB\b(?!<)", "C", TEXT))
    assert [c.formula for c in renamed.constraints][2] == And((A, FeatureRef("C")))


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("featureide__ 3", "m.uvl:2:5: in featureide__: found no map of texts"),
        ("featureide__", "m.uvl:2:5: in featureide__: found no map of texts"),
        ("featureide__ {description []}", "m.uvl:2:5: in featureide__: found no text for 'description'"),
        ("featureide__ {description '5 %'}", "m.uvl:2:5: in featureide__: found '%' in an escaped text"),
        ("featureide__ {description '%FF'}", "m.uvl:2:5: in featureide__: found the escaped text '%FF'"),
        ("p {escaped__ 'a%2'}", "m.uvl:2:8: found '%2' in an escaped text, expected % and two hexadecimal digits"),
        ("p {escaped__ 3}", "m.uvl:2:8: found no text as escaped__"),
        (
            "featureide_model__ {\"constraint:2:description\" 'x'}",
            "m.uvl:2:2: found the note 'constraint:2:description'",
        ),
        (
            "featureide_model__ {\"constraint:1:rule\" '<var>'}",
            "m.uvl:2:2: in the note '<var>' of a rule: found malformed",
        ),
        (
            "featureide_model__ {\"constraint:1:rule\" '<xor/>'}",
            "m.uvl:2:2: in the note '<xor/>' of a rule: found <xor>, expected",
        ),
    ],
)
def test_each_broken_note_has_its_place(attribute: str, message: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(f"features\n\tR {{{attribute}}}\nconstraints\n\tR\n")
    assert str(caught.value).startswith(message)


def test_a_rule_is_at_the_place_of_its_constraint() -> None:
    """An unknown feature was once reported as `note:1:22`, a place that no file has."""
    text = (
        "features\n\tR {featureide_model__ {\"constraint:1:rule\" '<atmost1><var>R</var><var>B</var></atmost1>'}}\n"
        "constraints\n\t!R | !B\n"
    )
    with pytest.raises(ModelError, match=r"^m\.uvl:4:2: found unknown feature 'B'"):
        read_uvl(text, "m.uvl")
