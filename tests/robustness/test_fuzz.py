"""Damaged files of every format: each is read, or refused with its place; quickly, and without skipping anything."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random

import pytest

from featurenet_uvl.errors import FeatureNetError, UnsupportedError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.system.files import decode_text
from featurenet_uvl.translators.formats.configurations.config import read_config
from featurenet_uvl.translators.formats.configurations.csv import read_csv
from featurenet_uvl.translators.formats.configurations.featureide import read_configuration
from featurenet_uvl.translators.formats.configurations.pdt import read_pdt
from featurenet_uvl.translators.formats.configurations.sample_file import parse_sample
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
from featurenet_uvl.translators.formats.featureide.reader import read_featureide
from featurenet_uvl.translators.formats.sxfm.reader import read_sxfm
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from tests.robustness import mutations

FAST_FILES = 2_000
DEEP_FILES = 200_000
SECONDS = 1.0
"""Longest time per file in seconds."""
LONGEST_LINE = 4_000
"""Most characters per line of an error."""

PATH = "damaged file"
NAMES = ("App", "Log", "Log to file")

FORMATS: dict[str, tuple[Callable[[str, str], object], Sequence[str], tuple[str, ...]]] = {
    "uvl": (read_uvl, mutations.UVL, (".uvl",)),
    "featureide": (read_featureide, mutations.FEATUREIDE, ("model.xml",)),
    "sxfm": (read_sxfm, mutations.SXFM, (".sxfm.xml", ".splx")),
    "dimacs": (read_dimacs, mutations.DIMACS, (".dimacs", ".cnf")),
    "sample": (parse_sample, mutations.SAMPLE, ()),
    "configuration": (read_configuration, mutations.CONFIGURATION, ()),
    "config": (lambda text, path: read_config(text, path, NAMES, ("App",)), mutations.CONFIG_LIST, (".config",)),
    "csv": (read_csv, mutations.CSV, ()),
    "pdt": (read_pdt, mutations.PDT, ()),
}
"""Reader, seeds, and the endings of corpus files that are seeds, too."""

FOUND = [
    ("uvl", "features\n\tR\n\t\tor\n\t\t\t\x0b\n\t\t\tc\n"),
    ("uvl", ""),
    ("sxfm", "<feature_model name='a'><![CDATA[a\nb</feature_model>"),
]
"""The smallest inputs that once went wrong, reduced from damaged files."""

_PLACE = re.compile(rf"{PATH}:[0-9]+(:[0-9]+)?: .", re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_file_is_read_or_refused_with_its_place(name: str) -> None:
    check_damaged_files(name, FAST_FILES, seed=1)


@pytest.mark.deep
@pytest.mark.parametrize("name", FORMATS)
def test_many_damaged_files_are_read_or_refused_with_their_place(name: str) -> None:
    check_damaged_files(name, DEEP_FILES, seed=2)


@pytest.mark.parametrize(("name", "text"), FOUND, ids=[f"{name}-{text[:20]!r}" for name, text in FOUND])
def test_what_once_ended_in_a_traceback_is_refused_with_its_place(name: str, text: str) -> None:
    with pytest.raises(FeatureNetError) as caught:
        FORMATS[name][0](text, PATH)
    assert list(unplaced(str(caught.value))) == []


def check_damaged_files(name: str, count: int, seed: int) -> None:
    read, texts, endings = FORMATS[name]
    seeds = [*(text.encode() for text in texts), *mutations.corpus_files(*endings)]
    rng = Random(f"{name} {seed}")
    accepted = refused = 0
    for _ in range(count):
        data = mutations.damaged(rng, seeds)
        start = time.process_time()
        try:
            text = decode_text(data, PATH)
            found = read(text, PATH)
        except FeatureNetError as error:
            refused += 1
            for problem in unplaced(str(error)):
                pytest.fail(f"{problem!r} of {data!r}")
        except Exception as error:  # whatever it is, the input that causes it is what counts
            pytest.fail(f"{type(error).__name__} {error} of {data!r}")
        else:
            accepted += 1
            if isinstance(found, FeatureModel) and name == "uvl":
                check_nothing_is_skipped(text, found)
        assert time.process_time() - start < SECONDS, data
    assert accepted > count / 100
    assert refused > count / 4


def unplaced(message: str) -> Iterator[str]:
    """Return the lines of an error that do not begin with a place; the last line may count the others."""
    *lines, last = message.split("\n")
    if not (lines and re.fullmatch(rf"({PATH}: )?(and )?[0-9]+ (more|further) problems", last)):
        lines.append(last)
    for line in lines:
        if not _PLACE.match(line) or len(line) > LONGEST_LINE:
            yield line


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
            word = f"[{int(lower)}..{upper if upper == '*' else int(upper or lower)}]"
        elif match.lastgroup == "number":
            word = str(float(word)) if "." in word else str(int(word))
        if word not in _NO_CONTENT:
            found[word] += 1
    return found


def check_nothing_is_skipped(text: str, model: FeatureModel) -> None:
    """Check that the names, values and operators of an accepted text reappear when its model is written."""
    if "//" in text or "/*" in text:
        return  # a comment may hold words
    try:
        written = write_uvl(model)
    except UnsupportedError:
        return
    skipped = words_of(text) - words_of(written)
    assert not skipped, f"{dict(skipped)} of\n{text}\nis not in\n{written}"


def test_a_skipped_word_would_be_noticed() -> None:
    text = "features\n\tR\n\t\toptional\n\t\t\tA\nconstraints\n\tA | !R\n"
    model = read_uvl(text, PATH)
    assert isinstance(model, FeatureModel)
    check_nothing_is_skipped(text, model)
    with pytest.raises(AssertionError, match=r"'!': 1"):
        check_nothing_is_skipped(text.replace("A | !R", "A | !!R"), model)
    assert list(unplaced("no place")) == ["no place"]
