"""Data sets: the places of their files, refusals, and the images that a worker reads."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from featurenet_uvl.errors import DataError, ReadError, UsageError
from featurenet_uvl.training.data.dataset import load_dataset
from featurenet_uvl.training.data.npz import read_arrays
from featurenet_uvl.training.data.source import PARTS
from tests.places import SHARED

DATA = SHARED / "data"


def write_mnist(path: Path, **changes: object) -> Path:
    """Write a small file in the format of Keras' mnist.npz; a value of None removes its key."""
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.integers(0, 256, (30, 28, 28), dtype=np.uint8),
        "y_train": np.arange(30, dtype=np.uint8) % 10,
        "x_test": rng.integers(0, 256, (20, 28, 28), dtype=np.uint8),
        "y_test": np.arange(20, dtype=np.uint8) % 10,
    }
    arrays = {name: array for name, array in {**arrays, **changes}.items() if array is not None}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)
    return path


@pytest.fixture
def no_keras(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give Keras an empty cache and no way to download."""

    def load_data() -> None:
        print("Downloading data from https://example.org/mnist.npz")
        raise Exception("URL fetch failure on https://example.org/mnist.npz: None -- unreachable")

    keras = ModuleType("keras")
    keras.datasets = SimpleNamespace(mnist=SimpleNamespace(load_data=load_data))  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "keras", keras)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("FEATURENET_DATA", raising=False)


def test_digits_are_embedded(tmp_path: Path) -> None:
    data = load_dataset("digits", None, tmp_path)
    assert (data.input_shape, data.classes, data.train_count, data.test_count) == ((16, 16, 1), 10, 1437, 360)
    x, y = data.read("train", None, seed=0)
    assert (x.shape, y.shape, x.dtype, y.dtype) == ((1437, 16, 16, 1), (1437, 10), np.float32, np.float32)
    assert (x.min(), x.max()) == (0.0, 1.0)
    assert (y.sum(axis=1) == 1).all()
    # Each pixel stands four times.
    assert (x[:, ::2, ::2] == x[:, 1::2, 1::2]).all()
    # The test part is not in the training part, and has every class.
    assert set(load_dataset("digits", None, tmp_path).read("test", None, 0)[1].argmax(axis=1)) == set(range(10))


def test_a_subset_depends_on_the_seed_alone(tmp_path: Path) -> None:
    data = load_dataset("digits", None, tmp_path)
    whole, _ = data.read("train", None, 1)
    part, labels = data.read("train", 100, 1)
    again, _ = data.read("train", 100, 1)
    other, _ = data.read("train", 100, 2)
    assert part.shape == (100, 16, 16, 1)
    assert labels.shape == (100, 10)
    assert (part == again).all()
    assert (part != other).any()
    rows = {image.tobytes() for image in whole}
    assert all(image.tobytes() in rows for image in part)
    with pytest.raises(DataError, match="found 1437 train images, expected at least 1438"):
        data.read("train", 1438, 1)


@pytest.mark.usefixtures("no_keras")
def test_a_download_says_nothing_where_results_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataError):
        load_dataset("mnist", None, tmp_path / "cache")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "Downloading data from https://example.org/mnist.npz\n")


@pytest.mark.usefixtures("no_keras")
def test_places_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_dataset("mnist", tmp_path / "given", tmp_path / "cache")
    message = str(caught.value)
    assert "URL fetch failure" in message
    assert "\n" not in message
    assert f"{tmp_path}/given/mnist.npz (data folder); {tmp_path}/keras/datasets/mnist.npz (Keras' cache)" in message
    counts = {}
    for size, (place, folder) in enumerate(
        [("keras", "keras/datasets"), ("variable", "variable"), ("given", "given")], start=11
    ):
        write_mnist(
            tmp_path / folder / "mnist.npz",
            x_test=np.zeros((size, 28, 28), np.uint8),
            y_test=np.zeros(size, np.uint8),
        )
        monkeypatch.setenv("FEATURENET_DATA", str(tmp_path / "variable"))
        counts[place] = load_dataset("mnist", tmp_path / "given", tmp_path / "cache").test_count
    assert counts == {"keras": 11, "variable": 12, "given": 13}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"y_test": None}, "found keys x_train, y_train, x_test, expected also y_test"),
        (
            {"x_train": np.zeros((30, 28, 28), np.float32)},
            "x_train: found float32 of shape (30, 28, 28), expected uint8 images of shape (count, 28, 28)",
        ),
        ({"x_test": np.zeros((20, 32, 32, 3), np.uint8)}, "x_test: found uint8 of shape (20, 32, 32, 3)"),
        ({"y_train": np.zeros(29, np.uint8)}, "y_train: found uint8 of shape (29,), expected 30 whole numbers"),
        ({"y_train": np.full(30, 10)}, "y_train: found labels 10..10, expected 0..9"),
        ({"y_train": np.full(30, -1)}, "y_train: found labels -1..-1, expected 0..9"),
        ({"y_train": np.zeros(30)}, "y_train: found float64 of shape (30,), expected 30 whole numbers"),
        ({"x_train": np.zeros((0, 28, 28), np.uint8), "y_train": np.zeros(0, np.uint8)}, "x_train: found uint8"),
        ({"y_train": np.array([{}] * 30)}, "y_train: found type '|O', expected numbers"),
    ],
)
def test_wrong_contents(tmp_path: Path, changes: dict[str, object], expected: str) -> None:
    path = write_mnist(tmp_path / "mnist.npz", **changes)
    with pytest.raises(DataError) as caught:
        load_dataset("mnist", tmp_path, tmp_path / "cache")
    assert str(caught.value).startswith(f"{path}: ")
    assert expected in str(caught.value)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("damage", ["truncated", "text", "empty", "noise", "flipped", "single array"])
def test_damaged_files(tmp_path: Path, damage: str) -> None:
    path = write_mnist(tmp_path / "mnist.npz")
    content = path.read_bytes()
    if damage == "single array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    else:
        middle = len(content) // 2
        flipped = (
            content[:middle] + bytes(byte ^ 0xFF for byte in content[middle : middle + 64]) + content[middle + 64 :]
        )
        kinds = {"truncated": content[:middle], "text": b"<html>", "empty": b"", "noise": bytes(range(256))}
        path.write_bytes({**kinds, "flipped": flipped}[damage])
    kinds = (
        r"found (no whole zip archive|a single array)|[xy]_(train|test)\.npy cannot be unpacked|[xy]_train: found no"
    )
    with pytest.raises(DataError, match=rf"mnist\.npz: ({kinds})") as caught:
        load_dataset("mnist", tmp_path, tmp_path / "cache")
    assert "pickle" not in str(caught.value)
    assert "\n" not in str(caught.value)


def write_array(
    header: bytes,
    *,
    mark: bytes = b"\x93NUMPY",
    version: int = 1,
    method: int = zipfile.ZIP_STORED,
    data: bytes = b"",
) -> bytes:
    """Return an archive like MNIST's, in which the training images have this header."""
    stream, labels = io.BytesIO(), io.BytesIO()
    np.save(labels, np.zeros(3, np.uint8))
    array = mark + bytes([version, 0]) + len(header).to_bytes(2, "little") + header + data
    with zipfile.ZipFile(stream, "w", method) as archive:
        for part in ("x_train", "y_train", "x_test", "y_test"):
            archive.writestr(f"{part}.npy", array if part[0] == "x" else labels.getvalue())
    return stream.getvalue()


HEADER = b"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 28, 28), }"
HOSTILE_ARRAYS = {
    "no array": (write_array(HEADER, mark=b"OTHERS"), "x_train: found no array of numpy"),
    "no dict": (write_array(b"[" * 500), "x_train: found no header of an array"),
    "half a dict": (write_array(HEADER[:30]), "x_train: found no header of an array"),
    "objects": (write_array(HEADER.replace(b"|u1", b"|O")), r"x_train: found type '\|O', expected numbers"),
    "records": (write_array(HEADER.replace(b"'|u1'", b"[('a', 'u1')]")), "x_train: found type .*, expected numbers"),
    "texts": (write_array(HEADER.replace(b"|u1", b"<U9")), "x_train: found type '<U9', expected numbers"),
    "a negative size": (write_array(HEADER.replace(b"3,", b"-3,")), "x_train: found shape"),
    "a huge shape": (write_array(HEADER.replace(b"3,", b"9" * 4000 + b",")), "x_train: found shape"),
    "another size": (
        write_array(HEADER, data=b"x"),
        "x_train: found 1 bytes, expected the 2,352 that its header tells",
    ),
    "another version": (write_array(HEADER, version=7), "x_train: found version 7 of numpy's format"),
    "a long header": (write_array(b" " * 20_000), "x_train: found a header of 20,000 bytes"),
    "lzma": (write_array(HEADER, method=zipfile.ZIP_LZMA), "x_train.npy: found it packed by lzma"),
}


@pytest.mark.parametrize(("content", "message"), HOSTILE_ARRAYS.values(), ids=HOSTILE_ARRAYS)
def test_hostile_arrays_are_one_line(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "mnist.npz").write_bytes(content)
    with pytest.raises(DataError, match=rf"mnist\.npz: .*({message})") as error:
        load_dataset("mnist", tmp_path, tmp_path / "cache")
    assert "\n" not in str(error.value)


def test_images_of_another_shape_are_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few thousand bytes of an archive can hold gigabytes of zeros: their header tells that they are no images."""
    np.savez_compressed(tmp_path / "mnist.npz", **{part: np.zeros(20_000_000, np.uint8) for part in PARTS})
    monkeypatch.setattr(np, "frombuffer", lambda *_, **__: pytest.fail("the array was read"))
    with pytest.raises(DataError, match="x_train: found uint8 of shape"):
        load_dataset("mnist", tmp_path, tmp_path / "cache")
    with pytest.raises(ReadError, match=r"x_train\.npy: found 20,000,128 bytes, expected at most 2,097,152"):
        read_arrays(tmp_path / "mnist.npz", PARTS, 1 << 20, lambda _: None)


def test_a_file_is_unpacked_once_and_again_when_it_changes(tmp_path: Path) -> None:
    path, cache = write_mnist(tmp_path / "mnist.npz"), tmp_path / "cache"
    first = load_dataset("mnist", tmp_path, cache)
    arrays = Path(first.folder) / "x_train.npy"
    inode = arrays.stat().st_ino
    assert load_dataset("mnist", tmp_path, cache) == first
    assert arrays.stat().st_ino == inode
    # Damage of the unpacked files is seen and repaired.
    arrays.write_bytes(arrays.read_bytes()[:500])
    assert load_dataset("mnist", tmp_path, cache) == first
    assert first.read("train", None, 0)[0].shape == (30, 28, 28, 1)
    write_mnist(path, x_test=np.zeros((5, 28, 28), np.uint8), y_test=np.zeros((5, 1), np.int64))
    os.utime(path, ns=(1, 1))
    second = load_dataset("mnist", tmp_path, cache)
    assert second.test_count == 5
    assert second.hash != first.hash


def test_unknown_data_set(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found data set 'mnits', expected one of digits, mnist, cifar10"):
        load_dataset("mnits", None, tmp_path)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs mnist.npz beside the project")
def test_the_real_mnist(tmp_path: Path) -> None:
    data = load_dataset("mnist", DATA, tmp_path)
    assert (data.input_shape, data.train_count, data.test_count) == ((28, 28, 1), 60_000, 10_000)
    _, labels = data.read("test", None, 0)
    assert labels.sum(axis=0).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
