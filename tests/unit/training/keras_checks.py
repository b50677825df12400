"""Run by test_keras_trainer.py in a process of its own: prints Keras' results as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId, Destination
from featurenet_uvl.ir.layers import Convolution, Dropout, Void, Zeros
from featurenet_uvl.training import keras_trainer
from featurenet_uvl.training.baselines import lenet5
from featurenet_uvl.training.cost import time_steps
from featurenet_uvl.training.data.dataset import Dataset, load_dataset
from featurenet_uvl.training.engines.job import Surroundings
from featurenet_uvl.training.evaluate import evaluate
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialSpec

LOGS = "logs" if find_spec("tensorboard") else None
"""The folder for TensorBoard's logs, if it is installed."""


def two_outputs(payload: str, input_shape: tuple[int, ...], classes: int) -> Any:
    """Return a dense network whose first output is constant, so that the mean follows the second."""
    image = keras.Input(input_shape)
    flat = keras.layers.Flatten()(image)
    blind = keras.layers.Dense(classes, activation="softmax", trainable=False, kernel_initializer="zeros", name="out1")
    seeing = keras.layers.Dense(classes, activation="softmax", name="out2")
    return keras.Model(image, [blind(flat), seeing(flat)])


def unstable(payload: str, input_shape: tuple[int, ...], classes: int) -> Any:
    """Return two dense layers without an activation between: at a huge learning rate their product overflows."""
    layers = [keras.layers.Flatten(), keras.layers.Dense(10), keras.layers.Dense(classes, activation="softmax")]
    return keras.Sequential([keras.Input(input_shape), *layers])


class BackToTheFirst(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Restores the weights after the first epoch at the end of the training, as early stopping can."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch == 0:
            self.first = self.model.get_weights()

    def on_train_end(self, logs: Any = None) -> None:
        self.model.set_weights(self.first)


def held_out_checks(protocol: Protocol, data: Dataset, cache: Path) -> dict[str, Any]:
    """Train with held-out images, through the interface for notebooks."""
    protocol = replace(protocol, validation_images=50, deterministic=True)
    network = architecture()
    logged: list[dict[str, float]] = []
    spy = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logged.append(dict(logs)))
    stopper = keras.callbacks.EarlyStopping("val_loss", patience=0, min_delta=100.0)
    return {
        "logged of two outputs": logged_of_two_outputs(protocol, data),
        "refused": [refusal(protocol, data, "test_accuracy"), refusal(replace(protocol, validation_images=0), data)],
        "held out": asdict(evaluate(network, protocol, data)),
        "second run": asdict(evaluate(network, protocol, data, run=2)),
        "watched": asdict(evaluate(network, protocol, data, [spy], tensorboard=LOGS and cache / LOGS)),
        "logged": logged,
        "event files": [path.name for path in (cache / "logs").rglob("*events*")],
        "stopped": asdict(evaluate(network, protocol, data, [stopper])),
        "set back": asdict(evaluate(network, protocol, data, [BackToTheFirst()])),
        "first epoch": asdict(evaluate(network, replace(protocol, epochs=1), data)),
    }


def logged_of_two_outputs(protocol: Protocol, data: Dataset) -> list[str]:
    """Return the names in the logs that callbacks see."""
    names: list[str] = []
    spy = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: names.extend(logs))
    spec, beside = TrialSpec.of("x", "two", 1), Surroundings([spy])
    keras_trainer.train(spec, replace(protocol, epochs=1), data, beside, {"two": two_outputs})
    return names


def refusal(protocol: Protocol, data: Dataset, monitor: str = "val_loss") -> str:
    """Return the message with which early stopping by a measurement is refused."""
    try:
        evaluate(architecture(), protocol, data, [keras.callbacks.EarlyStopping(monitor)])
    except UsageError as error:
        return str(error)
    return "accepted"


def architecture() -> Architecture:
    """Return a network of one convolution and the softmax layer."""
    convolution = Convolution("3x3", 4, 2, "same", "relu", "normal")
    cell = Cell(CellId(1, 1), (), convolution, Dropout(0.3), Zeros(), Void(), "Sum", Destination("Out"))
    return Architecture((16, 16, 1), 10, (cell,))


def main(cache: Path) -> None:
    data = load_dataset("digits", None, cache)
    protocol = Protocol("digits", 200, 100, epochs=3, batch_size=10, learning_rate=0.05)
    spec = TrialSpec.of_baseline("LeNet-5", "lenet5")
    builders = {**keras_trainer.BUILDERS, "two": two_outputs, "unstable": unstable}
    unsteady = replace(protocol, learning_rate=1e30)
    found = {
        "weights": [lenet5((28, 28, 1), 10).count_params(), lenet5((32, 32, 3), 10).count_params()],
        "first": asdict(keras_trainer.train(spec, protocol, data)),
        "again": asdict(keras_trainer.train(spec, protocol, data)),
        "diverged": asdict(keras_trainer.train(TrialSpec.of("x", "unstable", 1), unsteady, data, builders=builders)),
        "too heavy": [
            asdict(work(spec, protocol, data, Surroundings(weight_limit=61_705)))
            for work in (keras_trainer.train, time_steps)
        ],
        "just light enough": asdict(time_steps(spec, protocol, data, Surroundings(weight_limit=61_706))),
        "two outputs": asdict(keras_trainer.train(TrialSpec.of("x", "two", 1), protocol, data, builders=builders)),
    }
    found |= held_out_checks(protocol, data, cache)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
