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
from featurenet_uvl.ir.layers import NUMBERS, Shape
from featurenet_uvl.training.baselines import build_baseline
from featurenet_uvl.training.data.dataset import Dataset, Labelled
from featurenet_uvl.training.engines.job import ALONE, Surroundings, Trainer, over_size
from featurenet_uvl.training.surroundings import seeded, standard_surroundings
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import MACS, Epoch, TrialResult, TrialSpec, TrialStatus

ACCURACY = "accuracy"
"""Name of the accuracy in the logs of every network; `val_accuracy` is that of the images held out."""

MEAN = "mean_of_outputs"
"""Name of the layer that serves the accuracy of a network with several outputs."""

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
        UsageError: The kind of the trial is unknown, Keras runs on another backend than the protocol's, or a callback
            watches a measurement that it must not have, or that this protocol lacks.
        ToolError: A package is missing.
    """
    if spec.kind not in builders:
        raise UsageError(f"found a trial of kind {spec.kind!r}, expected one of {', '.join(builders)}")
    check_callbacks(beside.callbacks, protocol)
    with standard_surroundings(protocol.backend, deterministic=protocol.deterministic):
        return _train(spec, protocol, data, beside, builders[spec.kind])


def _train(spec: TrialSpec, protocol: Protocol, data: Dataset, beside: Surroundings, build: Builder) -> TrialResult:
    seed = protocol.trial_seed(spec.hash)
    learnt, held_out = data.read_split(protocol.train_images, protocol.validation_images, protocol.seed)
    test = data.read("test", protocol.test_images, protocol.seed)
    with seeded(seed):
        network = build(spec.payload, data.input_shape, data.classes)
    weights, macs = int(network.count_params()), macs_of(spec, network)
    refused = over_size(spec, weights, macs, beside.weight_limit, beside.mac_limit)
    if refused is not None:
        return refused
    model, copies = _compiled(network, protocol)
    tested: list[float] = []
    watch = [_measure(model, test, copies, protocol, beside, tested), *_asked_for(beside, tested)]
    watch.append(_stop_when_diverged(model))
    log = model.fit(
        *(learnt[0], [learnt[1]] * copies),
        validation_data=(held_out[0], [held_out[1]] * copies) if protocol.validation_images else None,
        batch_size=protocol.batch_size,
        epochs=protocol.epochs,
        callbacks=watch,
        verbose=0,
    ).history
    history = _finite_epochs({**log, "test_accuracy": tested})
    result = TrialResult(
        *(spec.name, spec.hash, TrialStatus.NAN),
        epochs=len(history),
        weights=weights,
        history=history,
        provenance={**_provenance(seed, data, beside), MACS: str(macs)},
    )
    if len(history) < len(log["loss"]):
        return replace(result, reason=f"the loss became {log['loss'][-1]} in epoch {len(history) + 1}")
    measured = _evaluate(model, learnt, copies, protocol)
    if not math.isfinite(measured["loss"]):
        return replace(result, reason=f"the loss became {measured['loss']} at the end of epoch {len(history)}")
    test_accuracy, validation_accuracy = history[-1].test_accuracy, history[-1].validation_accuracy
    if beside.callbacks:  # one of them may have given the network back the weights of an earlier epoch
        test_accuracy = float(_evaluate(model, test, copies, protocol)[ACCURACY])
        if protocol.validation_images:
            validation_accuracy = float(_evaluate(model, held_out, copies, protocol)[ACCURACY])
    return replace(
        result,
        status=TrialStatus.DONE,
        test_accuracy=test_accuracy,
        train_accuracy=float(measured[ACCURACY]),
        validation_accuracy=validation_accuracy,
        loss=history[-1].loss,
    )


def macs_of(spec: TrialSpec, network: Any) -> int:
    """Return the multiply-accumulates of a trial's network, which is built already."""
    if spec.kind == "architecture":
        return parse_architecture(json.loads(spec.payload)).macs()
    from featurenet_uvl.decoding.keras.macs import keras_macs

    return keras_macs(network)


