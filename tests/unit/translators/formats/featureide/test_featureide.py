"""FeatureIDE XML: the mapping both ways, FeatureIDE's own corpus, and each bad input with its place."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from featurenet_uvl.errors import ReadError, UnsupportedError
from featurenet_uvl.ir.expression import (
    And,
    AttributeRef,
    Comparison,
    Constant,
    Count,
    Expression,
    FeatureRef,
    Iff,
    Implies,
    Not,
    Or,
)
from featurenet_uvl.ir.feature_model import (
    Attribute,
    Cardinality,
    Constraint,
    Feature,
    FeatureModel,
    FeatureType,
    Group,
    GroupKind,
)
from featurenet_uvl.ir.span import NOWHERE, Span
from featurenet_uvl.translators.formats.featureide.reader import read_featureide
from featurenet_uvl.translators.formats.featureide.values import (
    format_domain,
    format_value,
    parse_domain,
    parse_value,
    type_of,
)
from featurenet_uvl.translators.formats.featureide.writer import write_featureide
from featurenet_uvl.translators.formats.language.parser import parse_formula
from tests.places import SHARED

CORPUS = SHARED / "corpus/featureide"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'

A, B, C = FeatureRef("A"), FeatureRef("B"), FeatureRef("C")


def group(kind: GroupKind, *members: Feature | str, cardinality: Cardinality | None = None) -> Group:
    return Group(kind, tuple(m if isinstance(m, Feature) else Feature(m) for m in members), cardinality)


def feature(name: str, *groups: Group) -> Feature:
    return Feature(name, groups)


RICH = FeatureModel(
    Feature(
        "Net",
        (
            group(
                GroupKind.MANDATORY,
                Feature(
                    "Block",
                    (group(GroupKind.ALTERNATIVE, "A", "B"),),
                    cardinality=Cardinality(1, 5),
                    is_abstract=True,
                ),
            ),
            group(
                GroupKind.OPTIONAL,
                Feature("C", (group(GroupKind.CARDINALITY, "D", "E", "F", cardinality=Cardinality(2, None)),)),
                Feature("Size", type=FeatureType.INTEGER),
            ),
            group(GroupKind.MANDATORY, Feature("M", (group(GroupKind.OR, "G", "H"),))),
        ),
        (
            Attribute("kernel", domain=("1x1", "3x3", "5"), default="3x3"),
            Attribute("rate", domain=(0.4, 1, True, "it's", "'q|")),
            Attribute("author", 'x "<&>\t\n'),
            Attribute("year", 2019),
            Attribute("limit", 1e-05),
            Attribute("is_free", True),
            Attribute("unset"),
            Attribute("rules", ("tensor-shapes", "other")),
        ),
    ),
    (
        Constraint(Implies(A, Or((B, Not(C)))), description="why\nnot"),
        Constraint(Iff(And((A, B)), Count(0, 1, (A, B, C)))),
        Constraint(parse_formula("Net.year == 2019 & A => Net.author == 'x'", NOWHERE)),
        Constraint(parse_formula("!(Net.limit > 0.5)", NOWHERE)),
        Constraint(parse_formula("C[b,c] => Block[b+1]", NOWHERE, indexed=True), is_indexed=True),
        Constraint(parse_formula("atmost(2, k, C[b,k] & Block[k-1])", NOWHERE, indexed=True), is_indexed=True),
    ),
    namespace="net.dnn",
)


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


def test_places_are_those_of_the_start_tags() -> None:
    tree = "<struct><and name='A'>\n  <!-- <x> --><feature name='B'/></and></struct>"
    text = f"<!-- <and> -->\n<featureModel>\n{tree}</featureModel>"
    assert [f.span for f in read_featureide(text, "m.xml").features()] == [Span("m.xml", 3, 9), Span("m.xml", 4, 15)]


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


SEVERAL = FeatureModel(
    Feature(
        "N",
        (
            group(GroupKind.MANDATORY, "A"),
            group(GroupKind.MANDATORY, "B"),
            group(GroupKind.ALTERNATIVE, "C", "D"),
            group(GroupKind.CARDINALITY, "E", "F", cardinality=Cardinality(1, 1)),
            group(GroupKind.OPTIONAL, feature("G", group(GroupKind.OR, "N__group_2"))),
        ),
        (Attribute("v", (1, "it's", {"k": ()})), Attribute("m", {}), Attribute("rules", "a|b")),
    ),
    (
        Constraint(parse_formula("B[i] | C", NOWHERE, indexed=True), is_indexed=True, description="one ; two"),
        Constraint(Implies(A, B)),
        Constraint(parse_formula("N.x == 1", NOWHERE)),
        Constraint(B),
    ),
)


@pytest.mark.parametrize("model", [RICH, SEVERAL])
def test_our_own_text_meets_featureides_checklist(model: FeatureModel) -> None:
    text = write_featureide(model)
    _check_what_featureide_asks_of_a_file(text)
    assert read_featureide(text, "m.xml") == model


def test_each_group_beside_others_has_a_helper() -> None:
    struct = etree.fromstring(write_featureide(SEVERAL).encode()).find("struct")
    assert struct is not None
    assert [(e.tag, e.get("name"), e.get("mandatory")) for e in struct[0] if e.tag != "attribute"] == [
        ("feature", "A", "true"),
        ("and", "N__group_2_", "true"),
        ("alt", "N__group_3", "true"),
        ("and", "N__group_4", "true"),
        ("and", "G", None),
    ]


def test_an_order_that_no_longer_fits_is_not_heeded() -> None:
    text = write_featureide(SEVERAL)
    assert 'key="constraint_order" value="2 4 3 1"' in text
    shorter = text.replace("\t\t<rule>\n\t\t\t<var>B</var>\n\t\t</rule>\n", "")
    constraints = read_featureide(shorter, "m.xml").constraints
    assert [constraint.is_indexed for constraint in constraints] == [False, False, True]
    other = read_featureide(text.replace("2 4 3 1", "4 2 3 1"), "m.xml").constraints
    assert other[0].formula == Implies(A, B)


def _check_what_featureide_asks_of_a_file(text: str) -> None:
    """What makes FeatureIDE 3.12 open a file without a problem marker, line by line."""
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


def test_recursive_attributes_keep_their_head() -> None:
    text = HEAD + (
        "<extendedFeatureModel>\n\t<struct>\n"
        '\t\t<and mandatory="true" name="A">\n'
        '\t\t\t<attribute configurable="true" name="cost" recursive="true" type="long" unit="EUR"/>\n'
        '\t\t\t<feature name="B">\n\t\t\t\t<attribute name="cost" value="7"/>\n\t\t\t</feature>\n'
        "\t\t</and>\n\t</struct>\n</extendedFeatureModel>\n"
    )
    model = read_featureide(text, "m.xml")
    assert [f.attribute("cost") for f in model.features()] == [Attribute("cost"), Attribute("cost", 7)]
    assert write_featureide(model) == text


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("one  ", "one  "),
        ("  one", "  one"),
        ("\n\t\tone\n\n\t\t two \n\t", "one\ntwo "),
        ("\t\t\n\t\tr\t", "r\t"),
        (" &#13;\n a\n b", "a\nb"),
        (" \n ", None),
    ],
)
def test_descriptions_are_normalised_once(text: str, description: str | None) -> None:
    source = _plain(f'<feature name="A"><graphics key="K" value="1"/><description>{text}</description></feature>')
    model = read_featureide(source, "m.xml")
    assert dict(model.root.notes).get("description") == description
    assert read_featureide(write_featureide(model), "m.xml") == model


@given(st.lists(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text("a'|1.e-true"), min_size=1))
def test_domains_come_back(values: list[int | float | str]) -> None:
    back = parse_domain(format_domain(tuple(values)))
    assert [(type(value), value) for value in back] == [(type(value), value) for value in values]


@given(st.floats(allow_nan=False) | st.integers(-(2**63), 2**63 - 1) | st.text() | st.booleans())
def test_constants_come_back(value: float | int | str | bool) -> None:
    back = parse_value(type_of(value), format_value(value))
    assert (type(back), back) == (type(value), value)


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


def _plain(struct: str, rules: str = "", root: str = "featureModel") -> str:
    return f"<{root}><struct>\n{struct}\n</struct><constraints>\n{rules}\n</constraints></{root}>"


TREE = '<and name="A"><feature name="B"/></and>'
VARS = "<var>A</var><var>B</var>"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["1:1: found no XML"]),
        ("features\n  A\n", ["1:1: found no XML"]),
        ("<feature_model/>", ["1:1: found <feature_model>, expected <featureModel> or <extendedFeatureModel>"]),
        ('<!DOCTYPE a [<!ENTITY x "y">]>\n<featureModel/>', ["1:1: found a DOCTYPE"]),
        ("<featureModel>\n<struct></featureModel>", ["2:23: found malformed XML (Opening and ending tag mismatch"]),
        ("<featureModel>&x;</featureModel>", ["1:17: found malformed XML (Entity 'x' not defined)"]),
        ("<featureModel/>", ["1:1: found no <struct>"]),
        ("<featureModel><struct/></featureModel>", ["1:15: found no feature in <struct>"]),
        (_plain(TREE + '<feature name="C"/>'), ["2:40: found a second root feature 'C', expected one"]),
        ("<featureModel><struct>" + TREE + "</struct>\n<struct/></featureModel>", ["2:1: found a second <struct>"]),
        (_plain('<AND name="A"/>'), ["2:1: found <AND> in <struct>, expected one of and, or, alt, feature"]),
        (_plain('<and name="A"><direct-alt/></and>'), ["2:15: found <direct-alt> in feature 'A'"]),
        (
            _plain('<and name="A">\n<feature name="A"/></and>'),
            ["3:1: found a second feature 'A', expected unique names"],
        ),
        (_plain("<feature/>"), ["2:1: found the feature name ''"]),
        (
            _plain('<feature name="A" mandatory="True"/>'),
            ["2:1: found mandatory='True' on <feature>, expected 'true' or"],
        ),
        (
            _plain('<feature name="A" abstract="1" colour="red"/>'),
            ["2:1: found the XML attribute 'colour'", "2:1: found abs"],
        ),
        (_plain('<feature name="A">text</feature>'), ["2:1: found the text 'text' in <feature>"]),
        (_plain('<feature name="A"><feature name="B"/></feature>'), ["2:19: found <feature> in <feature>"]),
        (
            _plain('<feature name="A"><attribute name="x" type="long"/></feature>'),
            ["2:19: found <attribute> in a <featureM"],
        ),
        (_plain(TREE, "<rule/>"), ["4:1: found 0 formulas in a rule, expected 1"]),
        (_plain(TREE, f"<rule>{VARS}</rule>"), ["4:1: found 2 formulas in a rule, expected 1"]),
        (_plain(TREE, '<rule x="1"><var>A</var></rule>'), ["4:1: found the XML attribute 'x' on <rule>"]),
        (_plain(TREE, "<rulez/>"), ["4:1: found <rulez> in <constraints>, expected <rule>"]),
        (_plain(TREE, "<rule><xor/></rule>"), ["4:7: found <xor> in a rule"]),
        (_plain(TREE, f"<rule><not>{VARS}</not></rule>"), ["4:7: <not> has 2 operands, expected 1"]),
        (_plain(TREE, f"<rule><imp>{VARS}<var>A</var></imp></rule>"), ["4:7: <imp> has 3 operands, expected 2"]),
        (_plain(TREE, "<rule><eq><var>A</var></eq></rule>"), ["4:7: <eq> has 1 operands, expected 2"]),
        (_plain(TREE, "<rule><disj/></rule>"), ["4:7: <disj> has 0 operands, expected at least 1"]),
        (_plain(TREE, f"<rule><imp>{VARS}<x/></imp></rule>"), ["4:36: found <x> in a formula"]),
        (_plain(TREE, "<rule><var> A</var></rule>"), ["4:7: found the unknown feature ' A' in a rule"]),
        (
            _plain(TREE, "<rule><var>X</var></rule>\n<rule/>\n<rule><not/></rule>"),
            ["4:7: found the unknown feature 'X'", "5:1: found 0 formulas", "6:7: <not> has 0 operands"],
        ),
    ],
)
def test_each_fault_has_its_place(text: str, problems: list[str]) -> None:
    _expect(text, problems)


@pytest.mark.parametrize(
    ("attributes", "problems"),
    [
        ('<attribute name="x" type="int" unit="" value="1"/>', ["found type 'int' of attribute 'x'"]),
        ('<attribute name="x" value="1"/>', ["found attribute 'x' without a type"]),
        ('<attribute type="long" value="1"/>', ["found an attribute without a name"]),
        ('<attribute name="x" type="long" value="1.5"/>', ["found value '1.5' of attribute 'x', expected an integer"]),
        ('<attribute name="x" type="double" value="5d"/>', ["found value '5d' of attribute 'x', expected a number"]),
        ('<attribute name="x" type="boolean" value="yes"/>', ["found value 'yes' of attribute 'x', expected 'true'"]),
        ('<attribute name="x" type="long" configurable="yes"/>', ["found configurable='yes'"]),
        ('<attribute name="x" type="long" foo="1"/>', ["found the XML attribute 'foo' on <attribute>"]),
        ('<attribute name="cardinality" type="string" value="many"/>', ["found cardinality 'many', expected one such"]),
        ('<attribute name="cardinality" type="string" value="3..1"/>', ["found cardinality [3..1]"]),
        ('<attribute name="cardinality" type="long" value="1"/>', ["found 'cardinality' with more than a value"]),
        (
            '<attribute name="feature_type" type="string" value="Int"/>',
            ["found feature_type 'Int', expected one of Boolean"],
        ),
        ('<attribute name="group_kind" type="string" value="xor"/>', ["found group_kind 'xor', expected 'or' or"]),
        (
            '<attribute name="group_kind" type="string" value="or"/>',
            ["found group_kind here", "found an empty or group"],
        ),
        (
            '<attribute name="group_helper" type="string" value="yes"/>',
            ["found a group helper as the root", "found group_helper 'yes'"],
        ),
        ('<attribute name="v" type="string" unit="uvl:value" value="[1,"/>', ["in the value '[1,' of attribute 'v'"]),
        (
            '<attribute name="constraint_descriptions" type="string" value="a"/>',
            ["found 1 descriptions, expected one for each of 0"],
        ),
        ('<attribute name="constraints" type="string" value="A &amp; ; A"/>', ["in the constraint 'A &': found"]),
        (
            '<attribute configurable="true" name="x" type="string" value="1|1"/>',
            ["the domain of A.x holds a value twice"],
        ),
        (
            '<attribute configurable="true" name="x" type="string" value="1|2"/>'
            '<attribute name="x_default" type="long" value="3"/>',
            ["found default 3 of 'x', expected a value of its domain"],
        ),
    ],
)
def test_each_fault_of_an_attribute_has_its_place(attributes: str, problems: list[str]) -> None:
    text = _plain(f'<feature name="A">\n{attributes}</feature>', root="extendedFeatureModel")
    _expect(text.replace("<constraints>\n\n</constraints>", ""), problems)


HELPER = '<attribute name="group_helper" type="string" value="true"/>'


@pytest.mark.parametrize(
    ("struct", "problems"),
    [
        (f'<and name="A">\n<or name="H">{HELPER}<feature name="B"/></or></and>', ["3:1: found the group helper 'H'"]),
        (f'<and name="A">\n<feature mandatory="true" name="H">{HELPER}</feature></and>', ["3:1: found the group"]),
        (f'<or name="A">\n<and name="H">{HELPER}<feature name="B"/></and><feature name="C"/></or>',
         ["3:1: found a group helper here"]),
        ('<and name="A"><feature name="B">\n'
         '<attribute name="constraint_descriptions" type="string" value="x"/></feature></and>',
         ["3:1: found constraint_descriptions here, expected it on the root"]),
    ],
)  # fmt: skip
def test_each_fault_of_a_group_helper_has_its_place(struct: str, problems: list[str]) -> None:
    text = _plain(struct, root="extendedFeatureModel")
    _expect(text.replace("<constraints>\n\n</constraints>", ""), problems)


def test_a_rule_about_a_group_helper_is_about_no_feature() -> None:
    tree = f'<and name="A"><or mandatory="true" name="H">{HELPER}<feature name="B"/><feature name="C"/></or></and>'
    _expect(_plain(tree, "<rule><var>H</var></rule>", "extendedFeatureModel"), ["4:7: found the unknown feature 'H'"])


def _expect(text: str, problems: list[str]) -> None:
    with pytest.raises(ReadError) as caught:
        read_featureide(text, "m.xml")
    assert len(caught.value.problems) == len(problems), caught.value.problems
    for found, expected in zip(caught.value.problems, problems, strict=True):
        assert re.match(r"m\.xml:\d+:\d+: ", found), found
        if expected[0].isdigit():
            assert found.startswith(f"m.xml:{expected}")
        else:
            assert expected in found


def test_bytes_that_are_no_utf8_have_a_place() -> None:
    with pytest.raises(ReadError, match=r"^m\.xml:2:1: found the byte 0xe4, expected UTF-8"):
        read_featureide(b"<featureModel>\n\xe4", "m.xml")


def test_a_character_that_xml_has_not_is_refused_with_its_place() -> None:
    """The message once had no place at all."""
    inner = Feature("B", attributes=(Attribute("x", ("a", {"k": "\x1f"}), span=Span("m.uvl", 7, 3)),))
    model = FeatureModel(Feature("A", (Group(GroupKind.OPTIONAL, (inner,)),)))
    with pytest.raises(UnsupportedError, match=r"^m\.uvl:7:3: found "):
        write_featureide(model)
    described = replace(model, root=Feature("A", notes=(("description", "\0"),), span=Span("m.uvl", 2, 1)))
    with pytest.raises(UnsupportedError, match=r"^m\.uvl:2:1: found the character '\\x00'"):
        write_featureide(described)
