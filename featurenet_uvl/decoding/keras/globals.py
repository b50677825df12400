"""Keras and its global state: this module imports Keras, and puts the state aside while a network is made or trained.

Keras reads settings from `keras.json`, from environment variables and from functions such as
`keras.config.set_floatx`, and keeps others per thread: the policy of number types, scopes, custom objects. A network
must depend on none of them. So each layer states its image format and its number type itself (`NUMBERS` and `IMAGES` of
`ir/layers.py`), and all that Keras reads elsewhere has the values of `STANDARD` inside `own_state`. Outside, everything
is as the user left it.
"""

from __future__ import annotations

import random
import re
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from featurenet_uvl.errors import FeatureNetError, ToolError, UsageError
from featurenet_uvl.system.extras import require
from featurenet_uvl.system.silence import filtered_stderr

STANDARD: Mapping[str, object] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "max_epochs": None,
    "max_steps_per_epoch": None,
}
"""Values of Keras' process-wide settings by name, as Keras has them without `keras.json` and environment variables. The
two limits exist since Keras 3.11."""

BUILDING = frozenset(
    {
        *("stateless_scope", "symbolic_scope", "uninitialized_variables", "in_tf_graph_scope"),
        *("global_random_seed", "global_seed_generator", "object_name_uids"),
        *("interactive_logging", "traceback_filtering"),
    }
)
"""Names of the parts of a thread's state that building a network leaves to the caller: whether variables get values,
and from which seed; the numbers in the names of Keras' own choice; how Keras prints."""

TRAINING = frozenset({"custom_objects_scope_dict", "interactive_logging", "traceback_filtering"})
"""Names of the parts of a thread's state that training leaves to the caller: the objects that a callback may need to
load a model, and how Keras prints."""

BUILD_LOCK = threading.RLock()
"""Lock of `random`, from which Keras draws the seeds of weights and dropout while it builds a network."""


def keras_module(purpose: str, backend: str | None = None) -> Any:
    """Return the module `keras`. Its first import prints nothing but problems.

    Args:
        purpose: The work that needs it, such as `building a network`, for messages.
        backend: The backend that the work needs; None for any.

    Raises:
        ToolError: Keras or its backend is not installed, or a setting outside of this project stops its import.
        UsageError: Keras runs on another backend.
    """
    with nullcontext() if "keras" in sys.modules else _quiet_import():
        try:
            keras = require("keras", purpose)
            found = str(keras.backend.backend())
        except FeatureNetError as error:
            raise _import_problem(purpose, error.__cause__) or error from error
        except Exception as error:  # Keras checks its settings while it is imported, and raises anything
            raise _import_problem(purpose, error) or error from error
    if backend is not None and found != backend:
        raise UsageError(
            f"Keras: found the backend {found} ({_BACKEND_PLACES}), expected {backend}, which {purpose} needs; "
            f"start Python with KERAS_BACKEND={backend}"
        )
    return keras


_BACKEND_PLACES = "from KERAS_BACKEND or keras.json"

_BACKENDS = ("jax", "openvino", "torch")
"""Modules that Keras imports if a setting asks for another backend. TensorFlow is a package of an extra."""


def _import_problem(purpose: str, error: BaseException | None) -> FeatureNetError | None:
    """Return the error for an import that the user's settings of Keras stop; None if it has another cause."""
    missing = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    text = " ".join(str(error).split())
    if missing in _BACKENDS or "import backend" in text:
        found = f"the backend {missing}, which is not installed" if missing else text.rpartition(":")[2].strip()
        found = found if missing else f"the backend {found}, which Keras does not know"
        return ToolError(
            f"Keras: found {found} ({_BACKEND_PLACES}), expected tensorflow for {purpose}; "
            "start Python with KERAS_BACKEND=tensorflow"
        )
    if error is None or isinstance(error, ImportError):
        return None
    return ToolError(
        f"Keras: cannot be imported for {purpose} ({type(error).__name__}: {text[:300]}); "
        "see keras.json in ~/.keras or KERAS_HOME, and the environment variables KERAS_*"
    )


