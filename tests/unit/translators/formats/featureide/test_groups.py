"""Several groups below one feature, and the order of constraints, in FeatureIDE's XML."""

from __future__ import annotations

from lxml import etree

from featurenet_uvl.ir.expression import (
    Implies,
)
from featurenet_uvl.translators.formats.featureide.reader import read_featureide
from featurenet_uvl.translators.formats.featureide.writer import write_featureide
from tests.unit.translators.formats.featureide.models import SEVERAL, A, B


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
