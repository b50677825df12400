"""The arrays of an `.npz` file, read without trust: numpy's own reader unpacks them before it looks."""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.errors import ReadError
from featurenet_uvl.system.archives import Archive
from featurenet_uvl.system.json_values import shown

EXPECTED = "an .npz file in Keras' format"
"""Name of such a file, in messages."""

_MAGIC = b"\x93NUMPY"
_MAX_HEADER = 10_000
"""Bytes of the longest description of an array that is read; numpy writes 118."""

_MAX_AXES = 8
_KINDS = "biuf"
"""Types of arrays: truth values, whole numbers with and without a sign, and floating-point numbers."""

_TEXTS = "US"
"""Types of arrays of texts: Unicode and bytes."""


@dataclass(frozen=True, slots=True)
class ArrayKind:
    """Type and shape of an array, from its header alone."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_fortran: bool = False
    """Whether the first axis varies fastest in the file."""
    start: int = 0
    """Bytes before the numbers."""

    @property
    def size_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def array_names(path: Path) -> tuple[str, ...]:
    """Return the names of the arrays in a file, in the order of the archive's list.

    Raises:
        ReadError: The file is no archive.
    """
    _refuse_single(path, "several")
    with Archive(path, EXPECTED) as archive:
        return tuple(name.removesuffix(".npy") for name in archive.names if name.endswith(".npy"))


def read_arrays(
    path: Path,
    names: Sequence[str],
    limit: int,
    check: Callable[[Mapping[str, ArrayKind]], None],
    texts: Collection[str] = (),
) -> Mapping[str, NDArray[Any]]:
    """Return arrays of numbers by name.

    Args:
        path: The file.
        names: The arrays to read. The file may have others.
        limit: Bytes that all of them may have at most.
        check: Called with the kinds of the arrays before one is unpacked; raises if they are not the expected ones.
        texts: Those of the arrays that may hold texts.

    Raises:
        ReadError: The file is no archive, is damaged, lacks an array, or they are too large or no arrays of numbers.
    """
    _refuse_single(path, ", ".join(names))
    with Archive(path, EXPECTED) as archive:
        missing = [name for name in names if archive.size(f"{name}.npy") is None]
        if missing:
            found = ", ".join(name.removesuffix(".npy") for name in archive.names) or "none"
            raise ReadError(f"{path}: found keys {shown(found)[1:-1]}, expected also {', '.join(missing)}")
        kinds = {name: _kind(archive, name, path, limit, name in texts) for name in names}
        size = sum(kind.size_bytes for kind in kinds.values())
        if size > limit:
            raise ReadError(f"{path}: found arrays of {size:,} bytes, expected at most {limit:,}")
        check(kinds)
        return {name: _array(archive.read(f"{name}.npy", 2 * limit), kind) for name, kind in kinds.items()}


def _refuse_single(path: Path, names: str) -> None:
    """Raise ReadError if the file holds one array alone, as `np.save` writes it."""
    if not path.is_file():  # a pipe would be waited for
        return
    with suppress(OSError), path.open("rb") as file:  # the archive's reader tells of errors
        if file.read(len(_MAGIC)) == _MAGIC:
            raise ReadError(f"{path}: found a single array, expected {EXPECTED}, with {names}")


def _array(data: bytes, kind: ArrayKind) -> NDArray[Any]:
    return np.frombuffer(data, kind.dtype, offset=kind.start).reshape(kind.shape, order="F" if kind.is_fortran else "C")


def _kind(archive: Archive, name: str, path: Path, limit: int, may_be_text: bool) -> ArrayKind:
    member, place = f"{name}.npy", f"{path}: {name}"
    length, at = _header_place(archive.read(member, 2 * limit, first=12), place)
    if length > _MAX_HEADER:
        raise ReadError(f"{place}: found a header of {length:,} bytes, expected at most {_MAX_HEADER:,}")
    header = archive.read(member, 2 * limit, first=at + length)[at:]
    kind = _described(header, at + length, place, _KINDS + _TEXTS * may_be_text)
    present = (archive.size(member) or 0) - kind.start
    if kind.size_bytes != present:
        raise ReadError(f"{place}: found {present:,} bytes, expected the {kind.size_bytes:,} that its header tells")
    return kind


def _header_place(start: bytes, place: str) -> tuple[int, int]:
    """Return the length of an array's header, and where it begins."""
    if len(start) < 12 or not start.startswith(_MAGIC):
        raise ReadError(f"{place}: found no array of numpy, expected {EXPECTED}")
    if start[6] == 1:
        return int.from_bytes(start[8:10], "little"), 10
    if start[6] in (2, 3):
        return int.from_bytes(start[8:12], "little"), 12
    raise ReadError(f"{place}: found version {start[6]} of numpy's format, expected 1 to 3")


def _described(header: bytes, start: int, place: str, kinds: str) -> ArrayKind:
    """Return the kind of an array; its header is a dict as Python writes it."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of Python on odd literals, of numpy on old names of types
            content = ast.literal_eval(header.decode("latin-1").strip())
            text, shape, is_fortran = content["descr"], content["shape"], content["fortran_order"]
            kind = np.dtype(text if isinstance(text, str) else "O")
    except (
        *(ValueError, SyntaxError, TypeError, KeyError, AttributeError),
        *(OverflowError, RecursionError, MemoryError),
    ) as error:
        raise ReadError(f"{place}: found no header of an array ({type(error).__name__}), expected {EXPECTED}") from None
    if kind.kind not in kinds or kind.subdtype is not None or not kind.itemsize:
        expected = "numbers or texts" if _TEXTS in kinds else "numbers"
        raise ReadError(f"{place}: found type {shown(text)}, expected {expected}")
    is_shape = isinstance(shape, tuple) and all(type(size) is int and 0 <= size < 1 << 40 for size in shape)
    if not is_shape or len(shape) > _MAX_AXES or not isinstance(is_fortran, bool):
        raise ReadError(f"{place}: found shape {shown(shape)}, expected sizes of an array")
    return ArrayKind(kind, shape, is_fortran, start)
