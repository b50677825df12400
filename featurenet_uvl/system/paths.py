"""Paths of files that keep results: the real file behind links, or an error for what keeps nothing."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from featurenet_uvl.errors import StoreError, UsageError
from featurenet_uvl.system.files import kind_of

_SCHEME = "file:"
"""Start of the names that SQLite's other programs take for addresses."""


def user_path(path: Path | str) -> Path:
    """Return a path with the user's home folder in place of a leading `~`.

    Raises:
        UsageError: No user has this name.

    >>> user_path("~/x") == Path.home() / "x"
    True
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{path}: found no home folder for {Path(path).parts[0]}, expected one") from error


def real_file(path: Path | str, name: str) -> Path:
    """Return the absolute path of the file that a path leads to, through all links; the file may be missing.

    Args:
        path: The path as the user gave it; a leading `~` is the home folder.
        name: Name of the argument, in messages.

    Raises:
        UsageError: It leads to a folder, a device or a pipe, or is no path of a file, such as `:memory:`.
        StoreError: It cannot be followed: a part of it is a file, or its links form a circle.
    """
    text = os.fsdecode(path)
    if text in ("", ":memory:") or text.startswith(_SCHEME) or "\0" in text:
        raise UsageError(f"`{name}`: found {text!r}, expected the path of a file on a disk")
    given = user_path(text)
    try:
        place = given.resolve()
        mode = place.stat().st_mode
    except FileNotFoundError:
        return place
    except (OSError, RuntimeError) as error:  # Python 3.11 and 3.12 raise RuntimeError for links in a circle
        reason = error.strerror if isinstance(error, OSError) else "its links form a circle"
        raise StoreError(f"{path}: cannot be opened: {reason}") from error
    if not stat.S_ISREG(mode):
        raise UsageError(f"`{name}`: found {kind_of(mode)} {text!r}, expected the path of a file on a disk")
    return place
