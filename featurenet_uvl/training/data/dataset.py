"""Data sets on disk as plain arrays, unpacked once and mapped into the memory of every worker."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.errors import DataError
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.system.folders import replace_folder
from featurenet_uvl.system.locks import waiting_lock
from featurenet_uvl.system.signals import held
from featurenet_uvl.training.data.sources import (
    CLASSES,
    PARTS,
    Images,
    embedded_digits,
    find_file,
    from_keras,
    known_format,
    read_npz,
)
from featurenet_uvl.training.trials.protocol import Protocol

_MANIFEST = "dataset.json"

Labelled: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Images (count, height, width, channels) in [0, 1], and one-hot labels (count, classes)."""


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

    def read(self, part: str, count: int | None, seed: int) -> Labelled:
        """Read images in [0, 1] and one-hot labels of the part `train` or `test`.

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
        images = x[rows].astype(np.float32) / np.float32(255)
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


def load_dataset(name: str, data_dir: Path | None, cache: Path) -> Dataset:
    """Return a data set, unpacking it below `cache` unless it is there already.

    `digits` comes with scikit-learn. `mnist` and `cifar10` come from the first of these places that has the file:
    `data_dir`, the folder in the environment variable FEATURENET_DATA, Keras' cache, Keras' download.

    Args:
        name: `digits`, `mnist` or `cifar10`.
        data_dir: A folder with `mnist.npz` and `cifar10.npz`; None for the other places.
        cache: The folder for unpacked images; created if it is missing.

    Raises:
        UsageError: No data set has this name.
        ToolError: A package is missing.
        DataError: None of the places has the data set, or it is damaged.
    """
    form = known_format(name)
    path = None if name == "digits" else find_file(name, data_dir)
    folder = cache / f"{name}-{_source_key(path)}"
    found = _unpacked(folder)
    if found is not None and _content_hash(found.arrays()) == found.hash:
        return found
    if name == "digits":
        images = embedded_digits()
    else:
        images = from_keras(name, data_dir) if path is None else read_npz(path, form)
    return _unpack(name, images, folder)


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
    return _unpack(data.name, fetch(), folder)


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


def _unpacked(folder: Path) -> Dataset | None:
    """Return the data set in the folder; None if it is missing or not whole."""
    try:
        data = json.loads((folder / _MANIFEST).read_text())
        dataset = Dataset(**{**data, "folder": str(folder), "input_shape": tuple(data["input_shape"])})
        counts = {"train": dataset.train_count, "test": dataset.test_count}
        for part, count in counts.items():
            x = np.load(folder / f"x_{part}.npy", mmap_mode="r", allow_pickle=False)
            y = np.load(folder / f"y_{part}.npy", mmap_mode="r", allow_pickle=False)
            if x.shape != (count, *dataset.input_shape) or y.shape != (count,):
                return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dataset


def _unpack(name: str, images: Images, folder: Path) -> Dataset:
    """Write the arrays to a temporary folder and rename it, so that the folder is whole whenever it exists.

    If another process is doing the same, wait for it and take its folder.
    """
    dataset = Dataset(
        name,
        str(folder),
        images["x_train"].shape[1:],
        CLASSES,
        len(images["x_train"]),
        len(images["x_test"]),
        _content_hash(images),
    )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with waiting_lock(folder.parent / f".{folder.name}.lock"):
            found = _unpacked(folder)
            if found is None or _content_hash(found.arrays()) != dataset.hash:
                _write(dataset, images, folder)
    except OSError as error:
        way_out = "" if error.errno else "; make room for it"  # numpy hides the reason why it wrote too little
        raise DataError(f"{folder}: cannot unpack data set {name}: {error}{way_out}") from error
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


def _content_hash(images: Images) -> str:
    digest = hashlib.sha256()
    for part in PARTS:
        digest.update(f"{part}{images[part].shape}".encode())
        digest.update(np.ascontiguousarray(images[part]).data)
    return digest.hexdigest()[:16]
