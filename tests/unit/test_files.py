"""Files are written completely or not at all, and an unreadable file is an error with its place."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from featurenet_uvl.errors import FeatureNetError, ReadError, UsageError
from featurenet_uvl.system.files import decode_text, read_text, remove_forgotten, write_file


def test_text_comes_back(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    write_file(target, "Größe\n")
    assert target.read_bytes() == "Größe\n".encode()
    assert read_text(target) == "Größe\n"
    assert list(tmp_path.iterdir()) == [target]


def test_an_existing_file_needs_force(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(UsageError, match=r"a\.txt: exists; `force` overwrites it"):
        write_file(target, "new")
    assert target.read_text() == "old"
    write_file(target, b"new", force=True)
    assert target.read_text() == "new"


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
@pytest.mark.parametrize("old", [None, "old"])
def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, old: str | None
) -> None:
    target = tmp_path / "a.txt"
    if old is not None:
        target.write_text(old)

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(FeatureNetError) as caught:
        write_file(target, "x" * 100_000, force=True)
    monkeypatch.undo()
    assert str(caught.value) == f"{target}: no space left on device"
    assert [path.name for path in tmp_path.iterdir()] == ([] if old is None else ["a.txt"])
    assert old is None or target.read_text() == old


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "a.txt", "x")
    assert not list(tmp_path.iterdir())


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))
    write_file(tmp_path / "a.txt", "0123456789" * 3)
    monkeypatch.undo()
    assert read_text(tmp_path / "a.txt") == "0123456789" * 3


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_device_that_is_full_says_so() -> None:
    with pytest.raises(FeatureNetError, match=r"^/dev/full: no space left on device$"):
        write_file("/dev/full", "x")


def test_bad_targets_are_one_line_each(tmp_path: Path) -> None:
    for target, reason in [
        (tmp_path / "none" / "a.txt", "no such file or directory"),
        (tmp_path, "is a directory"),
        (tmp_path / "a\0b", "embedded null byte"),
        (tmp_path / ("a" * 300), "file name too long"),
    ]:
        for force in (False, True):
            with pytest.raises(FeatureNetError) as caught:
                write_file(target, "x", force=force)
            assert str(caught.value) == f"{target}: {reason}"
    with pytest.raises(FeatureNetError, match="UTF-8 cannot carry"):
        write_file(tmp_path / "a.txt", "\ud800")
    assert not list(tmp_path.iterdir())


def test_permissions_follow_the_umask_and_the_replaced_file(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    before = os.umask(0o027)
    try:
        write_file(target, "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    target.chmod(0o604)
    write_file(target, "y", force=True)
    assert stat.S_IMODE(target.stat().st_mode) == 0o604


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to("real.txt")
    write_file(link, "new", force=True)
    assert link.is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_what_cannot_be_read_says_where(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"none\.uvl: no such file or directory$"):
        read_text(tmp_path / "none.uvl")
    with pytest.raises(ReadError, match=r"is a directory$"):
        read_text(tmp_path)
    with pytest.raises(ReadError, match=r"^m\.uvl:2:3: found the byte 0xff, expected UTF-8 text"):
        decode_text(b"one\n\xc3\xa4x\xff", "m.uvl")
    with pytest.raises(ReadError, match=r"^m\.uvl:2:2: found a NUL character"):
        decode_text(b"one\r\nx\0", "m.uvl")


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "a PNG image"),
        (b"PK\x03\x04\x14\0", "a zip archive"),
        (b"SQLite format 3\0\x10\0", "an SQLite database"),
        (b"%PDF-1.7\n%\xb5\xb5", "a PDF document"),
    ],
)
def test_a_file_of_a_known_kind_is_named(tmp_path: Path, start: bytes, kind: str) -> None:
    path = tmp_path / "m.uvl"
    path.write_bytes(start + bytes(range(256)) * 20)
    with pytest.raises(ReadError) as caught:
        read_text(path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: found {kind}")
    assert problem.endswith(", expected UTF-8 text")


def test_line_ends_and_byte_order_mark_are_normalised() -> None:
    assert decode_text(b"\xef\xbb\xbfa\r\nb\rc\n", "m.uvl") == "a\nb\nc\n"


KILLED = """
import os, signal, sys
from featurenet_uvl.system.files import write_file
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
write_file(sys.argv[1], "x")
"""


def test_the_next_command_removes_the_half_written_file_of_a_killed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "a.txt")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1
    real = os.fsync

    def others_are_removed_and_the_own_one_is_not(descriptor: int) -> None:
        remove_forgotten(str(tmp_path))
        assert len(list(tmp_path.iterdir())) == 1
        real(descriptor)

    monkeypatch.setattr(os, "fsync", others_are_removed_and_the_own_one_is_not)
    write_file(tmp_path / "a.txt", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
