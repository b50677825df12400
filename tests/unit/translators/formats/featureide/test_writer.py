"""Writing FeatureIDE's XML: the bytes that FeatureIDE writes, its own corpus there and back, and refusals."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from lxml import etree

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.expression import (
    AttributeRef,
    Comparison,
    Constant,
    Expression,
    FeatureRef,
    Implies,
    Not,
    Or,
)
from featurenet_uvl.ir.feature_model import (
    Attribute,
    Constraint,
    Feature,
    FeatureModel,
    Group,
    GroupKind,
)
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.featureide.reader import read_featureide
from featurenet_uvl.translators.formats.featureide.writer import write_featureide
from tests.places import SHARED
from tests.unit.translators.formats.featureide.models import HEAD, RICH, SEVERAL, A, B, C, feature, group

CORPUS = SHARED / "corpus/featureide"


def test_everything_comes_back() -> None:
    text = write_featureide(RICH)
    assert read_featureide(text, "m.xml") == RICH
    assert write_featureide(read_featureide(text.encode(), "m.xml")) == text


def test_the_text_is_as_featureide_writes_it() -> None:
    model = FeatureModel(
        Feature(
            "Net",
            (
                group(
                    GroupKind.OPTIONAL,
                    Feature(
                        "Soft max", (group(GroupKind.OR, "A", "B"),), is_abstract=True, notes=(("hidden", "true"),)
                    ),
                ),
                group(GroupKind.MANDATORY, feature("One", group(GroupKind.ALTERNATIVE, "C"))),
            ),
            (Attribute("kernel", domain=("1x1", "3x3")),),
            notes=(("description", 'two\n"lines" & <more>'), ("graphics:collapsed", "false")),
        ),
        (Constraint(Implies(Not(A), Or((B, C))), description="said"),),
        notes=(
            ("graphics:layout", "horizontal"),
            ("comment", "done"),
            ("comment", ""),
            ("rule:1:tags", "t"),
            ("featureOrder", "B\nA"),
        ),
    )
    assert write_featureide(model) == HEAD + (
        "<extendedFeatureModel>\n"
        '\t<properties>\n\t\t<graphics key="layout" value="horizontal"/>\n\t</properties>\n'
        "\t<struct>\n"
        '\t\t<and mandatory="true" name="Net">\n'
        '\t\t\t<description>\n\t\t\t\ttwo\n\t\t\t\t"lines" &amp; &lt;more&gt;\n\t\t\t</description>\n'
        '\t\t\t<graphics key="collapsed" value="false"/>\n'
        '\t\t\t<attribute configurable="true" name="kernel" type="string" unit="" value="1x1|3x3"/>\n'
        '\t\t\t<or abstract="true" hidden="true" name="Soft max">\n'
        '\t\t\t\t<feature name="A"/>\n\t\t\t\t<feature name="B"/>\n'
        "\t\t\t</or>\n"
        '\t\t\t<and mandatory="true" name="One">\n'
        '\t\t\t\t<attribute name="group_kind" type="string" unit="" value="alternative"/>\n'
        '\t\t\t\t<feature mandatory="true" name="C"/>\n\t\t\t</and>\n'
        "\t\t</and>\n"
        "\t</struct>\n"
        "\t<constraints>\n"
        "\t\t<rule>\n\t\t\t<description>said</description>\n\t\t\t<tags>t</tags>\n"
        "\t\t\t<imp>\n\t\t\t\t<not>\n\t\t\t\t\t<var>A</var>\n\t\t\t\t</not>\n"
        "\t\t\t\t<disj>\n\t\t\t\t\t<var>B</var>\n\t\t\t\t\t<var>C</var>\n\t\t\t\t</disj>\n\t\t\t</imp>\n"
        "\t\t</rule>\n"
        "\t</constraints>\n"
        "\t<comments>\n\t\t<c>done</c>\n\t\t<c/>\n\t</comments>\n"
        '\t<featureOrder userDefined="true">\n\t\t<feature name="B"/>\n\t\t<feature name="A"/>\n\t</featureOrder>\n'
        "</extendedFeatureModel>\n"
    )
    again = read_featureide(write_featureide(model), "m.xml")
    assert again.root == model.root
    assert again.notes == (*model.notes[:3], model.notes[4], model.notes[3])


def _corpus() -> Iterator[dict[str, str]]:
    if not CORPUS.is_dir():
        pytest.skip("FeatureIDE's model files are not beside this checkout")
    with (CORPUS / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["kind"] in ("xml", "exml") and (CORPUS / row["file"]).is_file() and int(row["bytes"]) < 120_000:
                yield row


def test_featureides_corpus_is_read_as_featureide_reads_it() -> None:
    count = 0
    for row in _corpus():
        model = read_featureide((CORPUS / row["file"]).read_bytes(), row["file"])
        features = list(model.features())
        found = (
            len(features),
            len(model.constraints),
            sum(feature.is_abstract for feature in features),
            sum(("hidden", "true") in feature.notes for feature in features),
        )
        assert found == tuple(int(row[key]) for key in ("features", "constraints", "abstract", "hidden")), row["file"]
        text = write_featureide(model)
        again = read_featureide(text, row["file"])
        assert again == model, row["file"]
        assert write_featureide(again) == text, row["file"]
        _check_what_featureide_asks_of_a_file(text)
        count += 1
    assert count > 100


@pytest.mark.parametrize("model", [RICH, SEVERAL])
def test_our_own_text_meets_featureides_checklist(model: FeatureModel) -> None:
    text = write_featureide(model)
    _check_what_featureide_asks_of_a_file(text)
    assert read_featureide(text, "m.xml") == model


def _check_what_featureide_asks_of_a_file(text: str) -> None:
    """Check every condition under which FeatureIDE 3.12 opens a file without a problem marker."""
    assert text.startswith(HEAD + "<featureModel>\n") or text.startswith(HEAD + "<extendedFeatureModel>\n")
    assert text.endswith(">\n")
    assert "\r" not in text
    root = etree.fromstring(text.encode())
    attributes = list(root.iter("attribute"))
    assert (root.tag == "extendedFeatureModel") == bool(attributes)
    order = ["properties", "struct", "constraints", "comments", "featureOrder"]
    sections = [child.tag for child in root]
    assert sections == [name for name in order if name in sections]
    tags = [element.tag for element in root.iter()]
    assert all(tags.count(name) <= 1 for name in [*order, "calculations"])
    struct = root.find("struct")
    assert struct is not None
    assert len(struct) == 1
    assert struct[0].get("mandatory") == "true"
    features = list(struct.iter("and", "or", "alt", "feature"))
    assert all(value == "true" for e in features for key, value in e.attrib.items() if key != "name")
    assert all(list(element.attrib) == sorted(element.attrib) for element in root.iter())
    for element in features:
        children = element.xpath("and|or|alt|feature")
        assert (element.tag == "feature") == (not children)
        if element.tag in ("or", "alt"):
            assert len(children) >= 2
            assert not any("mandatory" in child.attrib for child in children)
    names = [element.get("name") for element in features]
    assert len(set(names)) == len(names)
    assert not any(re.search(r'["()\n]|^\s*$', name or "") for name in names)
    operands = {"imp": (2, 2), "eq": (2, 2), "not": (1, 1), "var": (0, 0)}
    for rule in root.iter("rule"):
        assert not rule.attrib
        formulas = [e for e in rule if e.tag not in ("description", "graphics", "property", "tags")]
        assert len(formulas) == 1
        for element in formulas[0].iter():
            lower, upper = operands.get(str(element.tag), (1, len(element)))
            assert lower <= len(element) <= upper
            assert element.tag != "var" or element.text in names
    for element in attributes:
        inherited = set(element.attrib) <= {"name", "value"}
        assert inherited or {"name", "type", "unit"} <= set(element.attrib)
        assert inherited or element.get("type") in ("string", "long", "double", "boolean")
        assert element.get("type") != "string" or ("value" in element.attrib and "recursive" not in element.attrib)
        assert set(element.attrib) <= {"configurable", "name", "recursive", "type", "unit", "value"}


def test_deep_trees_and_wide_formulas() -> None:
    node = Feature("F0")
    for number in range(1, 2000):
        node = feature(f"F{number}", group(GroupKind.OPTIONAL, node))
    deep: Expression = FeatureRef("F0")
    for _ in range(2000):
        deep = Not(deep)
    wide = Or(tuple(FeatureRef(f"F{number % 2000}") for number in range(10_000)))
    text = write_featureide(FeatureModel(node, (Constraint(deep), Constraint(wide))))
    model = read_featureide(text, "m.xml")
    assert sum(1 for _ in model.features()) == 2000
    assert write_featureide(model) == text


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (FeatureModel(Feature("N(1)")), "<built>: found the feature name 'N(1)'"),
        (FeatureModel(Feature("N\x01")), "found the character '\\x01'"),
        (
            FeatureModel(Feature("N", attributes=(Attribute("m", {"a": 1}),), notes=(("attribute:m:unit", "s"),))),
            "attribute 'm' of 'N': found a unit",
        ),
        (FeatureModel(Feature("N", notes=(("group_helper", "true"),))), "found the note 'group_helper'"),
        (FeatureModel(Feature("N", attributes=(Attribute("big", 2**63),))), "expected one of 64 bits"),
        (
            FeatureModel(Feature("N", attributes=(Attribute("cardinality", 1),))),
            "found the attribute name 'cardinality'",
        ),
        (
            FeatureModel(Feature("N", attributes=(Attribute("k", domain=(1,)), Attribute("k_default", 1)))),
            "found the attribute name 'k_default'",
        ),
        (FeatureModel(Feature("N", notes=(("icon", "x"),))), "found the note 'icon'"),
        (
            FeatureModel(Feature("N"), (Constraint(Comparison("==", AttributeRef("N", "a"), Constant("x ; y"))),)),
            "found ' ; ' within the constraint",
        ),
        (FeatureModel(Feature("N"), (Constraint(Or(())),)), "<built>: "),
    ],
)
def test_what_the_format_cannot_carry_is_refused(model: FeatureModel, message: str) -> None:
    with pytest.raises(UnsupportedError, match=re.escape(message)):
        write_featureide(model)


def test_a_character_that_xml_has_not_is_refused_with_its_place() -> None:
    """The message once had no place at all."""
    inner = Feature("B", attributes=(Attribute("x", ("a", {"k": "\x1f"}), span=Span("m.uvl", 7, 3)),))
    model = FeatureModel(Feature("A", (Group(GroupKind.OPTIONAL, (inner,)),)))
    with pytest.raises(UnsupportedError, match=r"^m\.uvl:7:3: found "):
        write_featureide(model)
    described = replace(model, root=Feature("A", notes=(("description", "\0"),), span=Span("m.uvl", 2, 1)))
    with pytest.raises(UnsupportedError, match=r"^m\.uvl:2:1: found the character '\\x00'"):
        write_featureide(described)
