"""The registry of formats: which one claims a text, who explains a text that nobody claims, and old names."""

from __future__ import annotations

import re

import pytest

from featurenet_uvl.errors import ReadError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.formats import registry
from featurenet_uvl.translators.formats.registry import FORMATS, detect_format, parse_model

CLAIMED = {
    "uvl": ("features\n\tA", "// comment\n/* two\nlines */ features", "\ufeff namespace n", "imports\n", "include\n"),
    "featureide": ("<featureModel/>", "<?xml version='1.0'?>\n<!-- <feature_model> -->\n<extendedFeatureModel>"),
    "sxfm": ("<feature_model name='x'>", "<!-- a --><?xml version='1.0'?><feature_model>"),
    "fama": ("<feature-model>",),
    "afm": ("%Relationships",),
    "glencoe": ('{"tree": {}}', '{"features": {}, "tree" : {}}'),
    "json": ('{"features": {}}',),
}
GUESSED = {"uvl": ("", "A", "featuresque", "[]"), "featureide": ("<", "<x/>"), "json": ("{", '{"x": 1}')}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in CLAIMED.items() for text in texts])
def test_one_format_claims_each_text(name: str, text: str) -> None:
    start = text.lstrip("\ufeff \t\r\n")
    assert [other for other, entry in FORMATS.items() if entry.detect(start)] == [name]
    assert detect_format(text) == name


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in GUESSED.items() for text in texts])
def test_the_first_character_decides_about_a_text_that_no_format_claims(name: str, text: str) -> None:
    start = text.lstrip("\ufeff \t\r\n")
    assert not any(entry.detect(start) for entry in FORMATS.values())
    assert detect_format(text) == name


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Dear all,\n\nthis is a letter.\nIt is long.\n" * 30, "a text that begins with 'Dear all,'"),
        ("# Title\n\nA page.\nIt is long.\n" * 30, "a text in Markdown, or settings"),
        ("a,b\n1,2\n3,4\n" * 30, "a table, such as CSV"),
        ('[network]\nname = "x"\nsize = 3\n' * 30, "a file of settings, such as TOML"),
        ("import os\nos.getcwd()\n" * 30, "a program"),
    ],
)
def test_a_text_of_another_kind_is_a_few_lines(text: str, kind: str) -> None:
    with pytest.raises(ReadError) as caught:
        parse_model(text, "m")
    *problems, more, last = caught.value.problems
    assert len(problems) == 3
    assert re.fullmatch(r"m: and [1-9][0-9]* more problems", more)
    assert last == f"m: found {kind}, expected a feature model"


def test_a_model_with_a_slip_at_its_start_shows_it_first() -> None:
    with pytest.raises(ReadError) as caught:
        parse_model("Features\n\tA\n\t\toptional\n\t\t\tB\n", "m")
    assert caught.value.problems[0].startswith("m:1:1: found name 'Features', expected a section")


def test_a_format_that_is_named_is_not_detected() -> None:
    model = parse_model("// an outline\nfeatures\n\tA\n", "m", "uvl")
    assert isinstance(model, FeatureModel)
    with pytest.raises(ReadError, match=r"^m:1:1: found no XML"):
        parse_model("features\n\tA\n", "m", "featureide")


def test_the_readers_are_found_by_their_old_name() -> None:
    with pytest.warns(DeprecationWarning, match=r"READERS is now .*FORMATS"):
        readers = registry.READERS
    assert readers["uvl"] is FORMATS["uvl"].read
    with pytest.raises(AttributeError, match="has no attribute 'SCRIBES'"):
        _ = registry.SCRIBES
