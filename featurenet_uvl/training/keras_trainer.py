"""Trains one network with Keras, in a worker process.

TensorFlow is imported by the functions here, never by the module.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.training.baselines import build_baseline
from featurenet_uvl.training.data import Dataset
from featurenet_uvl.training.protocol import Protocol
from featurenet_uvl.training.trial import Epoch, TrialResult, TrialSpec, TrialStatus
from featurenet_uvl.training.worker import Trainer

PACKAGES = ("featurenet_uvl", "keras", "numpy", "tensorflow")
"""Whose versions stand in each result."""


def build_architecture(payload: str, input_shape: Shape, classes: int) -> Any:
    """The Keras model of an `architecture` trial.

    Raises:
        UsageError: The architecture is for other images.
        DecodeError: The payload is no architecture.
    """
    from featurenet_uvl.decoding.keras_model import build_keras_model

    architecture = Architecture.from_json(json.loads(payload))
    if (architecture.input_shape, architecture.classes) != (input_shape, classes):
        raise UsageError(
            f"found a network for {architecture.input_shape} and {architecture.classes} classes, "
            f"expected one for {input_shape} and {classes}"
        )
    return build_keras_model(architecture)


BUILDERS: Mapping[str, Callable[[str, Shape, int], Any]] = {
    "architecture": build_architecture,
    "baseline": build_baseline,
}
"""By the kind of a trial: payload, input shape and number of classes to a Keras model with softmax outputs."""


def train(spec: TrialSpec, protocol: Protocol, data: Dataset) -> TrialResult:
    """Builds, trains and tests one network.

    The loss is the sum over the network's outputs; its accuracy is that of the mean of their probabilities. Training
    stops at the first loss that is no finite number.

    Raises:
        UsageError: No builder for this kind of trial.
    """
    import keras

    if spec.kind not in BUILDERS:
        raise UsageError(f"found a trial of kind {spec.kind!r}, expected one of {', '.join(BUILDERS)}")
    seed = protocol.trial_seed(spec.hash)
    keras.utils.set_random_seed(seed)
    x_train, y_train = data.read("train", protocol.train_images, protocol.seed)
    x_test, y_test = data.read("test", protocol.test_images, protocol.seed)
    network = BUILDERS[spec.kind](spec.payload, data.input_shape, data.classes)
    model, copies = _compiled(network, protocol)
    log = model.fit(
        x_train,
        [y_train] * copies,
        validation_data=(x_test, [y_test] * copies),
        batch_size=protocol.batch_size,
        epochs=protocol.epochs,
        callbacks=[_stop_when_diverged(model)],
        verbose=0,
    ).history
    history = _finite_epochs(log)
    result = TrialResult(
        *(spec.name, spec.hash, TrialStatus.NAN),
        epochs=len(history),
        weights=int(network.count_params()),
        history=history,
        provenance=_provenance(seed, data),
    )
    if len(history) < len(log["loss"]):
        return replace(result, reason=f"the loss became {log['loss'][-1]} in epoch {len(history) + 1}")
    measured = model.evaluate(x_train, [y_train] * copies, batch_size=protocol.batch_size, verbose=0, return_dict=True)
    if not math.isfinite(measured["loss"]):
        return replace(result, reason=f"the loss became {measured['loss']} at the end of epoch {len(history)}")
    return replace(
        result,
        status=TrialStatus.DONE,
        test_accuracy=history[-1].test_accuracy,
        train_accuracy=float(measured[_accuracy_key(measured)]),
        loss=history[-1].loss,
    )


def _compiled(network: Any, protocol: Protocol) -> tuple[Any, int]:
    """The network ready for training, and how many times it needs the labels.

    Of several outputs, each has the loss; the mean of all is one more output, which only the accuracy is taken of.
    """
    import keras

    outputs = list(network.outputs)
    model = network
    losses: list[str | None] = [protocol.loss]
    metrics: list[str | None] = ["accuracy"]
    if len(outputs) > 1:
        mean = keras.layers.Average(name="mean_of_outputs")(outputs)
        model = keras.Model(network.inputs, [*outputs, mean])
        losses, metrics = [*[protocol.loss] * len(outputs), None], [*[None] * len(outputs), "accuracy"]
    optimizer = keras.optimizers.SGD(protocol.learning_rate, momentum=protocol.momentum)
    model.compile(optimizer, loss=losses, metrics=metrics, jit_compile=False)
    return model, len(losses)


def _stop_when_diverged(model: Any) -> Any:
    """A callback that ends the training at the first loss that is no finite number, in silence."""
    import keras

    def check(batch: int, logs: Mapping[str, float]) -> None:
        if not math.isfinite(logs["loss"]):
            model.stop_training = True

    return keras.callbacks.LambdaCallback(on_train_batch_end=check)


def _finite_epochs(log: Mapping[str, list[float]]) -> tuple[Epoch, ...]:
    """What was measured in each epoch before the loss diverged."""
    key = _accuracy_key(log)
    rows = zip(log["loss"], log[key], log[f"val_{key}"], strict=True)
    return tuple(Epoch(float(a), float(b), float(c)) for a, b, c in rows if math.isfinite(a))


def _accuracy_key(names: Mapping[str, Any]) -> str:
    return next(name for name in names if name.endswith("accuracy") and not name.startswith("val_"))


def _provenance(seed: int, data: Dataset) -> dict[str, str]:
    return {
        **{package: version(package) for package in PACKAGES},
        "python": platform.python_version(),
        "device": f"cpu {platform.machine()}",
        "seed": str(seed),
        "data": data.hash,
    }


KERAS = Trainer(
    train,
    (
        "tensorflow",
        "keras",
        "featurenet_uvl.training.keras_trainer",
        "featurenet_uvl.decoding.keras_model",
    ),
)
"""The trainer of real runs."""
