"""Folders that a command fills: all files, or none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_hex

from featurenet_uvl.errors import FeatureNetError, UsageError
from featurenet_uvl.system.files import write_file
from featurenet_uvl.system.streams import STREAM

_SHOWN = 3


def check_new_folder(path: str, *, force: bool, is_ours: Callable[[str], bool], what: str = "files") -> None:
    """Raise for a folder that cannot be written, before the work for it begins.

    Args:
        path: The folder to write.
        force: Whether its files may be replaced.
        is_ours: Whether the command writes a path within the folder; a folder with others is never replaced.
        what: Name of the files that the command writes, in messages.

    Raises:
        UsageError: It is stdout, is not empty and not to be replaced, or holds something else.
        FeatureNetError: It is a file, or its own folder does not exist.
    """
    if path == STREAM:
        raise UsageError(f"found {STREAM}, expected a folder: this is written as many files")
    target = os.path.realpath(path)
    if os.path.lexists(target) and not os.path.isdir(target):
        raise FeatureNetError(f"{path}: found a file, expected a folder")
    if not os.path.isdir(os.path.dirname(target)):
        raise FeatureNetError(f"{path}: found no folder {Path(path).parent}, expected it to exist")
    if not os.path.isdir(target):
        return
    present = sorted(str(p.relative_to(target)) for p in Path(target).rglob("*") if not p.is_dir() or p.is_symlink())
    if present and not force:
        raise UsageError(f"{path}: exists and is not empty; `force` replaces its content")
    foreign = [name for name in present if not is_ours(name)]
    if foreign:
        shown = ", ".join(foreign[:_SHOWN])
        raise UsageError(f"{path}: found {shown}, expected nothing but {what} to replace; choose another folder")


def write_files(path: str, files: Mapping[str, str]) -> None:
    """Write a folder so that it has either its old or its new content, whatever happens.

    Raises:
        FeatureNetError: A file cannot be written.
    """
    target = os.path.realpath(path)
    temporary = f"{target}.{token_hex(8)}.tmp"
    try:
        os.mkdir(temporary)
        for name, text in files.items():
            file = Path(temporary, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            write_file(file, text)
        _take_place(temporary, target)
    except OSError as error:
        raise FeatureNetError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _take_place(new: str, target: str) -> None:
    """Rename the new folder to the target; keep an old target beside it until the new one is in place."""
    if not os.path.isdir(target) or not os.listdir(target):
        os.replace(new, target)
        return
    old = f"{new}.old"
    os.replace(target, old)
    try:
        os.replace(new, target)
    except OSError:
        os.replace(old, target)
        raise
    shutil.rmtree(old)
