"""flamapy, an independent tool, counts the same configurations as this project."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("flamapy.metamodels.fm_metamodel", reason="the extra flamapy is not installed")


from featurenet_uvl.analysis.count import count_solutions
from featurenet_uvl.errors import ReadError, UnsupportedError
from featurenet_uvl.ir.feature_model import FeatureModel, GroupKind
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.reference import enumerate_configurations
from featurenet_uvl.translators.formats.flamapy.bridge import to_flamapy
from featurenet_uvl.translators.formats.registry import read_model
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from featurenet_uvl.translators.pipeline import compile_feature_model, emit
from tests.places import SHARED
from tests.unit.translators.formats.flamapy.models import count_of, random_boolean_models

CORPUS = SHARED / "corpus"

NETWORK = """features
	Network {array_constraints ['Wide[i] => Block[i+1]']}
		mandatory
			Block cardinality [1..3]
				optional
					Wide {stride {domain [1, 2]}}
				alternative
					Convolution {kernel {domain ['1x1', '3x3', '5x5']}}
					Pooling
constraints
	Wide.stride == 2 => Convolution.kernel != '1x1'
"""


def flamapys_count(model: FeatureModel) -> int:
    operations = pytest.importorskip("flamapy.metamodels.bdd_metamodel.operations", reason="flamapy-bdd is missing")
    from flamapy.metamodels.bdd_metamodel.transformations import FmToBDD

    return int(operations.BDDConfigurationsNumber().execute(FmToBDD(to_flamapy(model)).transform()).get_result())


def is_beyond_flamapys_bdd(model: FeatureModel) -> bool:
    """Whether a `[n..m]` group has one feature that is neither mandatory nor optional, which crashes flamapy."""
    groups = [g for f in model.features() for g in f.groups if g.kind is GroupKind.CARDINALITY and len(g.members) == 1]
    return any((c.lower, c.upper) not in ((0, 1), (1, 1)) for g in groups if (c := g.cardinality))


def test_flamapy_counts_random_boolean_models_alike() -> None:
    compared = 0
    for model in random_boolean_models(range(1_000, 1_150)):
        if is_beyond_flamapys_bdd(model) or sum(1 for _ in model.features()) > 25:
            continue
        try:
            theirs = flamapys_count(model)
        except UnsupportedError:
            continue
        assert theirs == count_of(model)
        compared += 1
    assert compared > 60


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora are not beside the project")
def test_flamapy_counts_the_boolean_models_of_the_corpus_alike() -> None:
    compared = 0
    for folder in ("bool", "fc", "names", "lex"):
        for path in sorted((CORPUS / "semantics" / folder).glob("*.uvl")):
            source = read_model(str(path))
            assert isinstance(source, FeatureModel)
            model = emit(source, "rewrite_constraints")
            if folder == "names" or is_beyond_flamapys_bdd(model):  # its BDD mixes up names that need quotes
                continue
            assert flamapys_count(model) == len(enumerate_configurations(source)), path.name
            compared += 1
    assert compared >= 10


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora are not beside the project")
def test_flamapy_counts_featureides_small_models_alike() -> None:
    """The models go through the bridge, as flamapy's own FeatureIDE reader gets most of them wrong."""
    compared = 0
    for path in sorted((CORPUS / "featureide").rglob("*.xml")):
        try:
            model = read_model(str(path))
        except ReadError:
            continue
        assert isinstance(model, FeatureModel)
        names = [feature.name for feature in model.features()]
        if len(names) > 24 or not all(name.isidentifier() and name.isascii() for name in names):
            continue  # its BDD mixes up names that need quotes
        model = map_features(model, lambda feature: replace(feature, notes=(), attributes=()))
        model = replace(model, notes=())
        assert flamapys_count(model) == count_solutions(compile_feature_model(model), engine="bdd").value, path.name
        compared += 1
    assert compared > 60


@pytest.mark.slow
def test_flamapy_counts_what_the_reference_enumerates(tmp_path: Path) -> None:
    from flamapy.metamodels.bdd_metamodel.operations import BDDConfigurationsNumber
    from flamapy.metamodels.bdd_metamodel.transformations import FmToBDD
    from flamapy.metamodels.fm_metamodel.transformations import UVLReader

    source, boolean = tmp_path / "network.uvl", tmp_path / "boolean.uvl"
    source.write_text(NETWORK, encoding="utf-8")
    model = read_model(str(source))
    assert isinstance(model, FeatureModel)
    unfolded = emit(model, "rewrite_constraints")
    boolean.write_text(write_uvl(unfolded), encoding="utf-8")
    theirs = UVLReader(str(boolean)).transform()
    assert sorted(feature.name for feature in theirs.get_features()) == sorted(f.name for f in unfolded.features())
    count = BDDConfigurationsNumber().execute(FmToBDD(theirs).transform()).get_result()
    assert count == len(enumerate_configurations(model))
