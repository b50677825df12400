"""The named architectures: valid for the DIMACS of the model, built by Keras, in FeatureIDE's format, of known size."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pysat.solvers import Solver

from featurenet_uvl.decoding.encoder import encode_configuration, to_configuration
from featurenet_uvl.decoding.keras.build import build_keras_model
from featurenet_uvl.decoding.keras.verify import verify_keras_model
from featurenet_uvl.decoding.named import architecture_names, named_architecture
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import decode_solution
from featurenet_uvl.ir.architecture import Architecture, CellId
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.operations.network_files import load_named_model, network_text
from featurenet_uvl.translators.formats.configurations.registry import read_configurations
from featurenet_uvl.translators.pipeline import compile_feature_model, compile_model, load_model
from tests.places import MODELS

MNIST, CIFAR = (28, 28, 1), (32, 32, 3)

WEIGHTS: Mapping[str, tuple[int, int]] = {
    "inception_module": (2_131_018, 2_745_834),
    "inception_network": (605_818, 612_090),
    "lenet5": (545_546, 868_406),
    "mlp": (669_706, 1_841_162),
    "residual_block": (36_362, 46_250),
    "squeezenet": (731_556, 740_964),
}
"""Numbers of weights for MNIST's and CIFAR-10's images; Keras counts them again below."""


def network(name: str, shape: Shape = MNIST) -> Architecture:
    return named_architecture(name).architecture(shape, 10)


def test_all_of_them_are_known_here() -> None:
    assert architecture_names() == tuple(WEIGHTS)
    assert {path.stem for path in (MODELS / "architectures").glob("*.xml")} == set(WEIGHTS)


@pytest.mark.parametrize("name", WEIGHTS)
def test_keras_builds_it_as_configured(name: str) -> None:
    for shape, weights in zip((MNIST, CIFAR), WEIGHTS[name], strict=True):
        model = build_keras_model(network(name, shape))
        verify_keras_model(network(name, shape), model)
        assert model.count_params() == network(name, shape).weights() == weights


@pytest.mark.slow
@pytest.mark.parametrize("shape", [MNIST, pytest.param(CIFAR, marks=pytest.mark.deep)])
def test_all_are_configurations_of_the_whole_model_with_tensor_shapes(shape: Shape) -> None:
    model = load_model(str(MODELS / "dnn.uvl"))
    cnf = compile_feature_model(model, input_shape=shape)
    with Solver(name="cadical195", bootstrap_with=cnf.clauses) as solver:
        for name in WEIGHTS:
            row = encode_configuration(to_configuration(network(name, shape), model), cnf.variables)
            assert solver.solve(assumptions=[i if value else -i for i, value in enumerate(row.tolist(), 1)]), name
            assert to_architecture(decode_solution(row, cnf.variables), shape, 10) == network(name, shape)


def test_an_architecture_whose_shapes_do_not_fit_is_no_configuration() -> None:
    """The rule set refuses LeNet-5 on images of 9x9, not only the decoder."""
    bounds = {"Block": 3, "Cell": 2}
    model = load_model(str(MODELS / "dnn.uvl"), bounds=bounds)
    row = None
    for shape, fits in ((MNIST, True), ((9, 9, 1), False)):
        cnf = compile_feature_model(model, input_shape=shape)
        if row is None:
            row = encode_configuration(to_configuration(network("lenet5"), model), cnf.variables)
        with Solver(name="cadical195", bootstrap_with=cnf.clauses) as solver:
            literals = [i if value else -i for i, value in enumerate(row.tolist(), 1)]
            assert solver.solve(assumptions=literals) is fits


@pytest.mark.parametrize("name", WEIGHTS)
def test_the_featureide_file_is_that_of_the_toml_file(name: str) -> None:
    """`make models` writes it with every feature of the unfolded model, selected or not."""
    path = MODELS / "architectures" / f"{name}.xml"
    text = path.read_text(encoding="utf-8")
    assert text == network_text(network(name), "featureide", load_named_model(None, (), {}))
    variables = compile_model(str(MODELS / "dnn.uvl"), with_rules=False).variables
    assert read_configurations(text, str(path), variables).names == variables.feature_names
    assert text.count("manual=") == variables.feature_count


def test_the_inception_module_is_that_of_fig_6() -> None:
    """Nine cells, concatenations in cells 5, 8 and 9; cell 5 joins a 3x3 (cell 2) and a 5x5 convolution (cell 4)."""
    cells = {cell.id.cell: cell for cell in network("inception_module").cells}
    assert [number for number, cell in cells.items() if cell.combination == "Concat"] == [5, 8, 9]
    assert len(cells) == 9
    assert cells[5].sources == (CellId(1, 2), CellId(1, 4))
    assert [cells[number].input1.kernel for number in (2, 4)] == ["3x3", "5x5"]  # type: ignore[attr-defined]  # convolutions
    assert cells[9].sources == (CellId(1, 5), CellId(1, 8))
    modules = [cell for cell in network("inception_network").cells if cell.combination == "Concat"]
    assert [str(cell.id) for cell in modules] == [f"b{block}_c{cell}" for block in (2, 3) for cell in (5, 8, 9)]
