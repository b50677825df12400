"""The model files: read, verified, the same in both formats, and compiled."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.restriction import Restriction
from featurenet_uvl.translators.formats.featureide.writer import write_featureide
from featurenet_uvl.translators.formats.registry import read_model
from featurenet_uvl.translators.pipeline import compile_model, load_model
from tests.places import MODELS

UVL = sorted(MODELS.glob("*.uvl"))


@pytest.mark.parametrize("path", UVL, ids=lambda path: path.name)
def test_every_model_and_restriction_is_whole(path: Path) -> None:
    load_model(str(path)).verify()


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.xml")), ids=lambda path: path.name)
def test_the_featureide_file_is_that_of_the_uvl_file(path: Path) -> None:
    """`make models` writes it; a changed UVL file without it is found here."""
    model = read_model(str(path.with_suffix(".uvl")))
    assert isinstance(model, FeatureModel)
    assert read_model(str(path)) == model
    assert path.read_text(encoding="utf-8") == write_featureide(model)


def test_dnn_is_there_in_both_formats() -> None:
    assert {"dnn.uvl", "dnn.xml"} <= {path.name for path in MODELS.iterdir()}


def test_models_are_found_as_package_data() -> None:
    assert files("featurenet_uvl.models").joinpath("dnn.uvl").read_bytes() == (MODELS / "dnn.uvl").read_bytes()


def test_s1_restricts_dnn() -> None:
    restriction = read_model(str(MODELS / "s1.uvl"))
    assert isinstance(restriction, Restriction)
    assert Path(restriction.model_path).name == "dnn.uvl"
    assert restriction.bounds == {"Block": 5, "Cell": 5}


def test_s1_compiles_to_clauses_over_named_features() -> None:
    cnf = compile_model(str(MODELS / "s1.uvl"), bounds={"Block": 2, "Cell": 2})
    cnf.verify()
    names = cnf.variables.feature_names
    assert "Block_1_Cell_2_Input1_Convolution_kernel_3x3" in names
    assert "Block_2_Cell_2" in names
    assert "Block_3" not in names
    assert len(cnf.variables) > len(names) == len(cnf.variables.origins)


def test_without_the_rule_set_there_are_fewer_clauses_over_the_same_features() -> None:
    bounds = {"Block": 1, "Cell": 2}
    with_rules = compile_model(str(MODELS / "s1.uvl"), bounds=bounds)
    without = compile_model(str(MODELS / "s1.uvl"), bounds=bounds, with_rules=False)
    assert without.variables.feature_names == with_rules.variables.feature_names
    assert set(without.clauses) < set(with_rules.clauses)
