"""Images as callers pass them: names, paths, arrays, or descriptions of these."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from featurenet_uvl.api.arguments import file_path, image_shape, whole
from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.layers import Shape, format_shape
from featurenet_uvl.system.processes.temporary import TemporaryFolder
from featurenet_uvl.training.data.dataset import Dataset, image_facts, load_dataset
from featurenet_uvl.training.data.own_data import Data

DataLike: TypeAlias = "str | PathLike[str] | Data | Dataset | tuple[Any, Any]"

CLASSES = 10
"""Number of classes that networks tell apart if the caller gives neither them nor data."""


@contextmanager
def loaded_data(data: object, data_dir: str | PathLike[str] | None, cache: Path | None = None) -> Iterator[Dataset]:
    """Yield the images, unpacked to `cache`; without one, to a temporary folder that is removed at the end."""
    if isinstance(data, Dataset):
        yield data
        return
    asked = data if isinstance(data, Data) else Data(data)
    folder = None if data_dir is None else Path(file_path(data_dir))
    if cache is not None:
        yield load_dataset(asked, folder, cache)
        return
    with TemporaryFolder() as temporary:
        yield load_dataset(asked, folder, Path(temporary))


def shape_and_classes(
    input_shape: Shape | None, classes: int | None, data: DataLike | None
) -> tuple[Shape | None, int]:
    """Return the shape of the images and the number of classes: those given, else those of the data.

    Raises:
        UsageError: The data have another shape or another number of classes.
    """
    shape = None if input_shape is None else image_shape(input_shape)
    number = None if classes is None else whole("classes", classes, least=1)
    if data is None:
        return shape, CLASSES if number is None else number
    found, count = image_facts(data if isinstance(data, Data | Dataset) else Data(data))
    if shape not in (None, found) or number not in (None, count):
        asked = " and ".join(text for text in (shape and format_shape(shape), number and f"{number} classes") if text)
        raise UsageError(f"data: found {format_shape(found)} images of {count} classes, expected {asked} as given")
    return found, count
