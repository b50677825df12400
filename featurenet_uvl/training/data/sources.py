"""Sources of images: scikit-learn's digits, `.npz` files in Keras' format, Keras' cache, and Keras' download."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.decoding.keras.globals import own_chance
from featurenet_uvl.errors import DataError, ReadError
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.system.extras import require
from featurenet_uvl.system.paths import user_path
from featurenet_uvl.system.silence import silent_stderr
from featurenet_uvl.training.data.npz import ArrayKind, read_arrays
from featurenet_uvl.training.data.source import PARTS, Images

DATA_VARIABLE = "FEATURENET_DATA"
"""Environment variable that names a folder with files such as `mnist.npz`."""

MAX_BYTES = 256 << 20
"""Bytes of the largest data set that is read; CIFAR-10 has 184 million."""


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """The content of a data set's `.npz` file."""

    shape: Shape
    """Height, width and channels of an image."""
    classes: int = 10


def places(name: str, data_dir: Path | None) -> Iterator[tuple[str, Path]]:
    """Yield the places where the file of a data set may lie, each as (kind of place, path), the preferred one first."""
    if data_dir is not None:
        yield "data folder", user_path(data_dir) / f"{name}.npz"
    if os.environ.get(DATA_VARIABLE):
        yield DATA_VARIABLE, user_path(os.environ[DATA_VARIABLE]) / f"{name}.npz"
    yield "Keras' cache", keras_home() / "datasets" / f"{name}.npz"


def keras_home() -> Path:
    """Return Keras' folder: `KERAS_HOME`, else `~/.keras`."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")


def find_file(name: str, data_dir: Path | None) -> Path | None:
    """Return the first of the places that has something of that name, which need not be a file; None if none has."""
    return next((path for _, path in places(name, data_dir) if os.path.lexists(path)), None)


def read_npz(path: Path, form: ImageFormat) -> Images:
    """Read the images of a file in Keras' format.

    Sizes, shapes and types are looked at before anything is unpacked, and no pickled object is ever loaded.

    Raises:
        DataError: The file is damaged or holds something else; one line per problem, each with its place.
    """
    try:
        arrays = read_arrays(path, PARTS, MAX_BYTES, lambda kinds: _check_kinds(kinds, form, str(path)))
        return checked_images(arrays, form, str(path))
    except ReadError as error:
        raise DataError(str(error)) from error


def embedded_digits() -> Images:
    """Return scikit-learn's 1,797 digits of 8x8 pixels; the last 360 are for testing.

    Each pixel is doubled in both directions, because LeNet-5 needs 15 or more, and 0..16 becomes 0..255.

    Raises:
        ToolError: scikit-learn is not installed.
    """
    with own_chance():
        require("sklearn.datasets", "the data set digits")
        from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = np.round(digits.images * (255 / 16)).astype(np.uint8)
    x = pixels.repeat(2, axis=1).repeat(2, axis=2)[..., np.newaxis]
    y = digits.target.astype(np.uint8)
    return {"x_train": x[:-360], "y_train": y[:-360], "x_test": x[-360:], "y_test": y[-360:]}


def from_keras(name: str, form: ImageFormat, data_dir: Path | None) -> Images:
    """Return the images from Keras, which reads its cache or downloads them.

    Raises:
        ToolError: Keras is not installed.
        DataError: Keras has no images and cannot download them; the message names all places.
    """
    with silent_stderr():
        require("keras", f"the data set {name} without a file {name}.npz")
        from keras import datasets

    try:
        with redirect_stdout(sys.stderr or io.StringIO()):  # Keras prints its download; stdout is for results
            (x_train, y_train), (x_test, y_test) = getattr(datasets, name).load_data()
    except Exception as error:  # Keras raises bare Exception when a download fails
        looked = "; ".join(f"{path} ({reason})" for reason, path in places(name, data_dir))
        raise DataError(
            f"data set {name}: found no file and no download ({' '.join(str(error).split())}); looked for {looked}. "
            f"Put {name}.npz into a folder and pass it as the data folder or in {DATA_VARIABLE}"
        ) from error
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    return checked_images(arrays, form, f"Keras' {name}")


def checked_images(arrays: Mapping[str, NDArray[Any]], form: ImageFormat, place: str) -> Images:
    """Check arrays and return images as `(count, height, width, channels)` and labels as `(count,)`.

    Raises:
        DataError: A shape, type, count or label is wrong; one line per problem.
    """
    _check_kinds({part: ArrayKind(array.dtype, array.shape) for part, array in arrays.items()}, form, place)
    labels = {part: (arrays[part].min(), arrays[part].max()) for part in ("y_train", "y_test")}
    problems = [
        f"{place}: {part}: found labels {least}..{most}, expected 0..{form.classes - 1}"
        for part, (least, most) in labels.items()
        if least < 0 or most >= form.classes
    ]
    if problems:
        raise DataError("\n".join(problems))
    images: Images = {}
    for part in ("train", "test"):
        images[f"x_{part}"] = arrays[f"x_{part}"].reshape(-1, *form.shape)
        images[f"y_{part}"] = arrays[f"y_{part}"].reshape(-1).astype(np.uint8)
    return images


def _check_kinds(kinds: Mapping[str, ArrayKind], form: ImageFormat, place: str) -> None:
    """Raise DataError if a shape, type or count is wrong; one line per problem."""
    problems: list[str] = []
    bare = form.shape[:-1] if form.shape[-1] == 1 else form.shape
    for part in ("train", "test"):
        x, y = kinds[f"x_{part}"], kinds[f"y_{part}"]
        if x.dtype != np.uint8 or x.shape[1:] not in (form.shape, bare) or not x.shape[0]:
            problems.append(f"x_{part}: found {_describe(x)}, expected uint8 images of shape (count, {_sizes(bare)})")
        count = x.shape[0] if x.shape else 0
        if y.dtype.kind not in "iu" or y.shape not in ((count,), (count, 1)):
            problems.append(f"y_{part}: found {_describe(y)}, expected {count} whole numbers")
    if problems:
        raise DataError("\n".join(f"{place}: {problem}" for problem in problems))


def _describe(array: ArrayKind) -> str:
    return f"{array.dtype} of shape {array.shape}"


def _sizes(shape: Shape) -> str:
    return ", ".join(map(str, shape))
