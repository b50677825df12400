"""The data sets that have names: those of this project, and those of other packages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from featurenet_uvl.errors import ToolError, UnsupportedError, UsageError
from featurenet_uvl.system.plugins import foreign_code, load_offer, offered_names
from featurenet_uvl.training.data.class_names import CIFAR10, CIFAR100, FASHION
from featurenet_uvl.training.data.source import PARTS, DataSource, Load, Origin
from featurenet_uvl.training.data.sources import ImageFormat, embedded_digits, find_file, from_keras, read_npz

GROUP = "featurenet_uvl.data"
"""Entry-point group in which other packages offer data sets: a name, and a `DataSource`."""

_DIGITS = tuple("0123456789")


def _of_keras(name: str, title: str, form: ImageFormat, class_names: tuple[str, ...]) -> DataSource:
    """Return a data set that Keras knows: from a file in Keras' format if there is one, else from Keras itself."""

    def load(data_dir: Path | None) -> Mapping[str, NDArray[Any]]:
        path = find_file(name, data_dir)
        return from_keras(name, form, data_dir) if path is None else read_npz(path, form)

    return DataSource(name, title, form.shape, class_names, load, lambda data_dir: find_file(name, data_dir))


SOURCES: Mapping[str, DataSource] = MappingProxyType(
    {
        source.name: source
        for source in (
            DataSource("digits", "digits", (16, 16, 1), _DIGITS, lambda _: embedded_digits()),
            _of_keras("mnist", "MNIST", ImageFormat((28, 28, 1)), _DIGITS),
            _of_keras("cifar10", "CIFAR-10", ImageFormat((32, 32, 3)), CIFAR10),
            _of_keras("fashion_mnist", "Fashion-MNIST", ImageFormat((28, 28, 1)), FASHION),
            _of_keras("cifar100", "CIFAR-100", ImageFormat((32, 32, 3), 100), CIFAR100),
        )
    }
)
"""The data sets of this project."""


def source_names() -> tuple[str, ...]:
    """Return the names of all data sets: those of this project, then those of other packages."""
    return (*SOURCES, *offered_names(GROUP, SOURCES))


def find_source(name: str) -> DataSource:
    """Return the data set of this name.

    Raises:
        UsageError: No data set has this name.
        UnsupportedError: Another package offers it, but it cannot be loaded or is no data set.
    """
    if name in SOURCES:
        return SOURCES[name]
    offer = load_offer(GROUP, name, "data set")
    if offer is None:
        raise UsageError(
            f"found data set {name!r}, expected one of {', '.join(source_names())}, or the path of an .npz file or of "
            "a folder with a folder of images per class"
        )
    loaded, place = offer
    if not isinstance(loaded, DataSource) or loaded.name != name:
        found = f"the data set {loaded.name}" if isinstance(loaded, DataSource) else type(loaded).__name__
        raise UnsupportedError(f"data set {name}: found {found} at {place}, expected a DataSource of this name")
    return DataSource(
        *(name, loaded.title, loaded.shape, loaded.class_names),
        _guarded(name, loaded.load),
        _guarded_origin(name, loaded.origin),
    )


def _guarded(name: str, load: Load) -> Load:
    """Return a function of another package that loads images; its errors name the data set."""

    def run(data_dir: Path | None) -> Mapping[str, NDArray[Any]]:
        with foreign_code(f"data set {name}: cannot be loaded"):
            found = load(data_dir)
        if not isinstance(found, Mapping) or not set(PARTS) <= set(found):
            raise ToolError(
                f"data set {name}: found {type(found).__name__}, expected the arrays {', '.join(PARTS)} by name"
            )
        return found

    return run


def _guarded_origin(name: str, origin: Origin) -> Origin:
    def run(data_dir: Path | None) -> Path | None:
        with foreign_code(f"data set {name}: its origin cannot be told"):
            return origin(data_dir)

    return run
