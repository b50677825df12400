"""Archives made to do harm: each is one line, and sizes are known before anything is unpacked."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from featurenet_uvl.errors import ReadError
from featurenet_uvl.system import archives
from featurenet_uvl.system.archives import Archive

ZEROS = bytes(1 << 20)


def archive_of(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    """Return the bytes of an archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return bytearray(stream.getvalue())


def read(path: Path, content: bytes, limit: int = 1000) -> bytes:
    path.write_bytes(content)
    with Archive(path, "a gift") as archive:
        return archive.read("a", limit)


def test_members_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(archive_of({"a": b"first", "/b/../c": b"second"}))
    with Archive(path, "a gift") as archive:
        assert archive.names == ("a", "/b/../c")
        assert (archive.size("a"), archive.size("gone")) == (5, None)
        assert (archive.read("a", 5), archive.read("a", 5, first=2)) == (b"first", b"fi")
        assert archive.read("/b/../c", 6) == b"second"  # a name is no place on the disk
    assert [file.name for file in tmp_path.iterdir()] == ["x.zip"]


def test_an_archive_with_the_fields_for_large_files_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive, archive.open("a", "w", force_zip64=True) as member:
        member.write(b"x")
    assert read(tmp_path / "y.zip", path.read_bytes()) == b"x"


def encrypted() -> bytes:
    content = archive_of({"a": b"x" * 20})
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(mark) + offset] |= 1
    return bytes(content)


def with_size(size: int) -> bytes:
    """Return an archive whose list tells a wrong size of a megabyte of zeros."""
    content = archive_of({"a": ZEROS})
    content[(at := content.index(b"PK\1\2") + 24) : at + 4] = struct.pack("<L", size)
    return bytes(content)


def with_directory(size: int) -> bytes:
    content = archive_of({"a": b"x"})
    content[(at := content.index(b"PK\5\6") + 12) : at + 4] = struct.pack("<L", size)
    return bytes(content)


def twice() -> bytes:
    content = bytes(archive_of({"a": b"x", "b": b"y"}))
    return content.replace(b"b", b"a")


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "another member": (lambda: bytes(archive_of({"b": b"x"})), "found no a in it, expected a gift"),
    "large": (lambda: bytes(archive_of({"a": ZEROS})), "a: found 1,048,576 bytes, expected at most 1,000"),
    "lying about a large size": (lambda: with_size(10), r"found no whole zip archive \(Bad CRC"),
    "lying about a small size": (lambda: with_size(0xFFFF_FFF0), "a: found 4,294,967,280 bytes"),
    "a large directory": (lambda: with_directory(0xFFFF_FFF0), "found a list of 4,294,967,280 bytes"),
    "encrypted": (encrypted, "a is encrypted"),
    "packed by lzma": (lambda: bytes(archive_of({"a": b"x"}, zipfile.ZIP_LZMA)), "packed by lzma, expected a gift"),
    "packed by bzip2": (lambda: bytes(archive_of({"a": b"x"}, zipfile.ZIP_BZIP2)), "packed by bzip2"),
    "two of one name": (twice, "found two files of one name"),
    "truncated": (lambda: bytes(archive_of({"a": bytes(range(256))})[:-30]), "found no whole zip archive"),
    "text": (lambda: b"<html>", "found no whole zip archive"),
    "empty": (lambda: b"", "found no whole zip archive"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("make", "message"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_is_one_line(make: Callable[[], bytes], message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with pytest.raises(ReadError, match=message) as error:
        read(path, make())
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_no_byte_of_a_large_member_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytes(archive_of({"a": ZEROS}))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(ReadError, match="expected at most 1,000"):
        read(tmp_path / "x.zip", content)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    names = map(str, range(archives.MAX_MEMBERS + 1))
    with pytest.raises(ReadError, match="found more than 10,000 files in it"):
        read(tmp_path / "x.zip", bytes(archive_of(dict.fromkeys(names, b"x"))))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, message in (("pipe", "found a pipe"), (".", "found the folder"), ("gone", "no such file")):
        with pytest.raises(ReadError, match=message):
            Archive(tmp_path / name, "a gift")


def test_every_cut_and_every_changed_byte_is_one_line_or_the_content(tmp_path: Path) -> None:
    content = bytes(archive_of({"a": b"first" * 10, "b": b"second"}))
    changed = [content[:end] for end in range(len(content))]
    for at in range(len(content)):
        changed += [content[:at] + bytes([byte]) + content[at + 1 :] for byte in (0, 0xFF, content[at] ^ 1)]
    refused = 0
    for one in changed:
        try:
            assert read(tmp_path / "x.zip", one) == b"first" * 10
        except ReadError as error:
            refused += "\n" not in str(error)
    assert refused > len(content)
