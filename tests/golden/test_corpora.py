"""Models of other people: the code still gives the results on the page benchmarks/corpora.md.

After an intended change, run `python benchmarks/corpora.py` and review the changes of the page. The corpora lie
beside the project, in `../shared/corpus`; without them the tests are skipped.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from types import ModuleType
from typing import Any

import pytest

from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.reference import enumerate_configurations, tree_size
from featurenet_uvl.translators.pipeline import load_model
from tests.places import ROOT, SHARED

CORPUS = SHARED / "corpus"
PAGE = (ROOT / "benchmarks" / "corpora.md").read_text(encoding="utf-8").splitlines()

FAST_FEATURES = 110
"""Larger models are left to `make deep`; some of them need pyganak to be counted."""
FAST_BYTES = 50_000
"""Larger UVL files are left to `make deep`: the generated ones have 550 features, and take minutes."""
LARGEST_TREE = 1_000

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora are not beside the project")


@pytest.fixture(scope="module")
def corpora() -> ModuleType:
    spec = importlib.util.spec_from_file_location("corpora", ROOT / "benchmarks" / "corpora.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["corpora"] = module  # its dataclasses look there
    spec.loader.exec_module(module)
    return module


def check_verdict(corpora: ModuleType, row: dict[str, str]) -> None:
    """Check that the page has exactly the lines of this file."""
    verdict = corpora.judge(row)
    unexplained = [difference for difference in verdict.differences if not difference.reason]
    assert unexplained == [], verdict.file
    lines = [corpora.difference_line(verdict, difference) for difference in verdict.differences]
    if verdict.error:
        lines.append(corpora.refusal_line(verdict))
    elif not verdict.loads_in_featureide:
        lines.append(corpora.loaded_line(verdict))
    assert [line for line in PAGE if line.startswith(f"| {verdict.file} |")] == lines


def is_large(row: dict[str, str]) -> bool:
    return int(row["features"] or 0) > FAST_FEATURES


@pytest.mark.slow
def test_featureides_models_mean_what_featureide_says(corpora: ModuleType) -> None:
    rows = [row for row in corpora.featureide_rows() if not is_large(row)]
    for row in rows:
        check_verdict(corpora, row)
    assert len(rows) > 150


@pytest.mark.deep
def test_featureides_large_models_mean_what_featureide_says(corpora: ModuleType) -> None:
    pytest.importorskip("pyganak", reason="the exact counter, pyganak, is not installed")
    rows = [row for row in corpora.featureide_rows() if is_large(row)]
    for row in rows:
        check_verdict(corpora, row)
    assert len(rows) > 30


WRONG = {"features": "4", "core": "2", "dead": "1", "clauses": "7", "configurations": "4", "falseOptional": "1"}


def test_a_wrong_number_would_be_noticed(corpora: ModuleType) -> None:
    row = next(row for row in corpora.featureide_rows() if row["file"].endswith("2_Feature/2_6.xml"))
    for what, other in WRONG.items():
        (difference,) = corpora.judge({**row, what: other}).differences
        named = "false-optional" if what == "falseOptional" else what
        assert (difference.what, difference.theirs, difference.reason) == (named, int(other), "")
    (difference,) = corpora.judge({**row, "sat": "False"}).differences
    assert (difference.what, difference.reason) == ("satisfiable", "")


def test_the_small_models_have_their_published_counts(corpora: ModuleType) -> None:
    rows = corpora.semantics_rows()
    for file, expected in rows:
        path = CORPUS / "semantics" / file
        if expected is None:
            with pytest.raises(FeatureNetError):
                load_model(str(path))
        else:
            assert corpora.count_of_dimacs(path) == corpora.READ_OTHERWISE.get(file, expected), file
        assert corpora.semantics_line(file, expected) in PAGE
    assert len(rows) > 40


@pytest.mark.slow
def test_the_parsers_models_are_counted_or_refused_as_the_page_says(corpora: ModuleType) -> None:
    files = [file for file in corpora.uvl_files() if is_small(file)]
    for file in files:
        assert corpora.uvl_line(file) in PAGE
        if "/faulty/" in file:
            with pytest.raises(FeatureNetError):
                load_model(str(CORPUS / "uvl" / file))
    assert len(files) > 70


@pytest.mark.deep
def test_the_parsers_large_models_are_counted_or_refused_as_the_page_says(corpora: ModuleType) -> None:
    files = [file for file in corpora.uvl_files() if not is_small(file)]
    for file in files:
        assert corpora.uvl_line(file) in PAGE
    assert len(files) == 5


def is_small(file: str) -> bool:
    return (CORPUS / "uvl" / file).stat().st_size <= FAST_BYTES


@pytest.mark.slow
def test_the_parsers_models_have_the_configurations_of_the_reference(corpora: ModuleType) -> None:
    compared = 0
    for file in corpora.uvl_files():
        path = CORPUS / "uvl" / file
        try:
            model = load_model(str(path))
            if tree_size(model) > LARGEST_TREE:
                continue
            expected: Any = len(enumerate_configurations(model))
        except FeatureNetError:
            continue
        assert corpora.count_of_dimacs(path) == expected, file
        compared += 1
    assert compared > 50


def test_the_page_has_every_file_once(corpora: ModuleType) -> None:
    semantics = [file for file, _ in corpora.semantics_rows()]
    for file in [*semantics, *corpora.uvl_files()]:
        assert sum(line.startswith(f"| {file} |") for line in PAGE) == 1, file
    summary = re.search(r"Of (\d+) files (\d+) are read", "\n".join(PAGE))
    assert summary is not None
    assert int(summary[1]) == len(corpora.featureide_rows())
