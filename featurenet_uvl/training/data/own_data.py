"""Data of a user's own: an `.npz` file, a folder of images, or arrays; and how they become a data set."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.errors import DataError, ReadError, UsageError
from featurenet_uvl.system.json_values import shown
from featurenet_uvl.system.paths import user_path
from featurenet_uvl.training.data.image_folders import Listing, list_folder, read_folder
from featurenet_uvl.training.data.npz import array_names, read_arrays
from featurenet_uvl.training.data.own_arrays import WHOLE, check_kinds, checked_arrays
from featurenet_uvl.training.data.source import CHANNELS, PARTS, Loaded

SUFFIX = ".npz"

MAX_BYTES = 4 << 30
"""Bytes of the largest data of a user's own that are read, once they are unpacked."""

_EXPECTED_SOURCES = (
    "the name of a data set, the path of an .npz file or of a folder of images, (x, y), or "
    "((x_train, y_train), (x_test, y_test))"
)

_EXPECTED_ARRAYS = "x_train, y_train, x_test and y_test, or x and y"

_NAME = re.compile(r"[^A-Za-z0-9_.+]+")
"""Characters that a data set's name loses, because it names folders, too."""

_MAX_NAME = 40
"""Characters of a data set's name, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Images and labels to train on, and how to read them.

    Args:
        source: The name of a data set, such as `mnist`; or the path of an `.npz` file or of a folder with a folder of
            images per class; or `(x, y)`, or `((x_train, y_train), (x_test, y_test))`, as arrays.
        image_size: Height and width to which the images of a folder are resized.
        channels: 1 turns the images of a folder to grey, 3 to red, green and blue.
        test_share: Share of each class that is for testing, of data that has no test images; 0.2 if None.
        split_seed: Seed of their choice.

    Raises:
        UsageError: A value has no meaning.

    >>> Data("photos", image_size=(32, 32), channels=3).test_share is None
    True
    """

    source: object
    image_size: tuple[int, int] | None = None
    channels: int | None = None
    test_share: float | None = None
    split_seed: int = 0

    def __post_init__(self) -> None:
        size, share, seed = self.image_size, self.test_share, self.split_seed
        if size is not None and not (
            isinstance(size, tuple | list) and len(size) == 2 and all(type(n) is int and 0 < n <= 1 << 14 for n in size)
        ):
            raise UsageError(f"`image_size`: found {size!r}, expected height and width from 1 to {1 << 14:,}")
        if self.channels is not None and self.channels not in CHANNELS:
            raise UsageError(f"`channels`: found {self.channels!r}, expected 1 for grey or 3 for red, green and blue")
        if share is not None and not (isinstance(share, int | float) and 0 < share < 1):
            raise UsageError(f"`test_share`: found {share!r}, expected a number above 0 and below 1")
        if type(seed) is not int or seed < 0:
            raise UsageError(f"`split_seed`: found {seed!r}, expected a whole number from 0")

    @property
    def has_options(self) -> bool:
        """Whether anything is told about how to read the images."""
        return (self.image_size, self.channels, self.test_share, self.split_seed) != (None, None, None, 0)


@dataclass(frozen=True, slots=True)
class OwnSource:
    """Data of a user's own that were found, but not read yet."""

    stem: str
    """Name for people, and the first part of the data set's name."""
    key: str
    """Short text that changes with the files, and with how they are read."""
    read: Callable[[], Loaded]


def find_own(data: Data, limit: int = MAX_BYTES) -> OwnSource | None:
    """Return data of a user's own; None if the source is a text that leads to no file and no folder.

    Args:
        data: The source, and how to read it.
        limit: Bytes that files may have at most, once they are unpacked.

    Raises:
        UsageError: The source is nothing that holds images.
        DataError: A folder cannot be read, or the arrays are wrong.
    """
    if not isinstance(data.source, str | PathLike):
        return _of_arrays(data)
    path = user_path(os.fsdecode(data.source))
    if path.is_dir():
        listing = list_folder(path)
        return OwnSource(_stem(path), _key(data, listing.files()), lambda: _read_folder(listing, data, limit))
    if not os.path.lexists(path):
        return None
    _refuse_folder_options(data, str(path))
    return OwnSource(_stem(path), _key(data, [path]), lambda: _read_npz(path, data, limit))


