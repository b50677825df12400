"""Images and labels that a user brings as arrays: every way in which they can be wrong is one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.errors import DataError
from featurenet_uvl.ir.layers import Shape, format_shape
from featurenet_uvl.training.data.labels import numbered
from featurenet_uvl.training.data.npz import ArrayKind
from featurenet_uvl.training.data.source import CHANNELS, PARTS, Images, Loaded

WHOLE = ("x", "y")
"""Names of the arrays of a data set that has no images for testing of its own yet."""

TEST_SHARE = 0.2
"""Share of each class that is for testing, if the user gives none."""

_IMAGES = "(count, height, width) or (count, height, width, channels)"


def checked_arrays(arrays: Mapping[str, NDArray[Any]], place: str, test_share: float | None, seed: int) -> Loaded:
    """Check a user's arrays, number the classes, and split off the images for testing if there are none.

    Args:
        arrays: `x_train`, `y_train`, `x_test` and `y_test`, or `x` and `y`.
        place: Name of the data, in messages.
        test_share: Share of `x` that is for testing; None for `TEST_SHARE`.
        seed: Seed of the split.

    Raises:
        DataError: An array has a wrong type, shape, count or value; one line per problem.
    """
    check_kinds({name: ArrayKind(array.dtype, array.shape) for name, array in arrays.items()}, place)
    if "x_train" in arrays and test_share is not None:
        raise DataError(f"{place}: found `test_share` {test_share:g} for data that has test images, expected none")
    images = {name: _pixels(array, f"{place}: {name}") for name, array in arrays.items() if name[0] == "x"}
    labels, names = numbered({name: array for name, array in arrays.items() if name[0] == "y"}, place)
    if "x_train" in arrays:
        return Loaded({part: {**images, **labels}[part] for part in PARTS}, names)
    return Loaded(split(images["x"], labels["y"], names, place, test_share, seed), names)


def split(
    x: NDArray[Any], y: NDArray[Any], names: tuple[str, ...], place: str, test_share: float | None, seed: int
) -> Images:
    """Split images into those to train on and those for testing: the same share of each class, at least one image.

    Raises:
        DataError: A class has fewer than two images.
    """
    share = TEST_SHARE if test_share is None else test_share
    for_test = np.zeros(len(y), np.bool_)
    for number, name in enumerate(names):
        rows = np.flatnonzero(y == number)
        if len(rows) < 2:
            raise DataError(
                f"{place}: found 1 image of class {name}, expected at least 2: one to train on, one to test on"
            )
        count = min(len(rows) - 1, max(1, round(share * len(rows))))
        for_test[np.random.default_rng([seed, number]).permutation(rows)[:count]] = True
    return {"x_train": x[~for_test], "y_train": y[~for_test], "x_test": x[for_test], "y_test": y[for_test]}


def check_kinds(kinds: Mapping[str, ArrayKind], place: str) -> None:
    """Raise DataError if a type, shape or count is wrong; one line per problem. No number is looked at."""
    problems: list[str] = []
    for x, y in (PARTS[:2], PARTS[2:]) if "x_train" in kinds else (WHOLE,):
        problem = _image_problem(kinds[x])
        if problem:
            problems.append(f"{x}: {problem}")
        else:
            problems += [f"{y}: {text}" for text in _label_problems(kinds[y], kinds[x].shape[0], x)]
    if "x_train" in kinds and not problems:
        train, test = kinds["x_train"], kinds["x_test"]
        if _shape(train) != _shape(test):
            problems.append(
                f"x_test: found images of {format_shape(_shape(test))}, expected {format_shape(_shape(train))} as in "
                "x_train"
            )
        if (train.dtype.kind == "f") != (test.dtype.kind == "f"):
            problems.append(f"x_test: found {test.dtype}, expected {train.dtype} as in x_train: floats are not scaled")
    if problems:
        raise DataError("\n".join(f"{place}: {problem}" for problem in problems))


def _shape(images: ArrayKind) -> Shape:
    return (*images.shape[1:], 1)[:3]


def _image_problem(kind: ArrayKind) -> str:
    """Return what is wrong with the type or shape of images; an empty text if nothing is."""
    found = f"found {kind.dtype} of shape {kind.shape}"
    if kind.dtype.kind not in "uif":
        return f"{found}, expected images of uint8 or of floating-point numbers"
    if len(kind.shape) not in (3, 4):
        return f"{found}, expected {_IMAGES}"
    if not all(kind.shape):
        return f"{found}, expected at least one image with at least one pixel"
    if len(kind.shape) == 4 and kind.shape[3] not in CHANNELS:
        way_out = ""
        if kind.shape[1] in CHANNELS:
            way_out = "; x.transpose(0, 2, 3, 1) puts them last"
        elif kind.shape[3] == 4:
            way_out = "; x[..., :3] leaves out the transparency"
        return f"{found}, expected the channels last, 1 for grey or 3 for red, green and blue{way_out}"
    return ""


def _label_problems(kind: ArrayKind, count: int, images: str) -> list[str]:
    found = f"found {kind.dtype} of shape {kind.shape}"
    if kind.dtype.kind not in "buifUS":
        return [f"{found}, expected whole numbers or texts"]
    if len(kind.shape) == 2 and kind.shape[1] > 1:
        return [f"{found}, expected one label per image; y.argmax(axis=1) makes them of one-hot rows"]
    if kind.shape not in ((count,), (count, 1)):
        return [f"{found}, expected {count:,} labels, as many as images in {images}"]
    return []


def _pixels(array: NDArray[Any], place: str) -> NDArray[Any]:
    """Return images as uint8 or float32, with their channels."""
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.dtype.kind != "f":
        least, most = array.min(), array.max()
        if least < 0 or most > 255:
            raise DataError(
                f"{place}: found whole numbers {least}..{most}, expected 0..255; floating-point numbers reach the "
                "networks as they are"
            )
        return array.astype(np.uint8, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        numbers = array.astype(np.float32, copy=False)
    is_finite = np.isfinite(numbers).reshape(len(numbers), -1).all(axis=1)
    if not is_finite.all():
        odd = np.flatnonzero(~is_finite)
        raise DataError(
            f"{place}: found numbers that float32 has not or that are not finite, in {len(odd):,} of {len(numbers):,} "
            f"images, first in image {odd[0]}; expected finite ones"
        )
    return numbers
