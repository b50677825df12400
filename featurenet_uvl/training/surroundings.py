"""The state of Keras, TensorFlow and chance while a network is trained: ours inside, the user's again afterwards."""

from __future__ import annotations

import gc
import logging
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from featurenet_uvl.decoding.keras.globals import (
    BUILD_LOCK,
    TRAINING,
    first_device,
    keras_module,
    own_chance,
    own_state,
)
from featurenet_uvl.training.engines.worker import REMOVED

FIXED_AT_START = ("OMP_NUM_THREADS", "TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS", *REMOVED)
"""Environment variables that change the last digits of results and that TensorFlow reads once, when it starts."""

_TRAIN_LOCK = threading.RLock()
"""Lock of one training per process: networks draw from the same `random` and TensorFlow's same seed."""


def fixed_at_start() -> str:
    """Return the variables of `FIXED_AT_START` that are set, for a result's provenance; empty in a worker."""
    return ", ".join(f"{name}={os.environ[name]}" for name in FIXED_AT_START if name in os.environ)


@contextmanager
def standard_surroundings(backend: str, *, deterministic: bool) -> Iterator[Any]:
    """Yield the module `keras` with standard settings, and bring back the user's in the end.

    That is the state of Keras (`decoding/keras/globals.py`), of TensorFlow as far as it can change after its start, of
    `random`, and of `numpy.random`. What the training leaves in memory is freed.

    Args:
        backend: The backend that Keras must have.
        deterministic: Whether TensorFlow uses only operations that give the same bits each time.

    Raises:
        ToolError: Keras is not installed.
        UsageError: Keras has another backend.
    """
    with ExitStack() as stack:
        stack.enter_context(_TRAIN_LOCK)
        stack.enter_context(own_chance())
        keras = keras_module("training", backend)
        stack.enter_context(np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"))
        stack.enter_context(own_state(keras, TRAINING))
        with first_device():
            stack.enter_context(_tensorflow(deterministic))
        stack.enter_context(_no_word_of_retracing())
        yield keras


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed all generators for building a network, and keep other threads from drawing from them inside."""
    import keras

    with BUILD_LOCK:
        keras.utils.set_random_seed(seed)
        yield


@contextmanager
def _no_word_of_retracing() -> Iterator[None]:
    """Keep TensorFlow from warning that functions are traced again and again: each network has its own, traced once."""

    def is_other(record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in record.getMessage()

    logger = logging.getLogger("tensorflow")
    logger.addFilter(is_other)
    try:
        yield
    finally:
        logger.removeFilter(is_other)


@contextmanager
def _tensorflow(deterministic: bool) -> Iterator[None]:
    """Give TensorFlow the settings that it has after its start, and bring back the user's in the end."""
    import tensorflow
    from tensorflow.python.eager import context
    from tensorflow.python.framework import config, ops

    settings: list[tuple[Callable[[], Any], Callable[[Any], None], Any]] = [
        (tensorflow.config.functions_run_eagerly, tensorflow.config.run_functions_eagerly, False),
        (tensorflow.config.optimizer.get_jit, tensorflow.config.optimizer.set_jit, ""),
        (
            tensorflow.config.experimental.tensor_float_32_execution_enabled,
            tensorflow.config.experimental.enable_tensor_float_32_execution,
            True,
        ),
        (
            config.is_op_determinism_enabled,
            lambda wish: config.enable_op_determinism() if wish else config.disable_op_determinism(),
            deterministic,
        ),
    ]
    state = context.context()
    private = {name: getattr(state, name, None) for name in ("_seed", "_rng", "_optimizer_experimental_options")}
    before = [read() for read, _, _ in settings]
    gradients = frozenset(ops.gradient_registry.list())
    try:
        _set_optimizer_options(state, {})
        for (_, write, wish), value in zip(settings, before, strict=True):
            if value != wish:
                write(wish)
        yield
    finally:
        for (read, write, _), value in zip(settings, before, strict=True):
            if read() != value:
                write(value)
        _set_optimizer_options(state, private["_optimizer_experimental_options"] or {})
        _forget_gradients(gradients)
        gc.collect()  # a Keras model and its traced functions refer to each other
        state.clear_kernel_cache()
        state._seed, state._rng = private["_seed"], private["_rng"]


def _forget_gradients(known: Collection[str]) -> None:
    """Remove the gradients that networks registered while they were traced; each keeps its whole graph in memory.

    TensorFlow gives each a name of its own, asks for it while it traces, and never again.
    """
    from tensorflow.python.framework import ops

    registry = ops.gradient_registry._registry
    for name in [name for name in registry if name.startswith("CustomGradient-") and name not in known]:
        registry.pop(name, None)


def _set_optimizer_options(state: Any, options: Mapping[str, Any]) -> None:
    """Set the options of TensorFlow's graph optimizer; its public function only adds some to those before."""
    state._optimizer_experimental_options = dict(options)
    state._thread_local_data.function_call_options = None
