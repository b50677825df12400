"""S1, S2, S3 and small: the parts of networks that they fix, and their inclusion in one another."""

from __future__ import annotations

import pytest

from featurenet_uvl.analysis.count import count_solutions
from featurenet_uvl.decoding.named import named_architecture
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import decode_solution
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.layers import Convolution, Dense, Pooling, Shape
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.pipeline import compile_feature_model, compile_model, load_model
from tests.places import MODELS
from tests.unit.models.membership import is_configuration


def networks(name: str, count: int, shape: Shape = (28, 28, 1)) -> list[Architecture]:
    cnf = compile_model(str(MODELS / name), input_shape=shape)
    rows = draw(cnf, Request(count, seed=8), "steered").selected
    return [to_architecture(decode_solution(row, cnf.variables), shape, 10) for row in rows]


def test_lenet5_is_in_s1_and_s2_and_not_in_s3() -> None:
    lenet = named_architecture("lenet5").architecture((28, 28, 1), 10)
    for name, expected in (("s1.uvl", True), ("s2.uvl", True), ("s3.uvl", False)):
        assert is_configuration(lenet, str(MODELS / name)) is expected, name


def test_every_network_of_s2_has_the_structure_of_lenet5() -> None:
    lenet = named_architecture("lenet5").architecture((28, 28, 1), 10)
    for network in networks("s2.uvl", 60):
        for cell, like in zip(network.cells, lenet.cells, strict=True):
            assert type(cell.input1) is type(like.input1)
            parts = ("id", "sources", "operation1", "input2", "operation2", "combination", "destination")
            assert all(getattr(cell, part) == getattr(like, part) for part in parts)


def test_the_parameters_of_s2_are_free() -> None:
    """Without tensor shapes, S2 has one configuration for each choice of parameters within S1's limits."""
    convolutions = 6 * 9 * 3 * 2 * 4 * 2  # kernel, filters, stride, padding, activation, type
    poolings, dense = 3 * 3 * 2 * 2, 5 * 5
    cnf = compile_model(str(MODELS / "s2.uvl"), with_rules=False)
    assert count_solutions(cnf).value == convolutions**3 * poolings**2 * dense


def test_s3_has_3x3_kernels_and_strides_of_3() -> None:
    for network in networks("s3.uvl", 40):
        found = [cell.input1 for cell in network.cells if isinstance(cell.input1, Convolution)]
        assert len(found) == 3
        assert {(layer.kernel, layer.stride) for layer in found} == {("3x3", 3)}
    convolutions, poolings, dense = 9 * 2 * 4 * 2, 3 * 3 * 2 * 2, 5 * 5
    cnf = compile_model(str(MODELS / "s3.uvl"), with_rules=False)
    assert count_solutions(cnf).value == convolutions**3 * poolings**2 * dense


def test_s3_and_small_are_parts_of_what_they_import() -> None:
    for name, whole in (("s3.uvl", "s2.uvl"), ("small.uvl", "s1.uvl")):
        inner, outer = load_model(str(MODELS / name)), load_model(str(MODELS / whole))
        assert inner.constraints[: len(outer.constraints)] == outer.constraints
        assert all(is_configuration(network, str(MODELS / whole)) for network in networks(name, 3))


@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 32, 3)])
def test_networks_of_small_are_small(shape: Shape) -> None:
    for network in networks("small.uvl", 60, shape):
        assert len(network.cells) <= 4
        first = network.cells[0].input1
        assert isinstance(first, Convolution)
        assert first.stride >= 2
        for cell in network.cells:
            for layer in (cell.input1, cell.input2):
                assert not isinstance(layer, Convolution) or layer.filters <= 32
                assert not isinstance(layer, Dense) or layer.neurons <= 96
                assert isinstance(layer, Pooling) or "type" not in vars(layer) or layer.kernel != "7x7"  # type: ignore[attr-defined]


def test_nine_cells_do_not_change_s1_at_5x5() -> None:
    """The default model has nine cells; S1 bounds them to five, as if the model had no more."""
    text = (MODELS / "dnn.uvl").read_text(encoding="utf-8")
    assert "Cell cardinality [1..9]" in text
    cnf = compile_feature_model(load_model(str(MODELS / "s1.uvl")), with_rules=False)
    assert {origin.indices for origin in cnf.variables.origins if len(origin.indices) == 2} == {
        (block, cell) for block in range(1, 6) for cell in range(1, 6)
    }