class _ProcessSettings:
    """The process-wide settings of Keras: standard inside of at least one block, the user's outside of all.

    Blocks of several threads can overlap in any order: the first one puts the user's values aside, the last one brings
    them back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before: dict[str, object] = {}

    @contextmanager
    def standard(self, keras: Any) -> Iterator[None]:
        with self._lock:
            if not self._inside:
                self._before = {name: getattr(keras.config, name)() for name in STANDARD if hasattr(keras.config, name)}
                _set_all(keras, STANDARD)
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    _set_all(keras, self._before)


def _set_all(keras: Any, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        if hasattr(keras.config, f"set_{name}"):
            getattr(keras.config, f"set_{name}")(value)


_PROCESS = _ProcessSettings()


@contextmanager
def own_state(keras: Any, left_to_caller: Collection[str]) -> Iterator[None]:
    """Give Keras standard settings and an empty state of this thread inside, and bring back the caller's in the end.

    Args:
        keras: The module.
        left_to_caller: Names of the parts of the thread's state that stay: `BUILDING` or `TRAINING`.
    """
    with _PROCESS.standard(keras):
        before = dict(_thread_state())
        _replace_state({name: before[name] for name in left_to_caller if name in before})
        try:
            yield
        finally:
            inside = _thread_state()
            kept = {name: inside[name] for name in left_to_caller if name in inside}
            _replace_state({name: value for name, value in before.items() if name not in left_to_caller} | kept)


def _thread_state() -> dict[str, Any]:
    """Return the state of this thread. `keras.utils.clear_session` gives all threads a new one."""
    from keras.src.backend.common import global_state

    state: dict[str, Any] = vars(global_state.GLOBAL_STATE_TRACKER)
    return state


def _replace_state(values: Mapping[str, Any]) -> None:
    state = _thread_state()
    state.clear()
    state.update(values)


@contextmanager
def building(purpose: str = "building a network") -> Iterator[Any]:
    """Yield the module `keras`, with its own state, for building layers and models.

    Objects that the user has registered under names of Keras' own, such as `GlorotUniform`, are put aside, too.

    Raises:
        ToolError: As `keras_module`.
    """
    keras = keras_module(purpose)
    with BUILD_LOCK, own_state(keras, BUILDING), _no_custom_objects(keras), first_device():
        yield keras


@contextmanager
def _no_custom_objects(keras: Any) -> Iterator[None]:
    registered = keras.saving.get_custom_objects()
    before = dict(registered)
    registered.clear()
    try:
        yield
    finally:
        registered.clear()
        registered.update(before)


_HAS_LOOKED: list[str] = []
"""`devices` once TensorFlow has looked for devices in this process."""


@contextmanager
def first_device() -> Iterator[None]:
    """Discard what TensorFlow prints inside when it looks for devices, as it does for a process's first variable."""
    if _HAS_LOOKED:
        yield
        return
    _HAS_LOOKED.append("devices")
    with quiet_start():
        yield


@contextmanager
def _quiet_import() -> Iterator[None]:
    with own_chance(), quiet_start():  # TensorFlow's import draws from `random`
        yield


@contextmanager
def own_chance() -> Iterator[None]:
    """Bring back the states of `random` and of `numpy.random` in the end. Imports of large packages draw from them.

    >>> random.seed(1)
    >>> with own_chance():
    ...     first = random.random()
    >>> random.random() == first
    True
    """
    of_python, of_numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)


def quiet_start() -> Any:
    """Return a context that discards the lines that TensorFlow prints at its start, and writes all others."""
    return filtered_stderr(without_start_up_lines)


_INFORMATION = re.compile(r"(I\d{4} |\d{4}-\d\d-\d\d [\d:.]+: I )")
_LACKS: list[str] = []
"""`GPU` once TensorFlow has said that this machine has no driver for one: then a failed call of CUDA is no problem."""

_NO_GPU = "Could not find cuda drivers on your machine, GPU will not be used."
_PLAIN = ("WARNING: All log messages before absl::InitializeLog()", "To enable the following instructions:")
_SECOND_FACTORY = re.compile(r"E\d{4} .*Unable to register cu\w+ factory: .* has already been registered")
_FAILED_GPU = re.compile(r"E\d{4} .*failed call to cuInit")


def without_start_up_lines(lines: Collection[str]) -> list[str]:
    """Return the lines without those that TensorFlow prints at every start: they report no problem.

    >>> without_start_up_lines(["I0000 00:00:1.2 3 port.cc:153] oneDNN custom operations are on.", "a warning"])
    ['a warning']
    """
    is_noise: list[Callable[[str], bool]] = [
        lambda line: _INFORMATION.match(line) is not None,
        lambda line: line.startswith(_PLAIN),
        lambda line: _SECOND_FACTORY.match(line) is not None,
    ]
    if any(_NO_GPU in line for line in lines):
        _LACKS.append("GPU")
    if _LACKS:
        is_noise.append(lambda line: _FAILED_GPU.match(line) is not None)
    return [line for line in lines if not any(check(line) for check in is_noise)]
