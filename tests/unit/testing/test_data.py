"""The suite for data sets of other packages: the project's own passes, each seeded fault is found."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from featurenet_uvl.errors import ToolError, UnsupportedError, UsageError
from featurenet_uvl.testing.data import check_data_source
from featurenet_uvl.training.data.catalogue import SOURCES, find_source, source_names
from featurenet_uvl.training.data.dataset import load_dataset
from featurenet_uvl.training.data.source import DataSource
from tests.places import DOCS

PAGE = (DOCS / "own-data.md").read_text(encoding="utf-8")


def stripes(count: int = 20) -> dict[str, NDArray[Any]]:
    """Return images with a bright row or column; 0 is a row."""
    y = np.arange(count, dtype=np.uint8) % 2
    x = np.zeros((count, 8, 8, 1), np.uint8)
    x[y == 0, 3], x[y == 1, :, 3] = 255, 255
    return {"x_train": x, "y_train": y, "x_test": x[:6], "y_test": y[:6]}


STRIPES = DataSource("stripes", "Stripes", (8, 8, 1), ("row", "column"), lambda _: stripes())


def test_the_digits_and_a_source_of_a_package_pass() -> None:
    check_data_source("digits")
    check_data_source(STRIPES)


def changed(**arrays: NDArray[Any]) -> Callable[[Path | None], Mapping[str, NDArray[Any]]]:
    return lambda _: {**stripes(), **arrays}


def unsteady(_: Path | None) -> Mapping[str, NDArray[Any]]:
    return {**stripes(), "y_test": np.array([random.random() > 0.5, 0, 1, 1, 0, 0])}


def broken(_: Path | None) -> Mapping[str, NDArray[Any]]:
    raise OSError("no such server\nmore")


FAULTS = {
    "another shape": (replace(STRIPES, shape=(9, 8, 1)), "found 8x8x1 images of classes 0, 1, expected 9x8x1"),
    "another number of classes": (replace(STRIPES, class_names=("a", "b", "c")), "expected 8x8x1 and classes 0 to 2"),
    "a name twice": (replace(STRIPES, class_names=("a", "a")), "found 2 names of classes, 1 different ones"),
    "no title": (replace(STRIPES, title=" "), "found the title ' ', expected one line"),
    "a name with blanks": (replace(STRIPES, name="my stripes"), "found the name 'my stripes'"),
    "labels too few": (replace(STRIPES, load=changed(y_test=np.zeros(3))), r"y_test: found float64 of shape \(3,\)"),
    "random labels": (replace(STRIPES, load=unsteady), "found the state of a global random generator changed"),
    "an error": (replace(STRIPES, load=broken), "raised OSError: no such server more, expected x_train"),
    "an origin that is not there": (
        replace(STRIPES, origin=lambda _: Path("nowhere.bin")),
        "found no nowhere.bin, which its origin names",
    ),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_seeded_fault_is_found(fault: str) -> None:
    source, message = FAULTS[fault]
    with pytest.raises(UnsupportedError, match=f"^data set {source.name}: .*{message}"):
        check_data_source(source)


def test_numbers_that_change_from_load_to_load_are_found() -> None:
    shades = iter((1, 2))
    source = replace(STRIPES, load=lambda _: {**stripes(), "x_test": stripes()["x_test"] // next(shades)})
    with pytest.raises(UnsupportedError, match="x_test: found other numbers when it was loaded again"):
        check_data_source(source)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_the_facts_of_each_source_hold_without_its_images(name: str) -> None:
    source = SOURCES[name]
    assert source.name == name
    assert len(set(source.class_names)) == source.classes == {"cifar100": 100}.get(name, 10)
    assert source.shape[2] in (1, 3)


CODE, CHECK = re.findall(r"```python\n# (?:stripes|test_stripes)\.py\n(.*?)```", PAGE, re.DOTALL)
(ENTRY_POINTS,) = re.findall(r"```ini\n\[options\.entry_points\]\n(.*?)```", PAGE, re.DOTALL)


def install(folder: Path, module: str, code: str, entry_points: str) -> None:
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)
    sys.modules.pop(module, None)


def test_the_data_set_of_the_page_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    install(tmp_path, "stripes", CODE, re.sub(r"^(\S+) =$", r"[\1]", ENTRY_POINTS, flags=re.MULTILINE))
    assert "stripes" in source_names()
    exec(CHECK, {})
    data = load_dataset("stripes", None, tmp_path / "cache")
    assert (data.name, data.classes, data.class_names) == (f"stripes-{data.hash}", 2, ("row", "column"))
    assert load_dataset("stripes", None, tmp_path / "cache") == data


def test_a_data_set_that_cannot_be_loaded_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    code = """
from featurenet_uvl.training.data.source import DataSource
def load(data_dir): raise ValueError("two\\nlines")
other = DataSource("theirs", "t", (8, 8, 1), ("a", "b"), load)
"""
    entries = (
        "[featurenet_uvl.data]\ntheirs = theirs_data:other\nwrong = theirs_data:load\nrenamed = theirs_data:other\n"
    )
    install(tmp_path, "theirs_data", code, entries)
    with pytest.raises(ToolError, match=r"^data set theirs: cannot be loaded: ValueError: two lines$"):
        load_dataset("theirs", None, tmp_path / "cache")
    with pytest.raises(UnsupportedError, match="data set wrong: found function at theirs_data:load, expected a DataSo"):
        find_source("wrong")
    with pytest.raises(UnsupportedError, match="data set renamed: found the data set theirs at"):
        find_source("renamed")
    with pytest.raises(UsageError, match="found data set 'nowhere', expected one of digits"):
        find_source("nowhere")
