"""Data sets on disk as plain arrays, unpacked once and mapped into the memory of every worker."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.errors import DataError, UsageError
from featurenet_uvl.ir.layers import Shape, format_shape
from featurenet_uvl.system.folders import replace_folder
from featurenet_uvl.system.locks import waiting_lock
from featurenet_uvl.system.signals import held
from featurenet_uvl.system.streams import printable
from featurenet_uvl.training.data.catalogue import SOURCES, find_source, source_names
from featurenet_uvl.training.data.own_arrays import checked_arrays
from featurenet_uvl.training.data.own_data import Data, OwnSource, content_hash, find_own
from featurenet_uvl.training.data.source import PARTS, DataSource, Images, Loaded
from featurenet_uvl.training.trials.protocol import Protocol

_MANIFEST = "dataset.json"

_SHOWN_CLASSES = 10
"""Classes that a message names at most."""

Labelled: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Images (count, height, width, channels), and one-hot labels (count, classes).

Bytes are divided by 255, which gives [0, 1]; images of floating-point numbers are as the user's file has them.
"""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set in `folder`: one `.npy` file each for x_train, y_train, x_test, y_test. Engines send it to workers."""

    name: str
    folder: str
    input_shape: Shape
    classes: int
    train_count: int
    test_count: int
    hash: str
    """Hash of all images and labels, 16 hex digits."""
    class_names: tuple[str, ...] = ()
    """Names of the classes in the order of their numbers."""
    is_own: bool = False
    """Whether its name ends with its hash, as that of a user's own data does, because other data may be called so."""

    def __str__(self) -> str:
        """Return the facts on the data set in one line."""
        names = ", ".join(map(printable, self.class_names[:_SHOWN_CLASSES]))
        more = ", ..." if len(self.class_names) > _SHOWN_CLASSES else ""
        return (
            f"{self.name}: {self.train_count:,} images to train on, {self.test_count:,} to test on, "
            f"{format_shape(self.input_shape)}, {self.classes} classes" + f" ({names}{more})" * bool(names)
        )

    def read(self, part: str, count: int | None, seed: int) -> Labelled:
        """Read images, bytes of which become [0, 1], and one-hot labels of the part `train` or `test`.

        Args:
            part: `train` or `test`.
            count: Number of images; None for all. A subset depends on `seed` only, and keeps the original order.
            seed: Seed of the subset.

        Returns:
            Images (count, height, width, channels) and labels (count, classes).

        Raises:
            DataError: Fewer images exist, or the unpacked files are gone.
        """
        return self._read(part, self._rows(part, count, seed))

    def read_split(self, count: int | None, held_out: int, seed: int) -> tuple[Labelled, Labelled]:
        """Read the training images as `read` does, split into those to train on and those held out.

        Args:
            count: Images of both parts together; None for all.
            held_out: Images that are held out. Their choice depends on `seed` and `count` only.
            seed: Seed of the subset and of the split.

        Raises:
            DataError: Fewer images exist, none is left to train on, or the unpacked files are gone.
        """
        rows = self._rows("train", count, seed)
        self._check_split(len(rows), held_out)
        is_held_out = np.zeros(len(rows), dtype=np.bool_)
        # A generator of its own: the subset of a protocol stays the same with and without images held out.
        is_held_out[np.random.default_rng([seed, 1]).permutation(len(rows))[:held_out]] = True
        return self._read("train", rows[~is_held_out]), self._read("train", rows[is_held_out])

    def arrays(self) -> Images:
        """Return the four arrays by name, mapped from the disk.

        Raises:
            DataError: The unpacked files are gone.
        """
        try:
            return {
                part: np.load(Path(self.folder) / f"{part}.npy", mmap_mode="r", allow_pickle=False) for part in PARTS
            }
        except (OSError, ValueError) as error:
            raise self._gone(error) from error

    def _gone(self, error: Exception) -> DataError:
        return DataError(f"{self.folder}: found no readable unpacked data ({error}); start the run again")

    def check(self, protocol: Protocol) -> None:
        """Raise DataError if a protocol needs more images than the data set has."""
        self.check_size("train", protocol.train_images)
        self.check_size("test", protocol.test_images)
        self._check_split(protocol.train_images or self.train_count, protocol.validation_images)

    def _check_split(self, count: int, held_out: int) -> None:
        if held_out >= count:
            raise DataError(
                f"data set {self.name}: found {held_out} of {count} training images held out, expected some to train on"
            )

    def _read(self, part: str, rows: NDArray[np.intp]) -> Labelled:
        folder = Path(self.folder)
        try:
            x = np.load(folder / f"x_{part}.npy", mmap_mode="r", allow_pickle=False)
            y = np.load(folder / f"y_{part}.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise self._gone(error) from error
        images = x[rows].astype(np.float32)
        if x.dtype == np.uint8:
            images /= np.float32(255)
        return images, np.eye(self.classes, dtype=np.float32)[y[rows]]

    def check_size(self, part: str, count: int | None) -> None:
        """Raise DataError if the part `train` or `test` has fewer than `count` images."""
        available = self.train_count if part == "train" else self.test_count
        if count is not None and count > available:
            raise DataError(f"data set {self.name}: found {available} {part} images, expected at least {count}")

    def _rows(self, part: str, count: int | None, seed: int) -> NDArray[np.intp]:
        self.check_size(part, count)
        available = self.train_count if part == "train" else self.test_count
        if count is None or count == available:
            return np.arange(available)
        return np.sort(np.random.default_rng(seed).permutation(available)[:count])


def load_dataset(data: str | Data, data_dir: Path | None, cache: Path) -> Dataset:
    """Return a data set, unpacking it below `cache` unless it is there already.

    `digits` comes with scikit-learn. `mnist` and the others of `SOURCES` come from the first of these places that has
    the file: `data_dir`, the folder in the environment variable FEATURENET_DATA, Keras' cache, Keras' download.

    Args:
        data: The name of a data set, or a user's own data (`Data`), also as the path of its file or folder.
        data_dir: A folder with files such as `mnist.npz`; None for the other places.
        cache: The folder for unpacked images; created if it is missing.

    Raises:
        UsageError: No data set has this name, and no file or folder; or an argument has no meaning.
        ToolError: A package is missing.
        DataError: None of the places has the data set, or it is damaged.
    """
    found = _find(data)
    if isinstance(found, DataSource):
        return _load_named(found, data_dir, cache)
    folder = cache / f"{found.stem}-{found.key}"
    unpacked = _whole(folder)
    if unpacked is not None:
        return unpacked
    loaded = found.read()
    return _unpack(_described(found.stem, loaded, folder, is_own=True), loaded.images)


def image_facts(data: str | Data | Dataset) -> tuple[Shape, int]:
    """Return the shape of the images and the number of classes, which decide for what networks are made.

    Args:
        data: As for `load_dataset`, or a data set that is loaded. One with a name need not be at hand.

    Raises:
        UsageError, DataError: As `load_dataset`.
    """
    if isinstance(data, Dataset):
        return data.input_shape, data.classes
    found = _find(data)
    if isinstance(found, DataSource):
        return found.shape, found.classes
    loaded = found.read()
    return loaded.images["x_train"].shape[1:], len(loaded.class_names)


def _find(data: str | Data) -> DataSource | OwnSource:
    """Return the data set of this name, or a user's own data.

    Raises:
        UsageError: Nothing has this name.
    """
    asked = data if isinstance(data, Data) else Data(data)
    if isinstance(asked.source, str) and asked.source in source_names():
        if asked.has_options:
            raise UsageError(
                f"data set {asked.source}: found `image_size`, `channels`, `test_share` or `split_seed`, "
                "expected none: it is read as it is"
            )
        return find_source(asked.source)
    return find_own(asked) or find_source(str(asked.source))  # which raises: nothing has this name


def _load_named(source: DataSource, data_dir: Path | None, cache: Path) -> Dataset:
    """Return a data set of the registry. One of another package is named by its content, too."""
    is_own = source.name not in SOURCES
    folder = cache / f"{source.name}-{_source_key(source.origin(data_dir))}"
    found = None if is_own else _whole(folder)  # another version of that package may load other images
    if found is not None:
        return replace(found, class_names=source.class_names)
    arrays = source.load(data_dir)
    loaded = checked_source(source, arrays) if is_own else Loaded(dict(arrays), source.class_names)
    return _unpack(_described(source.name, loaded, folder, is_own=is_own), loaded.images)


def checked_source(source: DataSource, arrays: Mapping[str, NDArray[Any]]) -> Loaded:
    """Return the arrays of another package's data set, held to what it promises.

    Raises:
        DataError: An array is wrong, or has another shape or other classes.
    """
    place = f"data set {source.name}"
    loaded = checked_arrays({part: np.asarray(arrays[part]) for part in PARTS}, place, None, 0)
    shape = loaded.images["x_train"].shape[1:]
    numbers = tuple(map(str, range(source.classes)))
    if shape != source.shape or loaded.class_names != numbers:
        found = f"{format_shape(shape)} images of classes {', '.join(loaded.class_names[:_SHOWN_CLASSES])}"
        raise DataError(
            f"{place}: found {found}, expected {format_shape(source.shape)} and classes 0 to {source.classes - 1}, "
            "each among the images to train on"
        )
    return replace(loaded, class_names=source.class_names)


def keep_arrays(data: Dataset, folder: Path, fetch: Callable[[], Images]) -> Dataset:
    """Return the data set on this machine: as it is if it is whole, else unpacked to `folder`.

    Args:
        data: The data set on the machine of the run.
        folder: The folder for images on this machine.
        fetch: Function that returns the images; called only if they are not here.

    Raises:
        DataError: The images cannot be written.
    """
    for place in (Path(data.folder), folder):
        found = _unpacked(place)
        if found is not None and found.hash == data.hash:
            return found
    images = fetch()
    return _unpack(replace(data, folder=str(folder), hash=_hash_of(images, data)), images)


def _source_key(path: Path | None) -> str:
    """Return a short name that changes with the file: a hash of its path, size and time of change."""
    if path is None:
        return "own"
    try:
        status = path.stat()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}), expected an .npz file in Keras' format") from error
    text = f"{path.resolve()}:{status.st_size}:{status.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _whole(folder: Path) -> Dataset | None:
    """Return the data set in the folder if its content is whole; the hash is computed again."""
    found = _unpacked(folder)
    return found if found is not None and _hash_of(found.arrays(), found) == found.hash else None


