"""The page docs/formats.md: its two examples are each other's translation."""

import re

from featurenet_uvl.translators.formats.featureide.reader import read_featureide
from featurenet_uvl.translators.formats.featureide.writer import write_featureide
from featurenet_uvl.translators.formats.registry import parse_model
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from tests.places import DOCS

PAGE = DOCS / "formats.md"


def test_the_examples_are_one_model() -> None:
    text = PAGE.read_text(encoding="utf-8")
    (uvl,) = re.findall(r"```uvl\n(.*?)```", text, re.DOTALL)
    (xml,) = re.findall(r"```xml\n(.*?)```", text, re.DOTALL)
    model = read_featureide(xml, "page.xml")
    assert parse_model(uvl, "page.uvl") == model
    assert write_featureide(model) == xml
    assert parse_model(write_uvl(model), "page.uvl") == model
