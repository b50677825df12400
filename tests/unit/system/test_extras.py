"""Packages of the extras: found and returned, missing or broken and told in one line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from featurenet_uvl.errors import ToolError
from featurenet_uvl.system.extras import check_installed, require


def test_an_installed_module_is_returned() -> None:
    assert require("psutil", "training").Process().pid
    check_installed("training", "psutil")


@pytest.mark.parametrize(
    ("module", "name", "extra"),
    [
        ("tensorflow", "tensorflow", "networks"),
        ("sklearn.datasets", "scikit-learn", "networks"),
        ("ray", "ray", "ray"),
        ("tensorboard", "tensorboard", "tensorboard"),
    ],
)
def test_a_missing_module_is_one_line_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, module: str, name: str, extra: str
) -> None:
    top = module.partition(".")[0]
    for loaded in [loaded for loaded in sys.modules if loaded.startswith(f"{top}.")]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, top, None)  # type: ignore[arg-type]  # None hides a module from the import
    expected = f"found no {name}, which training needs: pip install 'featurenet_uvl[{extra}]'"
    for call in (lambda: require(module, "training"), lambda: check_installed("training", top)):
        with pytest.raises(ToolError) as caught:
            call()
        assert str(caught.value) == expected


def test_the_module_that_is_missing_is_named_and_not_the_one_that_imports_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "flamapy.py").write_text("import tensorflow")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # type: ignore[arg-type]  # None hides a module
    monkeypatch.delitem(sys.modules, "flamapy", raising=False)
    with pytest.raises(ToolError, match=r"^found no tensorflow, which a test needs: pip install"):
        require("flamapy", "a test")


@pytest.mark.parametrize("text", ["import no_such_module", "raise ImportError('found\\n  no libX.so')"])
def test_a_module_that_is_broken_is_told_apart_from_one_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    (tmp_path / "flamapy.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "flamapy", raising=False)
    with pytest.raises(ToolError, match=r"^found a flamapy that cannot be imported \(.*no.*\), which a test") as e:
        require("flamapy", "a test")
    assert str(e.value).endswith("needs: pip install --force-reinstall flamapy-bdd flamapy-fm flamapy-fw")
    assert "\n" not in str(e.value)