def _hash_of(images: Images, data: Dataset) -> str:
    return content_hash(images, data.class_names if data.is_own else ())


def _unpacked(folder: Path) -> Dataset | None:
    """Return the data set in the folder; None if it is missing or not whole."""
    try:
        data = json.loads((folder / _MANIFEST).read_text())
        dataset = Dataset(**{**data, "folder": str(folder), "input_shape": tuple(data["input_shape"])})
        dataset = replace(dataset, class_names=tuple(dataset.class_names))
        counts = {"train": dataset.train_count, "test": dataset.test_count}
        for part, count in counts.items():
            x = np.load(folder / f"x_{part}.npy", mmap_mode="r", allow_pickle=False)
            y = np.load(folder / f"y_{part}.npy", mmap_mode="r", allow_pickle=False)
            if x.shape != (count, *dataset.input_shape) or y.shape != (count,):
                return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dataset


def _described(stem: str, loaded: Loaded, folder: Path, *, is_own: bool = False) -> Dataset:
    """Return the data set that the arrays are once they lie in the folder."""
    images, names = loaded.images, loaded.class_names
    key = content_hash(images, names if is_own else ())
    counts = (len(images["x_train"]), len(images["x_test"]))
    name = f"{stem}-{key}" if is_own else stem
    return Dataset(name, str(folder), images["x_train"].shape[1:], len(names), *counts, key, names, is_own)


