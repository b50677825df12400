"""Reading FeatureIDE's XML: places, attributes, descriptions, and each fault with its place."""

from __future__ import annotations

import re

import pytest

from featurenet_uvl.errors import ReadError
from featurenet_uvl.ir.feature_model import (
    Attribute,
)
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.featureide.reader import read_featureide
from featurenet_uvl.translators.formats.featureide.writer import write_featureide
from tests.unit.translators.formats.featureide.models import HEAD


def test_places_are_those_of_the_start_tags() -> None:
    tree = "<struct><and name='A'>\n  <!-- <x> --><feature name='B'/></and></struct>"
    text = f"<!-- <and> -->\n<featureModel>\n{tree}</featureModel>"
    assert [f.span for f in read_featureide(text, "m.xml").features()] == [Span("m.xml", 3, 9), Span("m.xml", 4, 15)]


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
