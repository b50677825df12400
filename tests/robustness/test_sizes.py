"""Files of every kind that are no files of that size or sort: sizes are looked at first, and nothing waits for ever."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from featurenet_uvl.errors import FeatureNetError
from tests.robustness.mutations.campaign import write_input
from tests.robustness.mutations.kinds import KINDS
from tests.robustness.mutations.readers import check_message

HUGE = 5_000_000_000
NOBODY = 65_534
SECONDS = 2.0
"""Largest processor time of one file in seconds."""
VIEW = "state"
"""The one kind that nobody needs: a run without its state is shown without it."""
STORES = ("store", "npz", "keras")
"""Kinds that are read at places that the file names, as a pipe cannot be."""


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(HUGE)  # takes no space


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def given(kind: str, place: Path) -> Path:
    """Write a whole input, read it once for the imports, and take away the file that the reader is given."""
    place.mkdir()
    path = write_input(kind, KINDS[kind].seeds()[0], place)
    KINDS[kind].read(path)
    path.unlink()
    return path


def refusal(kind: str, path: Path) -> str:
    """Return the first line of the error for a file, which must come soon; empty if the file is accepted."""
    started = time.process_time()
    try:
        KINDS[kind].read(path)
    except FeatureNetError as error:
        check_message(error, path)
        return str(error).split("\n")[0]
    finally:
        assert time.process_time() - started < SECONDS
    return ""


@pytest.mark.parametrize("make", [huge, device, folder, loop])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_of_a_kind_is_refused_before_it_is_read(
    kind: str, make: Callable[[Path], None], tmp_path: Path
) -> None:
    path = given(kind, tmp_path / "x")
    make(path)
    assert bool(refusal(kind, path)) == (kind != VIEW)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "npz"])  # which would be downloaded
def test_a_missing_file_is_refused(kind: str, tmp_path: Path) -> None:
    path = given(kind, tmp_path / "x")
    assert bool(refusal(kind, path)) == (kind != VIEW)


@contextmanager
def written_to(pipe: Path, content: bytes) -> Iterator[None]:
    """Write into a pipe for each reader of it, until the end of the block."""
    os.mkfifo(pipe)
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            try:
                descriptor = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # nobody reads
                time.sleep(0.01)
                continue
            os.set_blocking(descriptor, True)
            with open(descriptor, "wb") as file:
                file.write(content)
            time.sleep(0.05)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("kind", KINDS)
def test_a_pipe_is_read_once_or_refused(kind: str, tmp_path: Path) -> None:
    path = given(kind, tmp_path / "x")
    with written_to(path, KINDS[kind].seeds()[0][KINDS[kind].file]):
        assert kind not in STORES or refusal(kind, path)
        if kind not in STORES:
            refusal(kind, path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_permission_is_refused(kind: str, tmp_path: Path) -> None:
    path = given(kind, tmp_path / "x")
    path.write_bytes(KINDS[kind].seeds()[0][KINDS[kind].file])
    path.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        assert refusal(kind, path) or kind == VIEW
    finally:
        if is_root:
            os.seteuid(0)
