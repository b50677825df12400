"""Folders that a command fills: all files, or none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from featurenet_uvl.errors import FeatureNetError, UsageError
from featurenet_uvl.system.files import remove_forgotten, temporary_path, write_file
from featurenet_uvl.system.locks import lock_folder
from featurenet_uvl.system.signals import held
from featurenet_uvl.system.streams import STREAM
from featurenet_uvl.system.unix import exchange

_SHOWN = 3
"""Files that a message lists."""
_OLD = ".featurenet_uvl-old."
"""Beginning of the name of the old folder while the new one takes its place, which only some systems need."""


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
    recover_folder(target)
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
    temporary = temporary_path(os.path.dirname(target))
    try:
        recover_folder(target)
        shutil.rmtree(_old(target), ignore_errors=True)  # the target took its place
        remove_forgotten(os.path.dirname(target))
        with held():
            os.mkdir(temporary)
            lock = lock_folder(temporary)
        try:
            for name, text in files.items():
                file = Path(temporary, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                write_file(file, text)
            replace_folder(temporary, target)
        finally:
            if lock is not None:
                os.close(lock)
    except OSError as error:
        raise FeatureNetError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with held():
            shutil.rmtree(temporary, ignore_errors=True)


def replace_folder(new: str, target: str) -> None:
    """Give a folder the name of another one, which may exist, and remove that one.

    At every moment, the name means the old or the new folder. Where the system cannot exchange two names in one step,
    a kill can leave the old folder beside its name; `recover_folder` then puts it back.

    Raises:
        OSError: The name cannot be given; it then means the old folder, if there was one.
    """
    if not os.path.isdir(target) or not os.listdir(target):
        os.replace(new, target)
        return
    if exchange(new, target):
        shutil.rmtree(new)
        return
    old = _old(target)
    with held():
        shutil.rmtree(old, ignore_errors=True)
        os.replace(target, old)
        try:
            os.replace(new, target)
        except OSError:
            os.replace(old, target)
            raise
    shutil.rmtree(old)


def recover_folder(path: str) -> None:
    """Put a folder back if a killed call of `write_files` has left it under another name.

    Every command that reads or writes such a folder calls this first. It removes nothing: a command that reads, or
    whose arguments turn out to be wrong, leaves all files beside the folder as they are.
    """
    target = os.path.realpath(path)
    if not os.path.lexists(target):
        with suppress(OSError):  # there is none, or another process has just put it back
            os.rename(_old(target), target)


def _old(target: str) -> str:
    folder, name = os.path.split(target)
    return os.path.join(folder, f"{_OLD}{name}")
