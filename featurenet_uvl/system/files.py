"""Files of the user: read as UTF-8 text, with a place in every error, and written completely or not at all."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from featurenet_uvl.errors import FeatureNetError, ReadError, UsageError
from featurenet_uvl.system.locks import lock, remove_if_forgotten
from featurenet_uvl.system.signals import held

MAX_BYTES = 1 << 30
"""Bytes of the largest file or stream that is read."""

_TEMPORARY = re.compile(r"\.featurenet_uvl-[0-9a-f]{16}\.tmp")
"""Names of files and folders that are being written. No other program's files look like them: forgotten ones go."""

MAX_MODEL_BYTES = 1 << 25
"""Bytes of the largest file of a feature model; the largest published ones have a few million."""

MAX_SETTINGS_BYTES = 1 << 20
"""Bytes of the largest file that a person writes by hand: a preset, or a network in TOML."""

_KINDS = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a zip archive (also .npz, .keras, .docx, .whl)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"(\xb5/\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x80\x04\x95", "a pickle"),
    (b"\x7fELF", "a program"),
)
"""The first bytes of common kinds of files without UTF-8 text, with their names."""


def write_file(path: Path | str, data: str | bytes, *, force: bool = False) -> None:
    """Write a file so that it has either its old or its new content, even after a crash.

    The data goes to a temporary file beside the target, is synced, and takes the target's name. A link is followed. The
    permissions are those of the replaced file, or else follow the umask. A device or pipe is written to as is.

    Args:
        path: The file to write; its folder must exist.
        data: Text is written as UTF-8, its line ends as they are.
        force: Whether a file that exists may be replaced.

    Raises:
        UsageError: The file exists and `force` is not set.
        FeatureNetError: The file cannot be written; nothing of it is left behind.
    """
    try:
        content = data.encode() if isinstance(data, str) else data
        target = os.path.realpath(path)
        mode = _mode_of(target)
        if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            Path(target).write_bytes(content)
        elif mode is not None and not force and stat.S_ISREG(mode):
            raise UsageError(f"{path}: exists; `force` overwrites it")
        else:
            _replace(target, content, mode)
    except (OSError, ValueError) as error:
        raise FeatureNetError(f"{path}: {_reason(error)}") from error


def read_text(path: Path | str, *, limit: int = MAX_BYTES, is_named_by_user: bool = True) -> str:
    r"""Return the text of a UTF-8 file, with `\n` as line ends and without a byte order mark.

    Args:
        path: The file.
        limit: Bytes that it may have at most.
        is_named_by_user: As for `read_bytes`.

    Raises:
        ReadError: The file is missing, no file, too large, not readable or not text; with the place of the first bad
            byte.
    """
    return decode_text(read_bytes(path, limit=limit, is_named_by_user=is_named_by_user), str(path))


def read_bytes(path: Path | str, *, limit: int = MAX_BYTES, is_named_by_user: bool = True) -> bytes:
    """Return the content of a file. A device has no end, so none is read.

    Args:
        path: The file.
        limit: Bytes that it may have at most; no more are kept in memory.
        is_named_by_user: Whether a pipe will do: one that a person names has a writer, one that a file names may not.

    Raises:
        ReadError: The file is missing, not readable, no regular file, or too large.
    """
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode) and not (stat.S_ISFIFO(mode) and is_named_by_user):
            raise ReadError(f"{path}: found {kind_of(mode)}, expected a file")
        with open(path, "rb") as file:
            return read_stream(file, str(path), limit)
    except (OSError, ValueError) as error:
        raise ReadError(f"{path}: {_reason(error)}") from error


def read_stream(file: BinaryIO, path: str, limit: int = MAX_BYTES) -> bytes:
    """Return the whole content of a stream, up to a limit; `path` is its name in messages.

    Raises:
        ReadError: More comes.
    """
    status = os.fstat(file.fileno())
    size = status.st_size if stat.S_ISREG(status.st_mode) else 0
    data = file.read(limit + 1) if size <= limit else b""
    if size > limit or len(data) > limit:
        raise ReadError(f"{path}: found more than {limit} bytes, expected at most that many")
    return data


def kind_of(mode: int) -> str:
    """Return the kind of what has a mode of `os.stat` and is no regular file, for messages."""
    if stat.S_ISDIR(mode):
        return "the folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def decode_text(data: bytes, path: str) -> str:
    """Return the text of a file's bytes, as `read_text` does; `path` is its name in messages.

    Raises:
        ReadError: The bytes are no UTF-8 text.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse_known_kind(data, path)
        bad = error.object[error.start]
        place = _place(path, error.object[: error.start].decode("utf-8", "replace"))
        raise ReadError(f"{place}: found the byte 0x{bad:02x}, expected UTF-8 text; save the file as UTF-8") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    nul = text.find("\0")
    if nul >= 0:
        _refuse_known_kind(data, path)
        raise ReadError(f"{_place(path, text[:nul])}: found a NUL character, expected text")
    return text


def _refuse_known_kind(data: bytes, path: str) -> None:
    """Raise ReadError for bytes that begin like a common kind of file without text."""
    for start, kind in _KINDS:
        if data.startswith(start):
            raise ReadError(f"{path}: found {kind}, expected UTF-8 text")


def _mode_of(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _replace(target: str, content: bytes, old_mode: int | None) -> None:
    """Write a temporary file and rename it to the target; a folder as target fails with `IsADirectoryError`."""
    folder = os.path.dirname(target)
    temporary = ""
    try:
        temporary, descriptor = _made(folder)
        try:
            if old_mode is not None:
                os.fchmod(descriptor, stat.S_IMODE(old_mode))
            _write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, target)
    except BaseException:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(folder)


def _made(folder: str) -> tuple[str, int]:
    """Make a temporary file and lock it, so that nobody takes it for a forgotten one; return path and descriptor."""
    while True:
        path = temporary_path(folder)
        with held():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            lock(descriptor)
            if os.path.exists(path):
                return path, descriptor
            os.close(descriptor)


def temporary_path(folder: str) -> str:
    """Return a new name in the folder for a file or folder that is being written."""
    return os.path.join(folder, f".featurenet_uvl-{token_hex(8)}.tmp")


def remove_forgotten(folder: str) -> None:
    """Remove the temporary files and folders of killed processes from a folder that a command is about to write to."""
    with suppress(OSError):
        for name in sorted(os.listdir(folder)):
            if _TEMPORARY.fullmatch(name):
                remove_if_forgotten(os.path.join(folder, name))


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(folder: str) -> None:
    """Make the rename durable. The file is whole by now, so a file system that cannot sync folders is no error."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        return
    finally:
        os.close(descriptor)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeEncodeError):
        return f"the text holds {error.object[error.start]!r}, which UTF-8 cannot carry"
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return text[:1].lower() + text[1:]


def _place(path: str, before: str) -> str:
    """Return the `path:line:column` that follows the text `before`."""
    return f"{path}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
