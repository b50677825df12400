"""Run by test_hostile_settings.py in a process of its own: networks under hostile settings of Keras and TensorFlow.

It prints one JSON object: by setting, every layer and every digit of a network that was built and trained under it.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import featurenet_uvl
from featurenet_uvl import Network
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId, Destination
from featurenet_uvl.ir.layers import BatchNormalization, Convolution, Dropout, Padding, Pooling, Void, Zeros
from featurenet_uvl.training.baselines import lenet5
from featurenet_uvl.training.data.dataset import Dataset, load_dataset


def network() -> Network:
    """Return two outputs over every kind of layer that a setting could reach."""
    first = (Convolution("3x3", 4, 2, "same", "relu", "separable"), BatchNormalization())
    second = (Pooling("2x2", 2, "average", "same"), Dropout(0.3))
    third = (Convolution("3x3", 3, 2, "valid", "tanh", "normal"), Padding(1))
    end = Destination("Out")
    cells = (
        Cell(CellId(1, 1), (), *first, *second, "Concat", end),
        Cell(CellId(1, 2), (), *third, Zeros(), Void(), "Sum", end),
    )
    return Network("n", Architecture((16, 16, 1), 10, cells))


def digest(arrays: list[Any]) -> str:
    parts = [f"{array.dtype} {array.shape}".encode() + array.tobytes() for array in arrays]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def facts(data: Dataset) -> dict[str, Any]:
    """Return each layer, its weights, and all digits of a training."""
    import keras

    with seeded():
        models = [network().to_keras(), lenet5((16, 16, 1), 10)]
    found: dict[str, Any] = {
        f"{model.name} {number}": [
            str({**layer.get_config(), "name": ""}),
            str(layer.output.dtype),
            str(layer.output.shape),
        ]
        for model in models
        for number, layer in enumerate(model.layers)
    }
    found["names"] = [layer.name for layer in models[0].layers]
    found["weights"] = [digest(model.get_weights()) for model in models]
    weights: list[str] = []
    spy = keras.callbacks.LambdaCallback(on_train_end=lambda logs: weights.append(digest(spy.model.get_weights())))
    result = featurenet_uvl.evaluate(
        network(), data, epochs=2, train_images=96, test_images=40, validation_images=32, callbacks=[spy]
    )[0]
    assert result.status == "done", result.reason
    found["training"] = [repr(result.history), repr(result.train_accuracy), weights]
    return found


@contextmanager
def seeded() -> Iterator[None]:
    """Seed Python's generator, from which Keras draws the seeds of weights."""
    before = random.getstate()
    random.seed(7)
    yield
    random.setstate(before)


def state() -> dict[str, str]:
    """Return the settings of the user that must be as before."""
    import keras
    import tensorflow

    config = keras.config
    return {
        "random": str(hash(random.getstate())),
        "numpy": digest([np.random.get_state()[1]]),
        "keras": f"{config.floatx()} {config.epsilon()} {config.image_data_format()} {config.dtype_policy().name}",
        "custom": str(sorted(keras.saving.get_custom_objects())),
        "eager": str(tensorflow.config.functions_run_eagerly()),
        "jit": str(tensorflow.config.optimizer.get_jit()),
        "optimizer": str(tensorflow.config.optimizer.get_experimental_options()),
        "print": str(np.get_printoptions()),
        "errors": str(np.geterr()),
    }


@contextmanager
def setting(set_it: Callable[[Any], object], reset: Callable[[Any], object]) -> Iterator[None]:
    import keras

    set_it(keras)
    yield
    reset(keras)


@contextmanager
def custom_objects() -> Iterator[None]:
    import keras

    class Evil(keras.initializers.Initializer):  # type: ignore[misc]  # Keras has no types
        def __call__(self, shape: Any, dtype: Any = None, **_: Any) -> Any:
            return keras.ops.ones(shape, dtype)

    names = ("GlorotUniform", "glorot_uniform", "Zeros", "zeros", "Conv2D", "Dense", "categorical_crossentropy")
    keras.saving.get_custom_objects().update(dict.fromkeys(names, Evil))
    with keras.saving.custom_object_scope(dict.fromkeys(names, Evil)):
        yield
    keras.saving.get_custom_objects().clear()


