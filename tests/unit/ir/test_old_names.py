"""Names of networks that the docs of version 0.1 used still work; those that moved warn."""

from __future__ import annotations

import json

import pytest

from featurenet_uvl.decoding.named import named_architecture
from featurenet_uvl.drawing.svg import architecture_svg
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.layers import (
    INPUT_LAYERS,
    OPERATION_LAYERS,
    Layer,
    Shape,
    ShapeError,
    parse_kernel,
    window_output_size,
)
from featurenet_uvl.testing.layer_kinds import check_layer_kind


def test_names_of_the_docs_of_0_1_are_where_they_were() -> None:
    shape: Shape = (28, 28, 1)
    network = named_architecture("lenet5").architecture(shape, 10)
    assert architecture_svg(network, title="LeNet-5").startswith("<svg")
    assert all(issubclass(kind, Layer) for kind in (*INPUT_LAYERS.values(), *OPERATION_LAYERS.values()))
    assert (parse_kernel("3x1"), window_output_size(28, 5, 2, "valid")) == ((3, 1), 12)
    assert issubclass(ShapeError, ValueError)
    check_layer_kind(INPUT_LAYERS["Identity"], {})


def test_from_json_warns_and_reads() -> None:
    network = named_architecture("lenet5").architecture((28, 28, 1), 10)
    data = json.loads(json.dumps(network.to_json()))
    with pytest.warns(
        DeprecationWarning, match=r"Architecture\.from_json is now featurenet_uvl\.ir\.architecture_json\.parse_"
    ) as caught:
        assert Architecture.from_json(data) == network
    assert caught[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="goes away in"):
        assert Architecture.from_json(data, "n.json") == network