def check_callbacks(callbacks: Sequence[Any], protocol: Protocol) -> None:
    """Check that callbacks watch measurements that exist and are not those of the test images.

    Raises:
        UsageError: One has another `monitor`.
    """
    for callback in callbacks:
        watched = getattr(callback, "monitor", None)
        if not isinstance(watched, str):
            continue
        place = f"callback {type(callback).__name__}: found monitor {watched!r}"
        if watched.startswith("test_"):
            found = "test images steer nothing"
        elif watched.startswith("val_") and not protocol.validation_images:
            found = "no image is held out"
        else:
            continue
        raise UsageError(f"{place}, but {found}, expected 'loss', or 'val_accuracy' with `validation_images`")


def _compiled(network: Any, protocol: Protocol) -> tuple[Any, int]:
    """Return the network ready for training, and the number of copies of the labels that it needs.

    If it has several outputs, each has the loss, and their mean is one more output, which serves the accuracy alone.
    The accuracy has the name `accuracy` in both cases, so that a callback can name it for every network.
    """
    import keras

    outputs = list(network.outputs)
    model = network
    losses: list[str | None] = [protocol.loss]
    metrics: list[str | None] = [ACCURACY]
    if len(outputs) > 1:
        mean = keras.layers.Average(name=MEAN, **NUMBERS)(outputs)
        model = keras.Model(network.inputs, [*outputs, mean])
        losses, metrics = [*[protocol.loss] * len(outputs), None], [*[None] * len(outputs), ACCURACY]
        measured = model.get_metrics_result
        model.get_metrics_result = lambda: {
            ACCURACY if name == f"{MEAN}_{ACCURACY}" else name: value for name, value in measured().items()
        }
    optimizer = keras.optimizers.SGD(protocol.learning_rate, momentum=protocol.momentum)
    model.compile(optimizer, loss=losses, metrics=metrics, jit_compile=False)
    return model, len(losses)


def _evaluate(model: Any, images: Labelled, copies: int, protocol: Protocol) -> Mapping[str, float]:
    x, y = images
    found: Mapping[str, float] = model.evaluate(
        x, [y] * copies, batch_size=protocol.batch_size, verbose=0, return_dict=True
    )
    return found


def _measure(
    model: Any, test: Labelled, copies: int, protocol: Protocol, beside: Surroundings, tested: list[float]
) -> Any:
    """Return a callback that tests the network after each epoch and appends the accuracy to `tested`.

    The test images are not Keras' `validation_data`, and their accuracy is not in Keras' logs, so that no callback can
    stop or steer by them.
    """
    import keras

    def at_end(epoch: int, logs: dict[str, float]) -> None:
        tested.append(_evaluate(model, test, copies, protocol)[ACCURACY])
        finite = _finite_epochs({name: [value] for name, value in {**logs, "test_accuracy": tested[-1]}.items()})
        if beside.on_epoch is not None and finite:
            beside.on_epoch(epoch + 1, finite[0])

    return keras.callbacks.LambdaCallback(on_epoch_end=at_end)


def _asked_for(beside: Surroundings, tested: Sequence[float]) -> list[Any]:
    """Return the callbacks that the caller asked for, with TensorBoard's, which draws the test accuracy, too."""
    import keras

    if beside.tensorboard is None:
        return list(beside.callbacks)

    class Board(keras.callbacks.TensorBoard):  # type: ignore[misc]  # Keras has no types
        def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
            super().on_epoch_end(epoch, {**(logs or {}), "test_accuracy": tested[-1]})

    return [*beside.callbacks, Board(str(beside.tensorboard))]


def _stop_when_diverged(model: Any) -> Any:
    """Return a callback that ends the training, without a message, at the first loss that is not finite."""
    import keras

    def check(batch: int, logs: Mapping[str, float]) -> None:
        if not math.isfinite(logs["loss"]):
            model.stop_training = True

    return keras.callbacks.LambdaCallback(on_train_batch_end=check)


def _finite_epochs(log: Mapping[str, Sequence[float]]) -> tuple[Epoch, ...]:
    """Return the measurements of each epoch before the loss diverged."""
    held_out = log.get(f"val_{ACCURACY}", [None] * len(log[ACCURACY]))
    rows = zip(log["loss"], log[ACCURACY], log["test_accuracy"], held_out, strict=True)
    return tuple(
        Epoch(float(loss), float(train), float(test), None if validation is None else float(validation))
        for loss, train, test, validation in rows
        if math.isfinite(loss)
    )


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
