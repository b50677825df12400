"""A FeatureIDE project: the files that Eclipse looks for, configurations over the written features, and refusals."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from featurenet_uvl.errors import FeatureNetError, ModelError, UnsupportedError, UsageError
from featurenet_uvl.ir.feature_model import Attribute, Cardinality, Feature, FeatureModel, Group, GroupKind
from featurenet_uvl.ir.sample import Selections
from featurenet_uvl.translators.formats.configurations.featureide import read_configuration
from featurenet_uvl.translators.formats.configurations.registry import align
from featurenet_uvl.translators.formats.featureide.project import featureide_project
from featurenet_uvl.translators.formats.featureide.reader import read_featureide

MODEL = FeatureModel(
    Feature(
        "Net",
        (
            Group(GroupKind.OR, (Feature("A"), Feature("B"))),
            Group(GroupKind.OPTIONAL, (Feature("C"),)),
        ),
    )
)


def test_what_eclipse_imports() -> None:
    files = featureide_project(MODEL, "net & co", Selections.of(("Net", "A", "B", "C"), [{"Net", "A"}, {"Net", "B"}]))
    assert list(files) == [".project", "model.xml", "configs/net & co_1.xml", "configs/net & co_2.xml"]
    project = etree.fromstring(files[".project"].encode())
    assert project.findtext("name") == "net & co"
    assert project.findtext("natures/nature") == "de.ovgu.featureide.core.featureProjectNature"
    pairs = {d.findtext("key"): d.findtext("value") for d in project.iter("dictionary")}
    assert pairs["equations"] == "configs"
    assert pairs["composer"] == "de.ovgu.featureide.core.ExtendedFeatureModeling"
    assert read_featureide(files["model.xml"], "model.xml") == MODEL


def test_a_configuration_decides_every_feature_of_the_file() -> None:
    files = featureide_project(MODEL, "net", Selections.of(("C", "B", "A", "Net"), [{"Net", "A"}]))
    struct = etree.fromstring(files["model.xml"].encode()).find("struct")
    assert struct is not None
    names = [element.get("name") or "" for element in struct.iter("and", "or", "alt", "feature")]
    found = align(read_configuration(files["configs/net_1.xml"], "c.xml"), "c.xml", names, "model.xml")
    assert list(found.configurations()) == [("Net", "Net__group_1", "A")]


def test_a_plain_model_without_configurations() -> None:
    files = featureide_project(FeatureModel(Feature("Net")), "net")
    assert list(files) == [".project", "model.xml"]
    assert "de.ovgu.featureide.core.FeatureModeling" in files[".project"]


@pytest.mark.parametrize(
    ("model", "name", "selected", "kind", "message"),
    [
        (MODEL, "a/b", {"Net"}, UsageError, "found the project name 'a/b'"),
        (MODEL, "", {"Net"}, UsageError, "found the project name ''"),
        (MODEL, "net", {"A"}, ModelError, "configuration 1: found the root 'Net' unselected"),
        (FeatureModel(Feature("X")), "net", {"Net"}, ModelError, "over other features"),
        (FeatureModel(Feature("Net", cardinality=Cardinality(1, 2))), "net", {"Net"}, UnsupportedError,
         "found a cardinality of 'Net'"),
        (FeatureModel(Feature("Net", attributes=(Attribute("k", domain=(1, 2)),))), "net", {"Net"}, UnsupportedError,
         "found the configurable attribute 'k' of 'Net'"),
    ],
)  # fmt: skip
def test_what_is_no_project(
    model: FeatureModel, name: str, selected: set[str], kind: type[FeatureNetError], message: str
) -> None:
    names = ("Net",) if model is not MODEL else ("Net", "A", "B", "C")
    with pytest.raises(kind, match=re.escape(message)):
        featureide_project(model, name, Selections.of(names, [selected]))


def test_a_feature_without_its_parent_is_refused() -> None:
    model = FeatureModel(Feature("R", (Group(GroupKind.OPTIONAL, (Feature("A", MODEL.root.groups[1:]),)),)))
    with pytest.raises(ModelError, match="configuration 1: found 'C' without its parent 'A'"):
        featureide_project(model, "net", Selections.of(("R", "A", "C"), [{"R", "C"}]))
