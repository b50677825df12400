"""Damaged files of every kind: each is read, or refused with its place; quickly, in little memory, and nothing is lost.

`mutations/` makes the inputs; `make deep` reads 20,000 of each kind. benchmarks/mutations.py measures the same.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.formats.registry import parse_model
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from tests.places import ROOT
from tests.robustness.mutations import campaign
from tests.robustness.mutations.campaign import Tally, as_commands, input_of, read_range, write_input
from tests.robustness.mutations.kinds import KINDS, Kind
from tests.robustness.mutations.words import skipped_words

FAST_INPUTS = 60
DEEP_INPUTS = 20_000
COMMANDS = 20
"""Inputs of each kind that a command gets, too."""
SEED = 1

PATH = "damaged file"
FOUND = [
    ("uvl", "features\n\tR\n\t\tor\n\t\t\t\x0b\n\t\t\tc\n"),
    ("uvl", ""),
    ("sxfm", "<feature_model name='a'><![CDATA[a\nb</feature_model>"),
]
"""The smallest inputs that once went wrong, reduced from damaged files."""


def check_tally(tally: Tally) -> None:
    """Check that no input had a fault, and that some were accepted and some refused."""
    assert tally.findings == {}, (
        f"{tally.kind}: {tally.counts}; `python -m benchmarks.mutations --write KIND NUMBER FOLDER`"
    )
    assert tally.accepted > 0
    assert tally.refused > 0 or tally.kind == "state"  # a run is shown without the state that it lost


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_read_or_refused_with_its_place(kind: str) -> None:
    check_tally(read_range(kind, SEED, 0, FAST_INPUTS))


@pytest.mark.deep
@pytest.mark.parametrize("kind", KINDS)
def test_many_damaged_files_are_read_or_refused_with_their_place(kind: str) -> None:
    """Read them in workers. A stopped run goes on where it was, as long as no line of the program changes."""
    journal = ROOT / "build" / "mutations" / sources_hash() / f"{kind}.jsonl"
    check_tally(campaign.campaign(kind, SEED, DEEP_INPUTS, journal))


@pytest.mark.deep
@pytest.mark.parametrize("kind", KINDS)
def test_a_command_that_gets_a_damaged_file_ends_without_a_bug(kind: str) -> None:
    assert as_commands(kind, SEED, range(0, DEEP_INPUTS, DEEP_INPUTS // COMMANDS)).findings == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_file_is_read(kind: str, tmp_path: Path) -> None:
    for number, files in enumerate(KINDS[kind].seeds()):
        folder = tmp_path / str(number)
        folder.mkdir()
        KINDS[kind].read(write_input(kind, files, folder))


def sources_hash() -> str:
    """Return a hash of all that decides what becomes of an input."""
    digest = hashlib.sha256()
    for top in ("featurenet_uvl", "translators", "models", "tests/robustness/mutations"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".py", ".uvl", ".toml", ".cfg"):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def test_an_input_depends_on_its_number_alone() -> None:
    for kind in KINDS:
        assert input_of(kind, 1, 7) == input_of(kind, 1, 7) != input_of(kind, 1, 8)


@pytest.mark.parametrize(("name", "text"), FOUND, ids=[f"{name}-{text[:20]!r}" for name, text in FOUND])
def test_what_once_ended_in_a_traceback_is_refused_with_its_place(name: str, text: str) -> None:
    with pytest.raises(FeatureNetError) as caught:
        parse_model(text, PATH, name)
    assert re.match(rf"{PATH}:[0-9]+(:[0-9]+)?: .", str(caught.value))


def test_a_skipped_word_would_be_noticed() -> None:
    text = "features\n\tR\n\t\toptional\n\t\t\tA\nconstraints\n\tA | !R\n"
    model = read_uvl(text, PATH)
    assert isinstance(model, FeatureModel)
    assert not skipped_words(text, model)
    assert skipped_words(text.replace("A | !R", "A | !!R"), model) == {"!": 1}


def bad_reader(path: Path) -> None:
    """Fail in many ways, as the first byte of the file says."""
    data = path.read_bytes()
    if data.startswith(b"raise"):
        raise KeyError(data)
    if data.startswith(b"nowhere"):
        raise FeatureNetError("no place")


@pytest.mark.parametrize(
    ("content", "fault"), [(b"raise", "KeyError"), (b"nowhere", "UnsoundError: an error without its place")]
)
def test_a_reader_that_fails_would_be_noticed(monkeypatch: pytest.MonkeyPatch, content: bytes, fault: str) -> None:
    kind = Kind("x", lambda: [{"x": content}], (lambda rng, data, others: data,), bad_reader, ())
    monkeypatch.setitem(KINDS, "bad", kind)
    tally = read_range("bad", 1, 0, 5)
    assert [(found[: len(fault)], numbers) for found, numbers in tally.findings.items()] == [(fault, [0, 1, 2])]
    assert list(tally.counts.values()) == [5]
