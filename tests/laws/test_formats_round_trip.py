"""The law of the formats: XML -> UVL -> XML and UVL -> XML -> UVL lose nothing, on many models and random ones."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pysat.solvers import Minicard

from featurenet_uvl.errors import FeatureNetError, UnsupportedError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.formats.featureide.groups import split_groups
from featurenet_uvl.translators.formats.featureide.reader import read_featureide
from featurenet_uvl.translators.formats.featureide.writer import write_featureide
from featurenet_uvl.translators.formats.registry import read_model as read_model_file
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from featurenet_uvl.translators.passes.rewrite_constraints import rewrite_constraints
from featurenet_uvl.translators.passes.to_cnf import to_cnf
from featurenet_uvl.translators.pipeline import to_boolean
from tests.places import MODELS, SHARED
from tests.strategies import random_model

CORPUS = SHARED / "corpus"
RANDOM_MODELS = 300
LARGEST_BYTES = 400_000

NOT_IN_XML = {"brackets.uvl": "found the feature name 'Brackets()[]{}'"}
"""FeatureIDE's editor opens no model with parentheses in a name."""


def featureide_models() -> Iterator[Path]:
    if not CORPUS.is_dir():
        pytest.skip("the corpora are not beside the project")
    with (CORPUS / "featureide/MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            path = CORPUS / "featureide" / row["file"]
            if row["kind"] in ("xml", "exml") and path.is_file() and int(row["bytes"]) < LARGEST_BYTES:
                yield path


def read_model(text: str) -> FeatureModel:
    model = read_uvl(text, "m.uvl")
    assert isinstance(model, FeatureModel)
    return model


def test_featureides_models_come_back_from_uvl_byte_for_byte() -> None:
    count = 0
    for path in featureide_models():
        model = read_featureide(path.read_bytes(), path.name)
        text = write_uvl(model)
        again = read_model(text)
        assert again == model, path
        assert write_featureide(again) == write_featureide(model), path
        assert write_uvl(again) == text, path
        count += 1
    assert count > 160


def uvl_models() -> Iterator[Path]:
    if not CORPUS.is_dir():
        pytest.skip("the corpora are not beside the project")
    return iter(sorted([*(CORPUS / "uvl").rglob("*.uvl"), *(CORPUS / "semantics").rglob("*.uvl")]))


def test_uvl_models_come_back_from_featureide_xml() -> None:
    count = 0
    for path in uvl_models():
        try:
            model = read_model_file(str(path))
        except FeatureNetError:
            continue  # test_uvl_corpus says which and why
        assert isinstance(model, FeatureModel)
        if path.name in NOT_IN_XML:
            with pytest.raises(UnsupportedError, match=re.escape(NOT_IN_XML[path.name])):
                write_featureide(model)
            continue
        comes_back(model, str(path))
        count += 1
    assert count > 100


def comes_back(model: FeatureModel, what: str) -> None:
    text = write_featureide(model)
    again = read_featureide(text, "m.xml")
    assert again == model, what
    assert write_featureide(again) == text, what


@pytest.mark.parametrize("path", sorted((MODELS).glob("*.uvl")), ids=lambda path: path.name)
def test_the_models_of_the_project_come_back(path: Path) -> None:
    model = read_model_file(str(path))
    if isinstance(model, FeatureModel):
        comes_back(model, path.name)


def test_random_models_come_back() -> None:
    count = 0
    for seed in range(RANDOM_MODELS):
        try:
            model = read_model(write_uvl(random_model(np.random.default_rng(seed))))
        except UnsupportedError:  # an empty text in a formula, which UVL cannot quote
            continue
        comes_back(model, f"seed {seed}")
        count += 1
    assert count > 0.9 * RANDOM_MODELS


def test_helpers_of_groups_change_no_configuration() -> None:
    """FeatureIDE's reading of the file selects the same sets of original features, and each helper with its parent."""
    compared = 0
    for seed in range(40):
        model = random_model(np.random.default_rng(seed))
        try:
            boolean = to_boolean(model).model
        except FeatureNetError:
            continue
        names = frozenset(feature.name for feature in boolean.features())
        with_helpers = split_groups(boolean)
        compared += with_helpers is not boolean
        assert configurations(with_helpers, names) == configurations(boolean, names)
    assert compared > 10


def configurations(model: FeatureModel, names: frozenset[str]) -> tuple[frozenset[frozenset[str]], int]:
    """Return the sets of selected features among `names`, and the number of configurations over all features."""
    builder = to_cnf(rewrite_constraints(model))
    features = [feature.name for feature in model.features()]
    found: set[frozenset[str]] = set()
    count = 0
    with Minicard(bootstrap_with=[list(clause) for clause in builder.clauses]) as solver:
        while solver.solve():
            true = set(solver.get_model())
            found.add(frozenset(name for number, name in enumerate(features, 1) if number in true and name in names))
            count += 1
            solver.add_clause([-number if number in true else number for number in range(1, builder.count + 1)])
    return frozenset(found), count
