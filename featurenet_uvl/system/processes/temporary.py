"""Temporary folders. Those of a killed process are removed when the next one makes its own.

A process locks its folder as long as it lives, so a folder without a lock belongs to nobody.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.system.locks import lock_folder, remove_if_forgotten
from featurenet_uvl.system.signals import held

PREFIX = "featurenet_uvl-run-"
"""Beginning of the names of temporary folders."""

_SOCKET_BYTES = 103
"""Bytes of the longest path of a socket on every system; Linux allows 107."""
_SOCKET_NAME = "/listener-12345678"
"""A name as long as those that multiprocessing gives to sockets."""


class TemporaryFolder:
    """A folder that is removed at the end; a context manager.

    Args:
        has_sockets: Whether sockets get names in it. A path too long for them is then exchanged for a shorter one.

    Raises:
        FeatureNetError: It cannot be made.
    """

    def __init__(self, *, has_sockets: bool = False) -> None:
        with held():
            sweep()
            path, lock = _made(_short_base() if has_sockets else _base())
            self.path = Path(path)
            self._end = weakref.finalize(self, _remove, path, lock, os.getpid())

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder. Closing twice does nothing more."""
        with held():
            self._end()


def sweep() -> None:
    """Remove the temporary folders of processes that have ended without doing so. On Windows, they stay."""
    try:
        usual = tempfile.gettempdir()
    except OSError:  # no disk has room for a file, so nothing new is made either
        return
    for base in dict.fromkeys((usual, *_short_bases())):
        for path in _found(base):
            remove_if_forgotten(path)


def _base() -> str:
    try:
        return tempfile.gettempdir()
    except OSError as error:
        raise FeatureNetError("found no folder for temporary files with room; TMPDIR names another place") from error


def _found(base: str) -> Iterator[str]:
    try:
        names = sorted(os.listdir(base))
    except OSError:
        return
    yield from (os.path.join(base, name) for name in names if name.startswith(PREFIX))


def _made(base: str) -> tuple[str, int | None]:
    """Make a folder and lock it; return its path and the descriptor of the lock."""
    while True:
        try:
            path = tempfile.mkdtemp(prefix=PREFIX, dir=base)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise FeatureNetError(
                f"{base}: no temporary folder can be made: {reason}; TMPDIR names another place"
            ) from error
        lock = lock_folder(path)
        if lock is not None or os.name == "nt":
            return path, lock


def _remove(path: str, lock: int | None, process: int) -> None:
    if os.getpid() == process:  # not in a process that was forked from it
        shutil.rmtree(path, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _short_bases() -> tuple[str, ...]:
    return tuple(base for base in ("/tmp", "/var/tmp") if os.path.isdir(base))


def _short_base() -> str:
    """Return a folder for temporary ones in which sockets can have names."""
    usual = tempfile.gettempdir()
    for base in (usual, *_short_bases()):
        path = os.path.join(base, f"{PREFIX}12345678{_SOCKET_NAME}")
        if len(os.fsencode(path)) <= _SOCKET_BYTES and os.access(base, os.W_OK) and stat.S_ISDIR(os.stat(base).st_mode):
            return base
    raise FeatureNetError(
        f"{usual}: found a path of {len(os.fsencode(usual))} bytes for temporary files, too long for the sockets of "
        f"workers, and no shorter place; set TMPDIR to a short path"
    )
