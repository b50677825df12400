"""A source of images, and what it returns: the contract that sources of other packages keep, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from numpy.typing import NDArray

from featurenet_uvl.ir.layers import Shape

PARTS = ("x_train", "y_train", "x_test", "y_test")
"""Names of the four arrays of a data set."""

CHANNELS = (1, 3)
"""Channels of an image: grey, or red, green and blue."""

MAX_CLASSES = 10_000
"""Classes of a data set, at most."""

Images: TypeAlias = dict[str, NDArray[Any]]
"""The four arrays by name: images `(count, height, width, channels)`, labels `(count,)` from 0, the number of a class.

Images of uint8 are divided by 255 when a network reads them. Images of float32 are read as they are.
"""

Load: TypeAlias = Callable[[Path | None], Mapping[str, NDArray[Any]]]
"""Function that returns the four arrays, as `Images`; its argument is the user's data folder, or None."""

Origin: TypeAlias = Callable[[Path | None], Path | None]
"""Function that returns the file or folder that the images come from; None if no file of the user's has them."""


@dataclass(frozen=True, slots=True)
class DataSource:
    """A data set that has a name: the facts that are known without its images, and how to load them.

    The same bytes must give the same arrays, in any process. `origin` tells when the images must be loaded again: they
    are unpacked once per state of this file.
    """

    name: str
    """Word for the command line and for Python, such as `mnist`."""
    title: str
    """Name for people, such as `MNIST`."""
    shape: Shape
    """Height, width and channels of an image."""
    class_names: tuple[str, ...]
    """Names of the classes, in the order of their numbers."""
    load: Load
    origin: Origin = lambda _: None

    @property
    def classes(self) -> int:
        """Return the number of classes."""
        return len(self.class_names)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The arrays of a user's own data, checked, and the names of its classes."""

    images: Images
    class_names: tuple[str, ...]