def _unpack(dataset: Dataset, images: Images) -> Dataset:
    """Write the arrays to a temporary folder and rename it, so that the folder is whole whenever it exists.

    If another process is doing the same, wait for it and take its folder.
    """
    folder = Path(dataset.folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with waiting_lock(folder.parent / f".{folder.name}.lock"):
            found = _unpacked(folder)
            if found is None or _hash_of(found.arrays(), dataset) != dataset.hash:
                _write(dataset, images, folder)
    except OSError as error:
        way_out = "" if error.errno else "; make room for it"  # numpy hides the reason why it wrote too little
        raise DataError(f"{folder}: cannot unpack data set {dataset.name}: {error}{way_out}") from error
    return dataset


def _write(dataset: Dataset, images: Images, folder: Path) -> None:
    """Write the arrays beside the folder, and give them its name. Only the holder of the folder's lock does this."""
    whole = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(whole, ignore_errors=True)  # of a killed process
    try:
        whole.mkdir()
        for part in PARTS:
            np.save(whole / f"{part}.npy", images[part], allow_pickle=False)
        (whole / _MANIFEST).write_text(json.dumps({**asdict(dataset), "folder": ""}, sort_keys=True))
        replace_folder(str(whole), str(folder))
    finally:
        with held():
            shutil.rmtree(whole, ignore_errors=True)
