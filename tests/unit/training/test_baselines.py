"""Networks written by hand: their sizes, and that the model's named architectures compute the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from featurenet_uvl.decoding.keras.build import build_keras_model
from featurenet_uvl.decoding.named import named_architecture
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.training.baselines import BASELINES

MNIST, CIFAR = (28, 28, 1), (32, 32, 3)


@pytest.mark.parametrize(
    ("name", "mnist", "cifar"),
    [("lenet5", 545_546, 868_406), ("squeezenet_paper", 858_154, 876_970)],
)
def test_sizes_are_those_of_the_papers_table_1(name: str, mnist: int, cifar: int) -> None:
    assert [BASELINES[name](shape, 10).count_params() for shape in (MNIST, CIFAR)] == [mnist, cifar]


def fire(inputs: int, squeeze: int, expand: int) -> int:
    return (inputs + 1) * squeeze + (squeeze + 1) * expand + (9 * squeeze + 1) * expand


def test_squeezenet_has_the_weights_of_its_own_papers_table() -> None:
    """Iandola et al., Table 1, for RGB images and 1,000 classes: 1.25 million in all, of which conv10 has 513,000."""
    table = [(96, 16, 64), (128, 16, 64), (128, 32, 128), (256, 32, 128)]
    table += [(256, 48, 192), (384, 48, 192), (384, 64, 256), (512, 64, 256)]
    total = (7 * 7 * 3 + 1) * 96 + sum(fire(*row) for row in table) + 513 * 1000
    assert BASELINES["squeezenet"]((224, 224, 3), 1000).count_params() == total == 1_248_424


def images(shape: Shape) -> Any:
    return np.random.default_rng(5).random((8, *shape)).astype("float32")


@pytest.mark.parametrize("shape", [MNIST, CIFAR])
def test_lenet5_from_the_model_and_by_hand_compute_the_same(shape: Shape) -> None:
    ours, by_hand = (
        build_keras_model(named_architecture("lenet5").architecture(shape, 10)),
        BASELINES["lenet5"](shape, 10),
    )
    ours.set_weights(by_hand.get_weights())
    found, expected = ours(images(shape)).numpy(), by_hand(images(shape)).numpy()
    assert np.array_equal(found, expected)
    assert found.std() > 0


def test_squeezenet_from_the_model_can_do_all_that_squeezenet_can() -> None:
    """With the right weights, its last dense layer computes the mean of each channel of conv10."""
    ours = build_keras_model(named_architecture("squeezenet").architecture(MNIST, 10))
    by_hand = BASELINES["squeezenet"](MNIST, 10)
    weights = by_hand.get_weights()
    size = ours.get_layer("b4_c4_in1_conv").output.shape[1]
    mean = np.tile(np.eye(10, dtype="float32"), (size * size, 1)) / (size * size)
    ours.set_weights([*_in_order_of(ours, weights), mean, np.zeros(10, "float32")])
    found, expected = ours(images(MNIST)).numpy(), by_hand(images(MNIST)).numpy()
    assert size > 1
    assert np.allclose(found, expected, atol=1e-6)


def _in_order_of(model: Any, weights: list[Any]) -> list[Any]:
    """Return the weights in the order of the model's layers: the two expand layers of a fire module may swap."""
    shapes = [variable.shape for layer in model.layers[:-1] for variable in layer.weights]
    left, result = list(weights), []
    for shape in shapes:
        position = next(i for i, weight in enumerate(left) if weight.shape == shape)
        result.append(left.pop(position))
    return result