def content_hash(images: Mapping[str, NDArray[Any]], class_names: tuple[str, ...] = ()) -> str:
    """Return 16 hex digits of a hash of all images and labels, and of the types and classes of a user's own data."""
    digest = hashlib.sha256()
    for part in PARTS:
        digest.update(f"{part}{images[part].shape}".encode())
        digest.update(np.ascontiguousarray(images[part]).data)
    if class_names:
        digest.update(json.dumps([[str(images[part].dtype) for part in PARTS], class_names]).encode())
    return digest.hexdigest()[:16]


def _read_folder(listing: Listing, data: Data, limit: int) -> Loaded:
    arrays = read_folder(listing, data.image_size, data.channels, limit)
    return checked_arrays(arrays, str(listing.folder), data.test_share, data.split_seed)


def _read_npz(path: Path, data: Data, limit: int) -> Loaded:
    try:
        present = array_names(path)
        names = PARTS if set(PARTS) & set(present) or not set(WHOLE) & set(present) else WHOLE
        missing = [name for name in names if name not in present]
        if missing:
            found = ", ".join(present) or "none"
            raise DataError(f"{path}: found arrays {shown(found)[1:-1]}, expected {_EXPECTED_ARRAYS}")
        labels = [name for name in names if name[0] == "y"]
        arrays = read_arrays(path, names, limit, lambda kinds: check_kinds(kinds, str(path)), labels)
    except ReadError as error:
        raise DataError(str(error)) from error
    return checked_arrays(arrays, str(path), data.test_share, data.split_seed)


def _of_arrays(data: Data) -> OwnSource:
    """Return the data set of `(x, y)`, or of `((x_train, y_train), (x_test, y_test))`."""
    _refuse_folder_options(data, "data")
    source = data.source
    if not isinstance(source, tuple | list) or len(source) != 2:
        raise UsageError(f"data: found {_kind(source)}, expected {_EXPECTED_SOURCES}")
    pairs = [pair for pair in source if isinstance(pair, tuple | list) and len(pair) == 2]
    is_split = len(pairs) == 2 and np.ndim(_array(source[1][0], "x_test")) > 2
    flat = [*source[0], *source[1]] if is_split else [*source]
    arrays = {name: _array(value, name) for name, value in zip(PARTS if is_split else WHOLE, flat, strict=True)}
    loaded = checked_arrays(arrays, "data", data.test_share, data.split_seed)
    return OwnSource("arrays", content_hash(loaded.images, loaded.class_names), lambda: loaded)


def _array(value: object, name: str) -> NDArray[Any]:
    """Return an argument as an array; one of Python's texts becomes one of numpy's."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise DataError(f"data: {name}: found an array with masked numbers, expected one without")
    try:
        array = np.asarray(value)
        if array.dtype.kind in "OT" and all(isinstance(one, str) for one in array.flat):
            array = array.astype(np.str_)
    except Exception as error:  # the object of another library, which may raise anything
        text = " ".join(str(error).split())[:100]
        raise DataError(f"data: {name}: found {_kind(value)}, expected an array ({text})") from None
    return array


def _kind(value: object) -> str:
    """Return the type of an argument for a message, never its numbers."""
    size = f" of {len(value):,}" if isinstance(value, tuple | list | dict) else ""
    return f"{type(value).__name__}{size}"


def _refuse_folder_options(data: Data, place: str) -> None:
    for name, value in (("image_size", data.image_size), ("channels", data.channels)):
        if value is not None:
            raise UsageError(f"{place}: found `{name}` {value}, expected it with a folder of images alone")


def _stem(path: Path) -> str:
    """Return the first part of a data set's name.

    >>> _stem(Path("my photos.npz"))
    'my_photos'
    """
    name = path.resolve().name
    return _NAME.sub("_", name.removesuffix(SUFFIX))[:_MAX_NAME].strip("_.") or "data"


def _key(data: Data, files: Iterable[Path]) -> str:
    """Return a hash of the paths, sizes and times of change of files, and of how they are read."""
    digest = hashlib.sha256(repr((data.image_size, data.channels, data.test_share, data.split_seed)).encode())
    for path in files:
        try:
            status = path.stat()
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror}), expected images") from None
        digest.update(os.fsencode(path.resolve()) + f":{status.st_size}:{status.st_mtime_ns};".encode())
    return digest.hexdigest()[:12]
