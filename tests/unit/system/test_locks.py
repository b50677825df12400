"""Locks: one holder at a time, no file left behind, and no second holder in the moment of a release."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from featurenet_uvl.errors import StoreError
from featurenet_uvl.system.locks import Lock, waiting_lock

HOLDER = """
import sys
from pathlib import Path
from featurenet_uvl.system.locks import Lock
with Lock(Path(sys.argv[1]), Path("store")):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_holder_is_told_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "x.lock"
    with Lock(path, tmp_path / "store"):
        assert path.read_text() == f"{os.getpid()}\n"
        with pytest.raises(StoreError, match=rf"store: found in use by another run \(process {os.getpid()}\)"):
            Lock(path, tmp_path / "store")
    assert not path.exists()
    Lock(path, tmp_path / "store").release()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreError, match=rf"process {holder.pid}\)"):
            Lock(path, tmp_path / "store")
        holder.kill()
    assert path.exists(), "a killed process cannot remove it"
    with Lock(path, tmp_path / "store"):
        assert path.read_text() == f"{os.getpid()}\n"
    assert not path.exists()


def test_a_lock_within_a_folder_holds_through_every_link_of_the_folder(tmp_path: Path) -> None:
    """The lock of a results folder lies in it, so each path to the folder leads to the one lock."""
    folder = tmp_path / "results"
    (tmp_path / "link").symlink_to("results")
    with Lock(folder / "run.lock", folder):
        for path in (tmp_path / "link", tmp_path / "results" / ".." / "link"):
            with pytest.raises(StoreError, match="in use by another run"):
                Lock(path / "run.lock", path)


def test_releasing_twice_does_not_remove_the_lock_of_the_next(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    first = Lock(path, tmp_path)
    first.release()
    with Lock(path, tmp_path):
        first.release()
        with pytest.raises(StoreError):
            Lock(path, tmp_path)


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.lock").mkdir()
    with pytest.raises(StoreError, match=r"x\.lock: cannot be opened: Is a directory"):
        Lock(tmp_path / "x.lock", tmp_path)


def test_waiting_holders_come_one_after_the_other(tmp_path: Path) -> None:
    """Many take and remove the file in turns; two at a time would see each other."""
    inside, seen, count = [0], list[int](), [0]

    def take() -> None:
        for _ in range(50):
            with waiting_lock(tmp_path / "x.lock"):
                inside[0] += 1
                time.sleep(0)  # lets the others in, if they can
                seen.append(inside[0])
                count[0] += 1
                inside[0] -= 1

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (set(seen), count[0]) == ({1}, 200)
    assert list(tmp_path.iterdir()) == []
