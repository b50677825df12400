"""Paths of files that keep results: links lead to the real file, and what keeps nothing is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from featurenet_uvl.errors import StoreError, UsageError
from featurenet_uvl.system.paths import real_file, user_path


@pytest.mark.parametrize("text", ["", ":memory:", "file::memory:?cache=shared", "file:x.sqlite", "x\0y"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"`store`: found .*, expected the path of a file on a disk"):
        real_file(text, "store")


@pytest.mark.parametrize("text", [".", "/", "/dev/null", "pipe", "link to a folder"])
def test_what_is_no_file_is_refused(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("link to a folder").symlink_to(".")
    with pytest.raises(UsageError, match=r"`store`: found (the folder|a device|a pipe) "):
        real_file(text, "store")


def test_a_link_leads_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "other").symlink_to("link/x")
    assert real_file(tmp_path / "link" / "x", "store") == tmp_path.resolve() / "folder" / "x"
    assert real_file(tmp_path / "other", "store") == tmp_path.resolve() / "folder" / "x"


def test_links_in_a_circle_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(StoreError, match="a: cannot be opened: "):
        real_file(tmp_path / "a", "store")


def test_a_leading_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert real_file("~/x", "store") == tmp_path.resolve() / "x"
    assert user_path(Path("~")) == tmp_path
    with pytest.raises(UsageError, match="found no home folder for ~nobody-of-this-name"):
        user_path("~nobody-of-this-name/x")
