"""Run by test_keras_trainer.py in a process of its own: prints what Keras does, as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from featurenet_uvl.training import keras_trainer
from featurenet_uvl.training.baselines import lenet5
from featurenet_uvl.training.data import load_dataset
from featurenet_uvl.training.protocol import Protocol
from featurenet_uvl.training.trial import TrialSpec


def two_outputs(payload: str, input_shape: tuple[int, ...], classes: int) -> Any:
    """A dense network whose first output is constant, so that the mean follows the second."""
    import keras

    image = keras.Input(input_shape)
    flat = keras.layers.Flatten()(image)
    blind = keras.layers.Dense(classes, activation="softmax", trainable=False, kernel_initializer="zeros", name="out1")
    seeing = keras.layers.Dense(classes, activation="softmax", name="out2")
    return keras.Model(image, [blind(flat), seeing(flat)])


def unstable(payload: str, input_shape: tuple[int, ...], classes: int) -> Any:
    """Two dense layers without an activation between: at a huge learning rate their product overflows."""
    import keras

    layers = [keras.layers.Flatten(), keras.layers.Dense(10), keras.layers.Dense(classes, activation="softmax")]
    return keras.Sequential([keras.Input(input_shape), *layers])


def main(cache: Path) -> None:
    data = load_dataset("digits", None, cache)
    protocol = Protocol("digits", 200, 100, epochs=3, batch_size=10, learning_rate=0.05)
    spec = TrialSpec.of_baseline("LeNet-5", "lenet5")
    keras_trainer.BUILDERS = {**keras_trainer.BUILDERS, "two": two_outputs, "unstable": unstable}
    found = {
        "weights": [lenet5((28, 28, 1), 10).count_params(), lenet5((32, 32, 3), 10).count_params()],
        "first": asdict(keras_trainer.train(spec, protocol, data)),
        "again": asdict(keras_trainer.train(spec, protocol, data)),
        "diverged": asdict(
            keras_trainer.train(TrialSpec.of("x", "unstable", 1), replace(protocol, learning_rate=1e30), data)
        ),
        "two outputs": asdict(keras_trainer.train(TrialSpec.of("x", "two", 1), protocol, data)),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
