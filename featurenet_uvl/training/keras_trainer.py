"""Training of one network with Keras, in a worker process.

TensorFlow is imported by the functions here, never by the module.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.training.baselines import build_baseline
from featurenet_uvl.training.data.dataset import Dataset, Labelled
from featurenet_uvl.training.engines.job import ALONE, Surroundings, Trainer, over_weight
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import Epoch, TrialResult, TrialSpec, TrialStatus

PACKAGES = ("featurenet_uvl", "keras", "numpy", "tensorflow")
"""Packages whose versions each result records."""


def build_architecture(payload: str, input_shape: Shape, classes: int) -> Any:
    """Build the Keras model of an `architecture` trial.

    Raises:
        UsageError: The architecture is for other images.
        ToolError: Keras is not installed.
        DecodeError: The payload is not an architecture.
    """
    from featurenet_uvl.decoding.keras.build import build_keras_model

    architecture = parse_architecture(json.loads(payload))
    if (architecture.input_shape, architecture.classes) != (input_shape, classes):
        raise UsageError(
            f"found a network for {architecture.input_shape} and {architecture.classes} classes, "
            f"expected one for {input_shape} and {classes}"
        )
    return build_keras_model(architecture)


Builder = Callable[[str, Shape, int], Any]

BUILDERS: Mapping[str, Builder] = {
    "architecture": build_architecture,
    "baseline": build_baseline,
}
"""Builders by the kind of a trial: each makes a Keras model with softmax outputs from payload, input shape and
classes."""


def train(
    spec: TrialSpec,
    protocol: Protocol,
    data: Dataset,
    beside: Surroundings = ALONE,
    builders: Mapping[str, Builder] = BUILDERS,
) -> TrialResult:
    """Build, train and test one network.

    The loss is the sum over the network's outputs; the accuracy is that of the mean of their probabilities. Training
    stops at the first loss that is not finite.

    Raises:
        UsageError: The kind of the trial is unknown.
        ToolError: A package is missing.
    """
    if spec.kind not in builders:
        raise UsageError(f"found a trial of kind {spec.kind!r}, expected one of {', '.join(builders)}")
    seed = protocol.trial_seed(spec.hash)
    _settle_chance(seed, protocol)
    learnt, held_out = data.read_split(protocol.train_images, protocol.validation_images, protocol.seed)
    test = data.read("test", protocol.test_images, protocol.seed)
    network = builders[spec.kind](spec.payload, data.input_shape, data.classes)
    refused = over_weight(spec, int(network.count_params()), beside.weight_limit)
    if refused is not None:
        return refused
    model, copies = _compiled(network, protocol)
    watch = [_measure(model, test, copies, protocol, beside), *_asked_for(beside), _stop_when_diverged(model)]
    log = model.fit(
        *(learnt[0], [learnt[1]] * copies),
        validation_data=(held_out[0], [held_out[1]] * copies) if protocol.validation_images else None,
        batch_size=protocol.batch_size,
        epochs=protocol.epochs,
        callbacks=watch,
        verbose=0,
    ).history
    history = _finite_epochs(log)
    result = TrialResult(
        *(spec.name, spec.hash, TrialStatus.NAN),
        epochs=len(history),
        weights=int(network.count_params()),
        history=history,
        provenance=_provenance(seed, data, beside),
    )
    if len(history) < len(log["loss"]):
        return replace(result, reason=f"the loss became {log['loss'][-1]} in epoch {len(history) + 1}")
    measured = _evaluate(model, learnt, copies, protocol)
    if not math.isfinite(measured["loss"]):
        return replace(result, reason=f"the loss became {measured['loss']} at the end of epoch {len(history)}")
    test_accuracy, validation_accuracy = history[-1].test_accuracy, history[-1].validation_accuracy
    if beside.callbacks:  # one of them may have given the network back the weights of an earlier epoch
        test_accuracy = _accuracy(_evaluate(model, test, copies, protocol))
        if protocol.validation_images:
            validation_accuracy = _accuracy(_evaluate(model, held_out, copies, protocol))
    return replace(
        result,
        status=TrialStatus.DONE,
        test_accuracy=test_accuracy,
        train_accuracy=_accuracy(measured),
        validation_accuracy=validation_accuracy,
        loss=history[-1].loss,
    )


def _settle_chance(seed: int, protocol: Protocol) -> None:
    import keras

    keras.utils.set_random_seed(seed)
    if protocol.deterministic:
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()


def _compiled(network: Any, protocol: Protocol) -> tuple[Any, int]:
    """Return the network ready for training, and the number of copies of the labels that it needs.

    If it has several outputs, each has the loss, and their mean is one more output, which serves the accuracy alone.
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