@contextmanager
def tensorflow_settings() -> Iterator[None]:
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
    tensorflow.config.optimizer.set_jit("autoclustering")
    tensorflow.config.optimizer.set_experimental_options({"auto_mixed_precision": True, "constant_folding": False})
    tensorflow.random.set_seed(99)
    yield
    tensorflow.config.run_functions_eagerly(False)
    tensorflow.config.optimizer.set_jit(False)
    tensorflow.config.optimizer.set_experimental_options({"auto_mixed_precision": False, "constant_folding": True})


@contextmanager
def numpy_settings() -> Iterator[None]:
    with np.printoptions(precision=1), np.errstate(all="raise"):
        yield


@contextmanager
def scopes() -> Iterator[None]:
    import keras

    with keras.name_scope("outside"), keras.device("cpu:0"):
        yield


SETTINGS: Mapping[str, Callable[[], Any]] = {
    "channels first": lambda: setting(
        lambda keras: keras.config.set_image_data_format("channels_first"),
        lambda keras: keras.config.set_image_data_format("channels_last"),
    ),
    "float16": lambda: setting(
        lambda keras: keras.config.set_floatx("float16"), lambda keras: keras.config.set_floatx("float32")
    ),
    "float64": lambda: setting(
        lambda keras: keras.config.set_floatx("float64"), lambda keras: keras.config.set_floatx("float32")
    ),
    "epsilon": lambda: setting(
        lambda keras: keras.config.set_epsilon(0.05), lambda keras: keras.config.set_epsilon(1e-7)
    ),
    "mixed_float16": lambda: setting(
        lambda keras: keras.config.set_dtype_policy("mixed_float16"),
        lambda keras: keras.config.set_dtype_policy("float32"),
    ),
    "mixed_bfloat16": lambda: setting(
        lambda keras: keras.config.set_dtype_policy("mixed_bfloat16"),
        lambda keras: keras.config.set_dtype_policy("float32"),
    ),
    "seed": lambda: setting(lambda keras: keras.utils.set_random_seed(3), stay),
    "full tracebacks": lambda: setting(
        lambda keras: keras.config.disable_traceback_filtering(),
        lambda keras: keras.config.enable_traceback_filtering(),
    ),
    "unsafe deserialization": lambda: setting(lambda keras: keras.config.enable_unsafe_deserialization(), stay),
    "cleared session": lambda: setting(lambda keras: keras.utils.clear_session(), stay),
    "custom objects": custom_objects,
    "tensorflow": tensorflow_settings,
    "numpy": numpy_settings,
    "scopes": scopes,
}
"""Contexts by the name of the setting that they make."""


def stay(keras: Any) -> None:
    """Leave the setting: what Keras cannot take back stays for the settings after it."""


def in_a_thread(data: Dataset) -> Any:
    """Return the facts that a thread finds while another one trains."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: trained(data), range(2)))
    assert found[0] == found[1]
    return found[0]


def trained(data: Dataset) -> Any:
    result = featurenet_uvl.evaluate(network(), data, epochs=2, train_images=96, test_images=40, validation_images=32)[
        0
    ]
    return [repr(result.history), repr(result.train_accuracy)]


def main(cache: Path, names: list[str]) -> None:
    data = load_dataset("digits", None, cache)
    network().to_keras()  # the first import of Keras is the library's
    found: dict[str, Any] = {"plain": facts(data)}
    for name in names:
        with SETTINGS[name]():
            before = state()
            found[name] = facts(data)
            after = state()
            assert after == before, (name, before, after)
    if names:
        found["threads"] = in_a_thread(data)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), list(SETTINGS) if sys.argv[2:] == ["all"] else [])
