"""Folders are replaced whole: at every moment the name means the old or the new one, also after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from featurenet_uvl.errors import FeatureNetError, UsageError
from featurenet_uvl.system import folders
from featurenet_uvl.system.files import remove_forgotten
from featurenet_uvl.system.folders import check_new_folder, recover_folder, write_files
from featurenet_uvl.system.unix import exchange

WRITER = """
import os, shutil, signal, sys
from featurenet_uvl.system import folders
target, step, has_exchange = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "True"
steps = 0

def counted(function):
    def call(*arguments, **named):
        global steps
        found = function(*arguments, **named)
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return found
    return call

for module, name in ((os, "mkdir"), (os, "replace"), (os, "fsync"), (shutil, "rmtree")):
    setattr(module, name, counted(getattr(module, name)))
folders.exchange = counted(folders.exchange if has_exchange else lambda *_: False)
folders.write_files(target, {"a": "new", "sub/b": "new"})
"""
OLD, NEW = {"a": "old", "c": "old"}, {"a": "new", "sub/b": "new"}


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("has_exchange", [True, False])
def test_a_kill_at_any_step_leaves_the_old_or_the_new(tmp_path: Path, has_exchange: bool) -> None:
    if has_exchange and not can_exchange(tmp_path):
        pytest.skip("this system cannot exchange two names in one step")
    found = []
    for step in range(1, 40):
        place = tmp_path / str(step)
        place.mkdir()
        target = place / "nets"
        write_files(str(target), OLD)
        command = [sys.executable, "-c", WRITER, str(target), str(step), str(has_exchange)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not has_exchange:
            recover_folder(str(target))
        assert content(target) in (OLD, NEW), step
        found.append(content(target) == NEW)
        write_files(str(target), NEW)
        assert content(target) == NEW
        assert [path.name for path in place.iterdir()] == ["nets"]
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
    assert found == sorted(found)
    assert (found[0], found[-1]) == (False, True)
    assert len(found) > 5


def can_exchange(folder: Path) -> bool:
    first, second = folder / "first", folder / "second"
    first.mkdir()
    second.mkdir()
    found = exchange(str(first), str(second))
    first.rmdir()
    second.rmdir()
    return found


def test_an_exchange_swaps_names(tmp_path: Path) -> None:
    if not can_exchange(tmp_path):
        pytest.skip("this system cannot exchange two names in one step")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").write_text("b")
    assert exchange(str(tmp_path / "a"), str(tmp_path / "b"))
    assert (tmp_path / "a").read_text() == "b"
    assert (tmp_path / "b").is_dir()
    with pytest.raises(FileNotFoundError):
        exchange(str(tmp_path / "a"), str(tmp_path / "none"))


def test_a_check_finds_the_folder_that_a_kill_has_moved(tmp_path: Path) -> None:
    write_files(str(tmp_path / ".featurenet_uvl-old.nets"), OLD)
    with pytest.raises(UsageError, match="exists and is not empty"):
        check_new_folder(str(tmp_path / "nets"), force=False, is_ours=lambda _: True)
    assert content(tmp_path / "nets") == OLD
    assert not (tmp_path / ".featurenet_uvl-old.nets").exists()


def test_files_of_others_beside_a_folder_stay(tmp_path: Path) -> None:
    names = ("nets.backup.tmp", "nets.0123456789abcdef.tmp", "nets.featurenet_uvl-old", ".featurenet_uvl-x.tmp")
    write_files(str(tmp_path / "nets"), OLD)
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text("of others")
    (tmp_path / "nets.thesis.tmp").write_text("of others")
    before = content(tmp_path)
    recover_folder(str(tmp_path / "nets"))
    assert content(tmp_path) == before
    write_files(str(tmp_path / "nets"), OLD)
    assert content(tmp_path) == before


def test_a_read_removes_nothing(tmp_path: Path) -> None:
    write_files(str(tmp_path / "nets"), OLD)
    forgotten = [tmp_path / ".featurenet_uvl-0123456789abcdef.tmp", tmp_path / ".featurenet_uvl-old.nets"]
    for folder in forgotten:
        folder.mkdir()
    recover_folder(str(tmp_path / "nets"))
    with pytest.raises(UsageError, match="exists and is not empty"):
        check_new_folder(str(tmp_path / "nets"), force=False, is_ours=lambda _: True)
    assert all(folder.is_dir() for folder in forgotten)
    write_files(str(tmp_path / "nets"), NEW)
    assert os.listdir(tmp_path) == ["nets"]


def test_a_folder_that_is_being_written_is_not_taken_for_a_forgotten_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, seen = tmp_path / "nets", []
    real = folders.write_file

    def write(path: Path, text: str) -> None:
        recover_folder(str(target))  # as another process would
        remove_forgotten(str(tmp_path))
        seen.append(path.parent.exists())
        real(path, text)

    monkeypatch.setattr(folders, "write_file", write)
    write_files(str(target), NEW)
    assert seen == [True, True]
    assert content(target) == NEW


def test_a_folder_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "nets"
    write_files(str(target), OLD)

    def fail(*_: object) -> bool:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(folders, "exchange", fail)
    with pytest.raises(FeatureNetError, match="nets: cannot be written: Operation not permitted"):
        write_files(str(target), NEW)
    assert content(target) == OLD
    assert os.listdir(tmp_path) == ["nets"]