def _evaluate(model: Any, images: Labelled, copies: int, protocol: Protocol) -> Mapping[str, float]:
    x, y = images
    found: Mapping[str, float] = model.evaluate(
        x, [y] * copies, batch_size=protocol.batch_size, verbose=0, return_dict=True
    )
    return found


def _measure(model: Any, test: Labelled, copies: int, protocol: Protocol, beside: Surroundings) -> Any:
    """Return a callback that tests the network after each epoch and puts the accuracy into the log.

    The test images are not Keras' `validation_data`, so that no callback can stop or steer by them.
    """
    import keras

    def at_end(epoch: int, logs: dict[str, float]) -> None:
        logs["test_accuracy"] = _accuracy(_evaluate(model, test, copies, protocol))
        finite = _finite_epochs({name: [value] for name, value in logs.items()})
        if beside.on_epoch is not None and finite:
            beside.on_epoch(epoch + 1, finite[0])

    return keras.callbacks.LambdaCallback(on_epoch_end=at_end)


def _asked_for(beside: Surroundings) -> list[Any]:
    """Return the callbacks that the caller asked for, with TensorBoard's."""
    import keras

    if beside.tensorboard is None:
        return list(beside.callbacks)
    return [*beside.callbacks, keras.callbacks.TensorBoard(str(beside.tensorboard))]


def _stop_when_diverged(model: Any) -> Any:
    """Return a callback that ends the training, without a message, at the first loss that is not finite."""
    import keras

    def check(batch: int, logs: Mapping[str, float]) -> None:
        if not math.isfinite(logs["loss"]):
            model.stop_training = True

    return keras.callbacks.LambdaCallback(on_train_batch_end=check)


def _finite_epochs(log: Mapping[str, Sequence[float]]) -> tuple[Epoch, ...]:
    """Return the measurements of each epoch before the loss diverged."""
    key = _accuracy_key(log)
    held_out = log.get(f"val_{key}", [None] * len(log[key]))
    rows = zip(log["loss"], log[key], log["test_accuracy"], held_out, strict=True)
    return tuple(
        Epoch(float(loss), float(train), float(test), None if validation is None else float(validation))
        for loss, train, test, validation in rows
        if math.isfinite(loss)
    )


def _accuracy(measured: Mapping[str, float]) -> float:
    return float(measured[_accuracy_key(measured)])


def _accuracy_key(names: Mapping[str, Any]) -> str:
    """Return the key of the accuracy: Keras puts the output's name in front of it if there are several outputs."""
    return next(name for name in names if name.endswith("accuracy") and not name.startswith(("val_", "test_")))


def _provenance(seed: int, data: Dataset, beside: Surroundings) -> dict[str, str]:
    facts = {
        **{package: version(package) for package in PACKAGES},
        "python": platform.python_version(),
        "device": _device(),
        "seed": str(seed),
        "data": data.hash,
    }
    if beside.callbacks:
        facts["callbacks"] = ", ".join(type(callback).__name__ for callback in beside.callbacks)
    return facts


def _device() -> str:
    import tensorflow

    gpus = tensorflow.config.list_logical_devices("GPU")
    return f"gpu x{len(gpus)}" if gpus else f"cpu {platform.machine()}"


KERAS = Trainer(
    train,
    (
        "tensorflow",
        "keras",
        "featurenet_uvl.training.keras_trainer",
        "featurenet_uvl.decoding.keras.build",
    ),
    needs=("tensorflow", "keras"),
)
"""The trainer of real networks."""
