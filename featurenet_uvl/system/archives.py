"""Zip archives that others may have made to do harm: sizes are looked at before anything is unpacked.

`zipfile` never unpacks more bytes of a member than the archive's directory tells, so the directory decides.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from featurenet_uvl.errors import ReadError
from featurenet_uvl.system.files import kind_of

MAX_MEMBERS = 10_000
"""Files of the largest archive that is read."""

MAX_DIRECTORY_BYTES = 8 << 20
"""Bytes of the list of an archive's files, at most."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways of packing that numpy, Keras and Java use. The others may ask for gigabytes before their first byte."""

_NAMES = {zipfile.ZIP_BZIP2: "bzip2", zipfile.ZIP_LZMA: "lzma"}

_MAX_REASON = 100
"""Characters of an error's text in a message, at most."""

_END_BYTES = 22 + 65_535 + 76
"""Bytes at the end of an archive that can hold its summary, with a comment and the fields for large files."""


class Archive:
    """An open zip archive, read member by member; a context manager.

    Args:
        path: The file.
        expected: Name of what the file should be, in messages, such as `a .keras file`.

    Raises:
        ReadError: The file is missing, cannot be read, or is no zip archive.
    """

    def __init__(self, path: Path | str, expected: str) -> None:
        self._path = path
        self._expected = expected
        with self._errors("the archive"):
            mode = os.stat(path).st_mode
            if not stat.S_ISREG(mode):
                raise ReadError(f"{path}: found {kind_of(mode)}, expected {expected}")
            self._file = Path(path).open("rb")  # noqa: SIM115 - `__exit__` closes it
        try:
            with self._errors("the archive"):
                self._check_directory()
                self._zip = zipfile.ZipFile(self._file)
                self._members = {one.filename: one for one in self._zip.infolist()}
                if len(self._zip.infolist()) > MAX_MEMBERS:
                    raise ReadError(f"{path}: found more than {MAX_MEMBERS:,} files in it, expected {expected}")
                if len(self._members) < len(self._zip.infolist()):
                    raise ReadError(f"{path}: found two files of one name in it, expected {expected}")
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()
        self._file.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all members, in the order of the archive's list."""
        return tuple(self._members)

    def size(self, name: str) -> int | None:
        """Return the bytes of a member once it is unpacked; None if there is no such member."""
        member = self._members.get(name)
        return None if member is None else member.file_size

    def read(self, name: str, limit: int, *, first: int | None = None) -> bytes:
        """Return the content of a member.

        Args:
            name: Its name.
            limit: Bytes that it may have at most.
            first: Return these first bytes alone.

        Raises:
            ReadError: There is no such member, or it is too large, encrypted, damaged, or packed in a way that none of
                the programs uses that write these files.
        """
        member = self._members.get(name)
        if member is None:
            raise ReadError(f"{self._path}: found no {name} in it, expected {self._expected}")
        if member.file_size > limit:
            raise ReadError(
                f"{self._path}: {name}: found {member.file_size:,} bytes, expected at most {limit:,} in "
                f"{self._expected}"
            )
        if member.flag_bits & 1:
            raise ReadError(f"{self._path}: {name} is encrypted, expected {self._expected}")
        if member.compress_type not in _METHODS:
            method = _NAMES.get(member.compress_type, f"method {member.compress_type}")
            raise ReadError(
                f"{self._path}: {name}: found it packed by {method}, expected {self._expected}, stored or deflated"
            )
        with self._errors(name), self._zip.open(member) as stream:
            data = stream.read() if first is None else stream.read(first)  # all of it, to compare its checksum
            if first is None and len(data) < member.file_size:
                raise EOFError(f"it ends after {len(data):,} of {member.file_size:,} bytes")
            return data

    def _check_directory(self) -> None:
        """Raise ReadError if the list of the archive's files is too large: zipfile reads all of it."""
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, size - _END_BYTES))
        end = self._file.read()
        at = end.rfind(b"PK\5\6")
        listed = struct.unpack_from("<L", end, at + 12)[0] if 0 <= at <= len(end) - 22 else 0
        large = end.rfind(b"PK\6\6")
        if 0 <= large <= len(end) - 56:
            listed = max(listed if listed < 0xFFFF_FFFF else 0, struct.unpack_from("<Q", end, large + 40)[0])
        if listed > MAX_DIRECTORY_BYTES:
            raise ReadError(f"{self._path}: found a list of {listed:,} bytes, expected {self._expected}")
        self._file.seek(0)

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        """Turn the errors of zip archives into a `ReadError` of one line."""
        try:
            yield
        except zipfile.BadZipFile as error:
            raise ReadError(
                f"{self._path}: found no whole zip archive ({_short(error)}), expected {self._expected}"
            ) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise ReadError(f"{self._path}: {reason[:1].lower()}{reason[1:]}; expected {self._expected}") from None
        except (
            *(RuntimeError, NotImplementedError, EOFError, ValueError, LookupError, OverflowError, MemoryError),
            *(struct.error, zlib.error),
        ) as error:
            raise ReadError(
                f"{self._path}: {what} cannot be unpacked ({_short(error)}), expected {self._expected}"
            ) from None


def _short(error: Exception) -> str:
    """Return the text of an error for a message: zipfile quotes names from the file, however long they are."""
    text = "".join(c if c.isprintable() else " " for c in str(error))
    return " ".join(text.split())[:_MAX_REASON] or type(error).__name__
