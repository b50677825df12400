"""The registry of formats: which one claims a text, who explains a text that nobody claims, and old names."""

from __future__ import annotations

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
