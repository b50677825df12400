"""Temporary folders: gone at the end, also of a process that was killed, and short enough for sockets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.system.processes import temporary
from featurenet_uvl.system.processes.temporary import TemporaryFolder

HOLDER = """
import sys
from featurenet_uvl.system.processes.temporary import TemporaryFolder
folder = TemporaryFolder()
print(folder.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_there_inside_and_gone_outside(place: Path) -> None:
    with TemporaryFolder() as folder:
        (folder / "file").write_text("x")
        assert folder.parent == place
    assert list(place.iterdir()) == []
    forgotten = TemporaryFolder()
    path = forgotten.path
    del forgotten
    assert not path.exists()


@pytest.mark.parametrize("end", [signal.SIGKILL, None])
def test_the_next_start_removes_what_a_killed_process_left_and_nothing_else(place: Path, end: int | None) -> None:
    (place / "mine").mkdir()
    (place / f"{temporary.PREFIX}link").symlink_to(place / "mine")
    environment = {**os.environ, "TMPDIR": str(place)}
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        path = Path(process.stdout.readline().strip())
        with TemporaryFolder():
            assert path.exists(), "its process lives"
        if end is not None:
            process.send_signal(end)
    assert path.exists() is (end is not None)
    with TemporaryFolder():
        assert not path.exists()
    assert sorted(entry.name for entry in place.iterdir()) == [f"{temporary.PREFIX}link", "mine"]


def test_sockets_find_a_short_place(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with TemporaryFolder(has_sockets=True) as folder:
        pass
    long = place / ("x" * 105)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with TemporaryFolder() as folder:
        assert folder.parent == long
    with TemporaryFolder(has_sockets=True) as folder:
        assert len(str(folder)) < 60


def test_no_place_is_one_line_that_names_the_variable(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place / "gone"))
    with pytest.raises(FeatureNetError, match=r"no temporary folder can be made: no such file .*TMPDIR") as error:
        TemporaryFolder()
    assert "\n" not in str(error.value)
