"""Locks on files, which end with their process however it ends."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from featurenet_uvl.errors import StoreError
from featurenet_uvl.system.unix import check_unix, fcntl


class Lock:
    """A held lock; a context manager. Releasing it removes the file.

    SQLite's own file cannot be locked instead: closing any handle of it would drop SQLite's locks.

    Args:
        path: The file of the lock; created if it is missing.
        subject: The file or folder that the lock protects, for messages.

    Raises:
        StoreError: Another process holds the lock, or its file cannot be opened.
        ToolError: The system is Windows.
    """

    def __init__(self, path: Path, subject: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = _locked(path, is_waiting=False)
        except BlockingIOError as error:
            raise StoreError(
                f"{subject}: found in use by another run (process {_owner(path)}), expected it to be free; "
                "wait for it or stop it"
            ) from error
        except OSError as error:
            raise StoreError(f"{path}: cannot be opened: {error.strerror}") from error
        with suppress(OSError):  # the lock holds without a number in the file, as on a full disk
            self._handle.truncate(0)
            self._handle.write(f"{os.getpid()}\n".encode())

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Remove the file and let other processes take the lock. Releasing twice does nothing more."""
        if not self._handle.closed:
            _remove(self._path)
            self._handle.close()


@contextmanager
def waiting_lock(path: Path) -> Iterator[None]:
    """Hold a lock, waiting for other processes to release it; the file is gone at the end.

    Raises:
        OSError: The file cannot be opened.
    """
    with _locked(path, is_waiting=True):
        try:
            yield
        finally:
            _remove(path)


def lock_folder(path: str) -> int | None:
    """Lock a folder that this process has just made, as long as it lives or until the returned descriptor is closed.

    Return None if the folder is gone: another process took it for a forgotten one. On a disk without locks, the
    folder is not locked, and nobody removes it.
    """
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        lock(descriptor)
        with suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        os.close(descriptor)
    return None


def lock(descriptor: int) -> None:
    """Lock an open file or folder of this process against `remove_if_forgotten`, if the disk has locks."""
    if fcntl is not None:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_SH)


def remove_if_forgotten(path: str) -> None:
    """Remove a file or folder of this user that no living process has locked by `lock` or `lock_folder`."""
    if fcntl is None:
        return
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if status.st_uid == os.getuid():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if stat.S_ISDIR(status.st_mode):
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    os.unlink(path)
        finally:
            os.close(descriptor)


def _locked(path: Path, *, is_waiting: bool) -> IO[bytes]:
    """Open and lock the file that has this name, which its last holder may remove in between."""
    check_unix(f"{path}")
    assert fcntl is not None
    mode = fcntl.LOCK_EX if is_waiting else fcntl.LOCK_EX | fcntl.LOCK_NB
    while True:
        handle = path.open("a+b", buffering=0)  # unbuffered: a write that failed is not repeated on closing
        try:
            fcntl.flock(handle, mode)
            if _is_same_file(handle, path):
                return handle
        except BaseException:
            handle.close()
            raise
        handle.close()


def _is_same_file(handle: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _owner(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip() or "unknown"
    except OSError:
        return "unknown"


def _remove(path: Path) -> None:
    with suppress(OSError):  # a lock file that stays is in nobody's way
        path.unlink()
