"""A folder with a folder of images per class, read to arrays; the folder may hold `train` and `test` above them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.errors import DataError, first_lines
from featurenet_uvl.system.counted import counted
from featurenet_uvl.training.data.image_files import ENDINGS, read_header, read_pixels
from featurenet_uvl.training.data.own_arrays import WHOLE
from featurenet_uvl.training.data.source import PARTS

_OF_SYSTEMS = ("thumbs.db", "desktop.ini")
"""Files that a system puts into folders of images; those that begin with a dot are left out, too."""

_MAX_PROBLEMS = 10
"""Images that a message names at most."""

_SPLIT = ("train", "test")

_WORDS = {1: "grey", 3: "colours"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing:
    """The images of a folder: their paths by class, by part. The only part is "" if the folder does not split them."""

    folder: Path
    parts: Mapping[str, Mapping[str, Sequence[Path]]]

    def files(self) -> Iterator[Path]:
        """Yield the paths of all images, in order."""
        for classes in self.parts.values():
            for paths in classes.values():
                yield from paths


def list_folder(folder: Path) -> Listing:
    """List the images of a folder, by the names of its folders and then of its files.

    Raises:
        DataError: The folder cannot be read, or is not laid out as a folder of images per class.
    """
    try:
        names = [entry.name for entry in _entries(folder) if entry.is_dir()]
        is_split = [name for name in _SPLIT if name in names and any(e.is_dir() for e in _entries(folder / name))]
        if not is_split:
            return Listing(folder, {"": _classes(folder)})
        if sorted(names) != sorted(_SPLIT) or len(is_split) < 2:
            raise DataError(
                f"{folder}: found folders {', '.join(sorted(names))}, expected train and test alone, each with a "
                "folder of images per class, or the folders of the classes"
            )
        return Listing(folder, {part: _classes(folder / part) for part in _SPLIT})
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror}), expected a folder of images per class") from None


def read_folder(
    listing: Listing, image_size: tuple[int, int] | None, channels: int | None, limit: int
) -> Mapping[str, NDArray[Any]]:
    """Read all images of a folder; labels are the names of their folders.

    Args:
        listing: The folder.
        image_size: Height and width to which all images are resized; None takes them as they are.
        channels: 1 turns all images to grey, 3 to colours; None takes them as they are.
        limit: Bytes that all images may have at most.

    Returns:
        `x_train`, `y_train`, `x_test` and `y_test` of a folder with `train` and `test`, else `x` and `y`.

    Raises:
        DataError: Images cannot be read, or differ in size or colours and the caller unifies neither.
    """
    headers = _each(listing.files(), read_header)
    size = image_size or _common(
        listing.folder,
        {path: (header.height, header.width) for path, header in headers.items()},
        lambda size: f"{size[0]}x{size[1]} pixels",
        "`image_size` resizes all of them",
    )
    depth = channels or _common(
        listing.folder,
        {path: header.channels for path, header in headers.items()},
        lambda depth: _WORDS[depth],
        "`channels` turns all of them to grey or to colours",
    )
    space = len(headers) * size[0] * size[1] * depth
    if space > limit:
        raise DataError(
            f"{listing.folder}: found {counted(len(headers), 'image')} of {size[0]}x{size[1]}x{depth}, "
            f"{space:,} bytes, expected at most {limit:,}; `image_size` makes them smaller"
        )
    pixels = _each(headers, lambda path: read_pixels(path, depth, size))
    arrays: dict[str, NDArray[Any]] = {}
    for part, classes in listing.parts.items():
        x, y = WHOLE if not part else PARTS[:2] if part == "train" else PARTS[2:]
        arrays[x] = np.stack([pixels[path] for paths in classes.values() for path in paths])
        arrays[y] = np.array([name for name, paths in classes.items() for _ in paths], np.str_)
    return arrays


def _classes(folder: Path) -> Mapping[str, Sequence[Path]]:
    """Return the images in each folder of a folder."""
    classes: dict[str, Sequence[Path]] = {}
    for entry in _entries(folder):
        if entry.is_dir():
            classes[entry.name] = _images(Path(entry.path))
        elif entry.name.lower().endswith(ENDINGS):
            raise DataError(f"{entry.path}: found an image beside the folders of the classes, expected it in one")
    if len(classes) < 2:
        found = ", ".join(classes) or "none"
        raise DataError(f"{folder}: found folders of classes: {found}; expected at least 2, each with images")
    return classes


def _images(folder: Path) -> Sequence[Path]:
    entries = _entries(folder)
    others = [entry.name for entry in entries if not entry.name.lower().endswith(ENDINGS)]
    if others:
        kind = "a folder" if (folder / others[0]).is_dir() else "a file"
        more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
        raise DataError(f"{folder / others[0]}: found {kind}{more}, expected only images there: {', '.join(ENDINGS)}")
    if not entries:
        raise DataError(f"{folder}: found no image, expected some: {', '.join(ENDINGS)}")
    return tuple(Path(entry.path) for entry in entries)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what lies in a folder, by name; without the files that systems hide there."""
    with os.scandir(folder) as entries:
        seen = [one for one in entries if not one.name.startswith(".") and one.name.lower() not in _OF_SYSTEMS]
    return sorted(seen, key=lambda entry: entry.name)


def _each(paths: Iterable[Path], read: Callable[[Path], T]) -> dict[Path, T]:
    """Return the result for each image.

    Raises:
        DataError: Images cannot be read; one line for each of the first.
    """
    found: dict[Path, T] = {}
    problems: list[str] = []
    for path in paths:
        try:
            found[path] = read(path)
        except DataError as error:
            problems.append(str(error))
    if problems:
        raise DataError("\n".join(first_lines(problems, _MAX_PROBLEMS, after=" more images that cannot be used")))
    return found


def _common(folder: Path, facts: Mapping[Path, T], describe: Callable[[T], str], way_out: str) -> T:
    """Return the fact that all images share.

    Raises:
        DataError: They do not; the message names the most common fact, and an image of another.
    """
    counts = Counter(facts.values())
    (usual, count), *others = counts.most_common()
    if others:
        odd = next(path for path, fact in facts.items() if fact != usual)
        raise DataError(
            f"{odd}: found {describe(facts[odd])}, expected {describe(usual)} as {count:,} of {len(facts):,} images in "
            f"{folder} have; {way_out}"
        )
    return usual
