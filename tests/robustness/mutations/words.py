"""The words of a UVL text, to see whether a reader has skipped any."""

from __future__ import annotations

import re
from collections import Counter

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.formats.uvl.writer import write_uvl

_WORD = re.compile(
    r"""(?P<cardinality>\[-?\d+(?:\.\.(?:\d+|\*))?\]) | "(?P<quoted>[^"\n]*)"
    | (?P<name>[A-Za-z][A-Za-z0-9_#§%?\\äüöß;]*) | (?P<number>\d*\.\d+|\d+)
    | (?P<sign><=>|=>|==|!=|<=|>=|[<>!&|+\-*/])""",
    re.VERBOSE,
)
_NO_CONTENT = frozenset({"include", "Arithmetic", "Boolean", "Type", "true", "constraint", "constraints", "imports"})
"""Words that may be left out: levels, defaults, and places of constraints; a text counts as its words."""


_WITHOUT_CONTENT = re.compile(r"(?m)^include.*\n(?:[ \t].*\n|\n)*|\babstract\s+false\b")


def words_of(text: str) -> Counter[str]:
    """Count each name, value and operator of a UVL text."""
    found: Counter[str] = Counter()
    for match in _WORD.finditer(_WITHOUT_CONTENT.sub("", text)):
        word = match[match.lastgroup or 0]
        if match.lastgroup == "cardinality":
            lower, _, upper = word[1:-1].partition("..")
            word = f"[{_whole(lower)}..{upper if upper == '*' else _whole(upper or lower)}]"
        elif match.lastgroup == "number":
            word = str(float(word)) if "." in word else _whole(word)
        if word not in _NO_CONTENT:
            found[word] += 1
    return found


def _whole(digits: str) -> str:
    """Return a number as Python writes it; one with thousands of digits as it is."""
    return str(int(digits)) if len(digits) < 4_000 else digits


def skipped_words(text: str, model: FeatureModel) -> Counter[str]:
    """Return the names, values and operators of an accepted text that do not reappear when its model is written."""
    if "//" in text or "/*" in text:
        return Counter()  # a comment may hold words
    try:
        written = write_uvl(model)
    except UnsupportedError:
        return Counter()
    return words_of(text) - words_of(written)
