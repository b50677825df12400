"""Labels of any kind as numbers of classes: whole numbers from anywhere, truth values or texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.errors import DataError
from featurenet_uvl.system.json_values import shown
from featurenet_uvl.training.data.source import MAX_CLASSES

_KINDS = {"b": "truth values", "u": "whole numbers", "i": "whole numbers", "f": "whole numbers"}
"""Words for the kinds of labels that are no texts."""


def numbered(labels: Mapping[str, NDArray[Any]], place: str) -> tuple[dict[str, NDArray[Any]], tuple[str, ...]]:
    """Return labels as numbers from 0, and the names of their classes.

    Classes are in the order of their numbers, or in the alphabetical order of their texts.

    Args:
        labels: One or two arrays of labels by name, each `(count,)` or `(count, 1)`; those to train on stand first.
        place: Name of the data, in messages.

    Raises:
        DataError: A label is no whole number and no text, there are fewer than two classes, or images of the test part
            have a class that none of the training part has.
    """
    kinds = {name: _KINDS.get(array.dtype.kind, "texts") for name, array in labels.items()}
    first, *_ = labels
    for name, kind in kinds.items():
        if kind != kinds[first]:
            raise DataError(f"{place}: {name}: found {kind}, expected {kinds[first]} as in {first}")
    values = {name: _values(array.reshape(-1), f"{place}: {name}") for name, array in labels.items()}
    classes = values[first][0]
    for name, (found, _) in values.items():
        others = sorted(set(found) - set(classes))
        if others:
            raise DataError(
                f"{place}: {name}: found {_listed(others)}, expected only classes that {first} has, too: "
                f"{_listed(classes)}"
            )
    if len(classes) < 2:
        raise DataError(f"{place}: {first}: found {_listed(classes)} alone, expected at least 2 classes")
    if len(classes) > MAX_CLASSES:
        raise DataError(f"{place}: {first}: found {len(classes):,} classes, expected at most {MAX_CLASSES:,}")
    number = {value: at for at, value in enumerate(sorted(classes))}
    small = np.uint8 if len(classes) <= 256 else np.uint16
    coded = {name: np.array([number[one] for one in found], small)[at] for name, (found, at) in values.items()}
    return coded, tuple(str(value) for value in number)


def _values(array: NDArray[Any], place: str) -> tuple[list[Any], NDArray[np.intp]]:
    """Return the different labels, and the position in them of each label."""
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == np.floor(array)).all()):
        odd = array[~(np.isfinite(array) & (array == np.floor(array)))][0]
        raise DataError(f"{place}: found the label {odd:g}, expected whole numbers or texts")
    found, at = np.unique(array, return_inverse=True)
    try:
        values = found.tolist()  # numpy checks the characters of texts only now
        if array.dtype.kind == "S":
            values = [value.decode() for value in values]
    except ValueError:
        raise DataError(f"{place}: found a text that is no Unicode, expected texts or whole numbers") from None
    if array.dtype.kind == "f":
        values = [int(value) for value in values]
    if "" in values:
        raise DataError(f"{place}: found an empty text, expected the name of a class for each image")
    return values, at.reshape(-1)


def _listed(values: list[Any]) -> str:
    texts = ", ".join(shown(value) for value in values[:5])
    return f"class{'es' * (len(values) > 1)} {texts}{', ...' * (len(values) > 5)}"
