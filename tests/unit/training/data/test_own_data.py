"""A user's own data: every form gives the same images, and every way to be wrong is one line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from featurenet_uvl.errors import DataError, FeatureNetError, UsageError
from featurenet_uvl.training.data.dataset import image_facts, load_dataset
from featurenet_uvl.training.data.labels import numbered
from featurenet_uvl.training.data.own_arrays import checked_arrays
from featurenet_uvl.training.data.own_data import Data, find_own

X = np.arange(20 * 6 * 5, dtype=np.uint32).reshape(20, 6, 5).astype(np.uint8)
Y = np.array(["cat", "dog"] * 10)


def save(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def test_a_file_and_its_arrays_are_the_same_images(tmp_path: Path) -> None:
    data = load_dataset(str(save(tmp_path / "pets.npz", x=X, y=Y)), None, tmp_path / "cache")
    assert (data.input_shape, data.classes, data.class_names) == ((6, 5, 1), 2, ("cat", "dog"))
    assert (data.train_count, data.test_count) == (16, 4)
    assert data.name == f"pets-{data.hash}"
    assert str(data) == f"{data.name}: 16 images to train on, 4 to test on, 6x5x1, 2 classes (cat, dog)"
    of_arrays = load_dataset(Data((X, list(Y))), None, tmp_path / "cache")
    assert (of_arrays.hash, of_arrays.name) == (data.hash, f"arrays-{data.hash}")
    assert image_facts(Data((X, Y))) == ((6, 5, 1), 2)
    x, y = data.read("test", None, 0)
    shown = {tuple(image.ravel()) for image in X}
    assert all(tuple(np.round(image * 255).astype(int).ravel()) in shown for image in x)
    assert y.sum(axis=0).tolist() == [2, 2]  # the same share of each class


def test_the_split_depends_on_its_seed_and_share_alone(tmp_path: Path) -> None:
    def hash_of(**options: Any) -> tuple[str, int]:
        data = load_dataset(Data((X, Y), **options), None, tmp_path)
        return data.hash, data.test_count

    assert hash_of() == hash_of(test_share=0.2)
    assert hash_of(split_seed=1)[0] != hash_of()[0]
    assert hash_of(test_share=0.5)[1] == 10
    assert hash_of(test_share=0.999)[1] == 18  # one image of each class is left to train on
    split = load_dataset(Data(((X, Y), (X[:4], Y[:4]))), None, tmp_path)
    assert (split.train_count, split.test_count) == (20, 4)


def test_data_are_named_by_content(tmp_path: Path) -> None:
    """Labels 3 and 7 are other data than 0 and 1, though both are stored as 0 and 1; so are bytes and floats."""
    numbers = (Y == "dog").astype(int)
    names = {
        load_dataset(Data(source), None, tmp_path).name
        for source in ((X, Y), (X, numbers), (X, 4 * numbers + 3), (X.astype(float), numbers), (X, numbers[::-1]))
    }
    assert len(names) == 5
    assert load_dataset(Data((X.astype(np.int64), numbers.astype(float))), None, tmp_path).name in names


def test_a_changed_file_is_read_again_and_another_is_not_mixed_up(tmp_path: Path) -> None:
    path = save(tmp_path / "pets.npz", x=X, y=Y)
    first = load_dataset(str(path), None, tmp_path / "cache")
    inode = (Path(first.folder) / "x_train.npy").stat().st_ino
    assert load_dataset(str(path), None, tmp_path / "cache") == first
    assert (Path(first.folder) / "x_train.npy").stat().st_ino == inode
    save(path, x=X[::-1], y=Y)
    os.utime(path, ns=(1, 1))
    second = load_dataset(str(path), None, tmp_path / "cache")
    assert second.name != first.name
    assert load_dataset(str(path), None, tmp_path / "cache") == second


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, ">f4", ">f8"])
def test_floating_point_images_reach_the_networks_as_they_are(kind: Any, tmp_path: Path) -> None:
    x = np.linspace(-3, 700, X.size).reshape(X.shape).astype(kind)
    data = load_dataset(Data(((x, Y), (x, Y))), None, tmp_path)
    read, _ = data.read("train", None, 0)
    assert read.dtype == np.float32
    assert (read[..., 0] == x.astype(np.float32)).all()


@pytest.mark.parametrize("kind", ["int8", "<i4", ">i8", "uint16", "uint64"])
def test_whole_numbers_of_any_type_are_bytes(kind: str, tmp_path: Path) -> None:
    x = (X % 100).astype(kind)
    read, _ = load_dataset(Data(((x, Y), (x, Y))), None, tmp_path).read("train", None, 0)
    assert (np.round(read[..., 0] * 255) == X % 100).all()


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # for machines that are busy
@given(st.lists(st.integers(-(2**63), 2**64 - 1) | st.integers(-3, 3), min_size=2, max_size=40))
def test_whole_numbers_from_anywhere_are_numbered_in_order(values: list[int]) -> None:
    try:
        array = np.array(values)
    except OverflowError:
        return
    if array.dtype.kind not in "iu" or len(set(values)) < 2:
        return
    labels, names = numbered({"y": array}, "data")
    assert [int(names[number]) for number in labels["y"]] == values
    assert [int(name) for name in names] == sorted(set(values))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # for machines that are busy
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1), min_size=2))
def test_texts_are_numbered_in_order_and_come_back(values: list[str]) -> None:
    if len(set(values)) < 2:
        return
    labels, names = numbered({"y": np.array(values)}, "data")
    assert [names[number] for number in labels["y"]] == values
    assert list(names) == sorted(set(values))


def test_three_hundred_classes_of_texts_and_bytes(tmp_path: Path) -> None:
    y = np.array([f"k{n:03}" for n in range(300)] * 2)
    x = np.zeros((600, 2, 2), np.uint8)
    data = load_dataset(str(save(tmp_path / "many.npz", x=x, y=y.astype("S"))), None, tmp_path / "cache")
    assert (data.classes, data.class_names[299]) == (300, "k299")
    assert set(data.read("train", None, 0)[1].argmax(axis=1)) == set(range(300))
    assert str(data).endswith("300 classes (k000, k001, k002, k003, k004, k005, k006, k007, k008, k009, ...)")


def with_one(value: Any, kind: Any = float) -> NDArray[Any]:
    x = X.astype(kind)
    x[7, 0, 0] = value
    return x


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "flat images": ({"x": X.reshape(20, 30)}, r"x: found uint8 of shape \(20, 30\), expected \(count, height, width\)"),
    "channels first": (
        {"x": np.zeros((20, 3, 6, 5), np.uint8)},
        r"the channels last.*transpose\(0, 2, 3, 1\)",
    ),
    "four channels": ({"x": np.zeros((20, 6, 5, 4), np.uint8)}, r"x\[\.\.\., :3\] leaves out the transparency"),
    "no images": ({"x": X[:0], "y": Y[:0]}, r"x: found uint8 of shape \(0, 6, 5\), expected at least one image"),
    "texts as images": ({"x": np.full((20, 6, 5), "a")}, "x: found (type '<U1', expected numbers|<U1 of shape)"),
    "truth values as images": ({"x": X > 3}, r"x: found bool of shape \(20, 6, 5\), expected images of uint8"),
    "complex images": ({"x": X * 1j}, "x: found (type '<c16'|complex128)"),
    "16 bits": ({"x": with_one(4095, np.uint16)}, r"x: found whole numbers 0\.\.4095, expected 0\.\.255"),
    "negative": ({"x": with_one(-1, np.int32)}, r"x: found whole numbers -1\.\.255, expected 0\.\.255"),
    "not a number": ({"x": with_one(np.nan)}, "x: found numbers .* in 1 of 20 images, first in image 7"),
    "beyond float32": ({"x": with_one(1e300)}, "x: found numbers .* in 1 of 20 images, first in image 7"),
    "too few labels": ({"y": Y[:19]}, r"y: found <U3 of shape \(19,\), expected 20 labels, as many as images in x"),
    "one-hot labels": ({"y": np.eye(2)[[0, 1] * 10]}, r"expected one label per image; y\.argmax\(axis=1\)"),
    "fractions": ({"y": np.linspace(0, 1, 20)}, "y: found the label 0.0526316, expected whole numbers or texts"),
    "labels that are not finite": ({"y": np.full(20, np.inf)}, "y: found the label inf, expected whole numbers"),
    "one class": ({"y": np.full(20, "cat")}, "y: found class 'cat' alone, expected at least 2 classes"),
    "an empty text": ({"y": np.where(Y == "cat", "", Y)}, "y: found an empty text"),
    "a class with one image": ({"y": np.array(["a"] * 19 + ["b"])}, "found 1 image of class b, expected at least 2"),
    "times": ({"y": np.zeros(20, "M8[s]")}, "y: found (type '<M8|datetime64)"),
}


@pytest.mark.parametrize("how", ["file", "arrays"])
@pytest.mark.parametrize("case", sorted(WRONG))
def test_a_wrong_array_is_one_line(case: str, how: str, tmp_path: Path) -> None:
    changes, message = WRONG[case]
    arrays = {"x": X, "y": Y, **changes}
    path = tmp_path / "pets.npz"
    source = str(save(path, **arrays)) if how == "file" else (arrays["x"], arrays["y"])
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(Data(source), None, tmp_path / "cache")
    text = str(caught.value)
    assert text.startswith(f"{path}: " if how == "file" else "data: ")
    assert "\n" not in text
    assert len(text) < 300
    assert not (tmp_path / "cache").exists()


WRONG_PAIRS: dict[str, tuple[tuple[Any, Any, Any, Any], str]] = {
    "another shape": ((X, Y, X[:, :5], Y), "x_test: found images of 5x5x1, expected 6x5x1 as in x_train"),
    "another type": ((X, Y, X / 255, Y), "x_test: found float64, expected uint8 as in x_train: floats are not scaled"),
    "a new class": ((X, Y, X[:2], ["cat", "cow"]), "y_test: found class 'cow', expected only classes that y_train has"),
    "another kind": ((X, Y, X[:2], [0, 1]), "y_test: found whole numbers, expected texts as in y_train"),
    "two at once": ((X[..., 0], Y, X, Y[:3]), r"x_train: found(.|\n)*y_test: found"),
}


@pytest.mark.parametrize("case", sorted(WRONG_PAIRS))
def test_train_and_test_must_fit(case: str, tmp_path: Path) -> None:
    (x, y, x_test, y_test), message = WRONG_PAIRS[case]
    for source in (((x, y), (x_test, y_test)), [[x, y], [x_test, y_test]]):
        with pytest.raises(DataError, match=message):
            load_dataset(Data(source), None, tmp_path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (X, "data: found ndarray, expected the name of a data set, the path"),
        (None, "data: found NoneType, expected the name"),
        ((X,), "data: found tuple of 1, expected"),
        ({"x": X}, "data: found dict of 1, expected"),
        ((X, Y, X), "data: found tuple of 3, expected"),
    ],
)
def test_what_is_no_data_is_told_by_its_type(source: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        load_dataset(Data(source), None, tmp_path)


def test_objects_that_are_no_arrays(tmp_path: Path) -> None:
    class Odd:
        def __array__(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("lives\non a GPU")

    for x, message in (
        (Odd(), r"data: x: found Odd, expected an array \(lives on a GPU\)"),
        ([[[1]], [[1, 2]]], r"data: x: found list of 2, expected an array \("),
        (np.ma.masked_less(X, 3), "data: x: found an array with masked numbers"),
    ):
        with pytest.raises(DataError, match=message):
            load_dataset(Data((x, Y)), None, tmp_path)
    with pytest.raises(DataError, match=r"data: y: found object of shape \(20,\), expected whole numbers or texts"):
        load_dataset(Data((X, np.array([*Y[:19], None], object))), None, tmp_path)
    assert load_dataset(Data((X, Y.astype(object))), None, tmp_path).class_names == ("cat", "dog")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_size": 32}, "`image_size`: found 32, expected height and width"),
        ({"image_size": (0, 3)}, "`image_size`: found"),
        ({"channels": 2}, "`channels`: found 2, expected 1 for grey or 3"),
        ({"test_share": 1.0}, "`test_share`: found 1.0, expected a number above 0 and below 1"),
        ({"split_seed": -1}, "`split_seed`: found -1"),
    ],
)
def test_options_without_a_meaning(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Data("photos", **options)


def test_options_where_they_do_not_apply(tmp_path: Path) -> None:
    path = save(tmp_path / "pets.npz", x_train=X, y_train=Y, x_test=X, y_test=Y)
    cases: list[tuple[Data, str]] = [
        (Data("mnist", channels=1), "data set mnist: found `image_size`.* expected none: it is read as it is"),
        (Data(path, image_size=(3, 3)), r"pets\.npz: found `image_size`.*expected it with a folder of images alone"),
        (Data((X, Y), channels=3), "data: found `channels` 3, expected it with a folder"),
        (Data(path, test_share=0.5), r"pets\.npz: found `test_share` 0\.5 for data that has test images"),
    ]
    for data, message in cases:
        with pytest.raises(FeatureNetError, match=message):
            load_dataset(data, None, tmp_path / "cache")


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda p: np.savez(p, images=X, labels=Y), "found arrays images, labels, expected x_train, y_train, x_test"),
        (lambda p: np.savez(p, x_train=X, y_train=Y), "found arrays x_train, y_train, expected x_train, y_train, x_te"),
        (lambda p: np.savez(p), "(found arrays none|found no whole zip archive)"),
        (lambda p: p.write_bytes(b"x,y\n1,2\n"), "found no whole zip archive"),
        (lambda p: np.savez(p, x=X, y=np.array([*Y], object)), r"y: found type '\|O', expected numbers or texts"),
        (os.mkfifo, "found a pipe"),
    ],
)
def test_a_file_that_holds_something_else(write: Callable[[Path], Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "pets.npz"
    write(path)
    with pytest.raises(DataError, match=rf"pets\.npz: .*{message}") as caught:
        load_dataset(str(path), None, tmp_path / "cache")
    assert "\n" not in str(caught.value)


def test_large_arrays_are_refused_before_they_are_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np, "frombuffer", lambda *_, **__: pytest.fail("the array was read"))
    own = find_own(Data(save(tmp_path / "pets.npz", x=np.zeros((20, 9, 9), np.uint8), y=Y)), limit=500)
    assert own is not None
    with pytest.raises(DataError, match=r"found .* bytes, expected at most"):
        own.read()


def test_a_named_data_set_keeps_its_name_and_hash(tmp_path: Path) -> None:
    """The rows of stores that exist are found by them."""
    data = load_dataset("digits", None, tmp_path)
    assert (data.name, data.hash) == ("digits", "3528211fb762d070")
    assert data.class_names == tuple("0123456789")
    folder = Path(data.folder)
    text = (folder / "dataset.json").read_text()
    old = text.replace(', "class_names": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]', "")
    (folder / "dataset.json").write_text(old.replace(', "is_own": false', ""))
    assert load_dataset("digits", None, tmp_path) == data


def test_checked_arrays_leave_the_callers_alone() -> None:
    x, y = X.copy(), Y.copy()
    checked_arrays({"x": x, "y": y}, "data", None, 0)
    assert (x == X).all()
    assert (y == Y).all()
