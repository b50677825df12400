"""Files that are damaged, hostile or of another kind are refused, and nothing in them is executed."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from featurenet_uvl.decoding.keras.file import MAX_CONFIG_BYTES, read_keras_file
from featurenet_uvl.errors import ReadError
from tests.unit.decoding.keras.keras_files import END, FLAT, START, functional


def test_files_that_are_no_keras_files_are_refused(tmp_path: Path) -> None:
    files = {"text.keras": b"hello", "old.h5": b"\x89HDF\r\n\x1a\n....", "empty.keras": b""}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ReadError, match="found an HDF5 file" if name == "old.h5" else "found no whole zip archive"):
            read_keras_file(str(tmp_path / name))
    with pytest.raises(ReadError, match="no such file"):
        read_keras_file(str(tmp_path / "gone.keras"))
    with pytest.raises(ReadError, match="found the folder"):
        read_keras_file(str(tmp_path))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("config.json", "w") as member:
        for _ in range((MAX_CONFIG_BYTES >> 20) + 2):
            member.write(b" " * (1 << 20))
    with pytest.raises(ReadError, match=r"config\.json: found [\d,]+ bytes, expected at most [\d,]+"):
        read_keras_file(str(path))


def test_every_cut_of_a_file_is_refused(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps(functional(START, FLAT, END)))
    whole = content.getvalue()
    path = tmp_path / "cut.keras"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ReadError):
            read_keras_file(str(path))
