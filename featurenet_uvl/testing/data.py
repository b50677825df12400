"""Check of a data set of another package: it is loaded more than once, and all that it returns is compared."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.errors import DataError, UnsupportedError
from featurenet_uvl.training.data.catalogue import find_source
from featurenet_uvl.training.data.dataset import checked_source
from featurenet_uvl.training.data.source import CHANNELS, PARTS, DataSource


def check_data_source(source: str | DataSource, *, data_dir: Path | None = None) -> None:
    """Check that a data set keeps the promises of `featurenet_uvl.training.data.source`.

    Its facts must be those of its arrays, two loadings must return the same bytes, and global random state must neither
    change nor matter.

    Args:
        source: The data set, or its name.
        data_dir: The folder that it may load from.

    Raises:
        UnsupportedError: The data set breaks promises; one line per problem.

    Example:
        check_data_source("digits")
    """
    found = find_source(source) if isinstance(source, str) else source
    problems = [*_fact_problems(found), *_array_problems(found, data_dir)]
    if problems:
        raise UnsupportedError("\n".join(f"data set {found.name}: {problem}" for problem in problems))


def _fact_problems(source: DataSource) -> Iterator[str]:
    """Look at what is known without the images."""
    if not source.name.replace("-", "_").isidentifier():
        yield f"found the name {source.name!r}, expected letters, digits, _ and -"
    if not source.title.strip() or not source.title.isprintable():
        yield f"found the title {source.title!r}, expected one line for people"
    shape = source.shape
    if len(shape) != 3 or not all(type(size) is int and size > 0 for size in shape) or shape[2] not in CHANNELS:
        yield f"found shape {shape}, expected height, width, and 1 or 3 channels"
    names = source.class_names
    if len(names) < 2 or len(set(names)) < len(names) or not all(isinstance(name, str) and name for name in names):
        yield f"found {len(names)} names of classes, {len(set(names))} different ones, expected 2 or more, none twice"


def _array_problems(source: DataSource, data_dir: Path | None) -> Iterator[str]:
    """Load the images twice, between other states of the global generators."""
    origin = source.origin(data_dir)
    if origin is not None and not Path(origin).exists():
        yield f"found no {origin}, which its origin names, expected an existing file or folder, or None"
    loads: list[Mapping[str, NDArray[Any]]] = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)
        before = (random.getstate(), repr(np.random.get_state()))
        try:
            arrays = source.load(data_dir)
            loads.append({part: np.asarray(arrays[part]) for part in PARTS})
        except Exception as error:  # an error of the source is a problem like any other
            yield f"raised {type(error).__name__}: {' '.join(str(error).split())}, expected {', '.join(PARTS)} by name"
            return
        if before != (random.getstate(), repr(np.random.get_state())):
            yield "found the state of a global random generator changed, expected a generator of its own"
    first, second = loads
    for part in PARTS:
        if first[part].dtype != second[part].dtype or not np.array_equal(first[part], second[part]):
            yield f"{part}: found other numbers when it was loaded again, expected the same"
    try:
        checked_source(source, first)
    except DataError as error:
        yield from str(error).removeprefix(f"data set {source.name}: ").splitlines()
