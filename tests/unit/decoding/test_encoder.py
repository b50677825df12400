"""Configuration -> Architecture -> Configuration is the identity; refusals name parts outside of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from featurenet_uvl.decoding.encoder import configuration_of_cells, encode_configuration, to_configuration
from featurenet_uvl.decoding.named import architecture_names, named_architecture
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import decode_solution
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import Architecture, CellId
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.layers import Dense, Shape
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.pipeline import compile_feature_model, load_model
from tests.places import MODELS


@pytest.fixture(scope="module")
def dnn() -> FeatureModel:
    return load_model(str(MODELS / "dnn.uvl"))


@pytest.mark.parametrize(
    ("path", "bounds", "shape", "count"),
    [
        ("s1.uvl", {"Block": 3, "Cell": 4}, (28, 28, 1), 30),
        ("dnn.uvl", {"Block": 2, "Cell": 3}, (8, 8, 1), 40),
        ("s2.uvl", {}, (32, 32, 3), 30),
        ("small.uvl", {}, (8, 8, 1), 30),
    ],
)
def test_configuration_to_architecture_and_back_is_the_identity(
    path: str, bounds: Mapping[str, int], shape: Shape, count: int
) -> None:
    model = load_model(str(MODELS / path), bounds=bounds)
    cnf = compile_feature_model(model, input_shape=shape)
    for row in draw(cnf, Request(count, seed=11), "steered").selected:
        configuration = decode_solution(row, cnf.variables)
        architecture = to_architecture(configuration, shape, 10)
        again = to_configuration(architecture, model)
        assert list(again.instances.items()) == list(configuration.instances.items())
        assert to_architecture(again, shape, 10) == architecture
        assert (encode_configuration(again, cnf.variables) == row).all()


def network(name: str = "lenet5", shape: Shape = (28, 28, 1)) -> Architecture:
    return named_architecture(name).architecture(shape, 10)


def changed(architecture: Architecture, id_: CellId, **parts: Any) -> Architecture:
    cells = tuple(replace(cell, **parts) if cell.id == id_ else cell for cell in architecture.cells)
    return replace(architecture, cells=cells)


def test_every_named_architecture_is_inside_of_the_model(dnn: FeatureModel) -> None:
    for name in architecture_names():
        assert to_architecture(to_configuration(network(name), dnn), (28, 28, 1), 10) == network(name)


def test_all_values_outside_of_their_domains_are_named(dnn: FeatureModel) -> None:
    odd = changed(network(), CellId(3, 2), input1=Dense(85, "gelu"))
    with pytest.raises(DecodeError) as error:
        to_configuration(odd, dnn)
    assert str(error.value).splitlines() == [
        "cell b3_c2: Input1_Dense.neurons: found 85, expected one of 16, 84, 96, 256, 512, 1024",
        "cell b3_c2: Input1_Dense.activation: found 'gelu', expected one of 'linear', 'relu', 'sigmoid', 'tanh',"
        " 'softmax'",
    ]


def test_too_many_cells_and_too_many_blocks_are_named() -> None:
    small = load_model(str(MODELS / "dnn.uvl"), bounds={"Block": 2, "Cell": 4})
    with pytest.raises(DecodeError, match=r"the configuration: found 3 instances of Block, expected \[1\.\.2\]"):
        to_configuration(network(), small)
    with pytest.raises(DecodeError, match=r"block 1: found 9 instances of Cell, expected \[1\.\.4\]"):
        to_configuration(network("inception_module"), small)


def test_sources_that_no_destination_explains_are_refused(dnn: FeatureModel) -> None:
    odd = changed(network(), CellId(1, 2), sources=())
    with pytest.raises(
        DecodeError, match="cell b1_c2: found sources none, expected b1_c1, as the destinations of the cells say"
    ):
        to_configuration(odd, dnn)


CELL: Mapping[str, Mapping[str, Any]] = {
    **{name: {} for name in ("Input1_Identity", "Operation1_Void", "Input2_Zeros", "Operation2_Void")},
    **{name: {} for name in ("Combination_Sum", "Output_Out")},
}


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            {**CELL, "Input1_Attention": {}},
            "found Input1_Attention, expected a feature of the model below Cell: Input1_Id",
        ),
        ({**CELL, "Block": {}}, "found Block, expected a feature of the model below Cell"),
        ({**CELL, "Input1_Dense": {}}, "Input1_Dense.neurons: found no value, expected one of 16"),
        (
            {**CELL, "Combination_Product": {}},
            "found Combination_Product, Combination_Sum, expected one of Combination_Sum",
        ),
        ({k: v for k, v in CELL.items() if k != "Output_Out"}, "found none, expected one of Output_Cell, Output_Block"),
        ({**CELL, "Output_Out": {"rate": 1}}, "found Output_Out.rate, expected no attribute"),
        ({**CELL, "Operation1_Void": {}, "Input1_Identity": {"x": True}}, "Input1_Identity.x, expected no attribute"),
    ],
)
def test_cells_that_the_tree_does_not_allow_are_refused(cell: Any, message: str, dnn: FeatureModel) -> None:
    with pytest.raises(DecodeError) as error:
        configuration_of_cells({CellId(1, 1): cell}, dnn)
    assert any(line.startswith("cell b1_c1: ") and message in line for line in str(error.value).splitlines())


def test_a_truth_value_is_no_number(dnn: FeatureModel) -> None:
    pooling = {"kernel": "2x2", "stride": True, "type": "max", "padding": "same"}
    cell = {k: v for k, v in CELL.items() if k != "Input1_Identity"} | {"Input1_Pooling": pooling}
    with pytest.raises(DecodeError, match=r"Input1_Pooling\.stride: found True, expected one of 1, 2, 3"):
        configuration_of_cells({CellId(1, 1): cell}, dnn)


def test_a_cnf_of_a_smaller_bound_lacks_the_variables(dnn: FeatureModel) -> None:
    small = load_model(str(MODELS / "dnn.uvl"), bounds={"Block": 1, "Cell": 1})
    cnf = compile_feature_model(small, with_rules=False)
    with pytest.raises(DecodeError, match=r"found Cell\[1,2\], .* and \d+ more, expected parts for which the model"):
        encode_configuration(to_configuration(network(), dnn), cnf.variables)
