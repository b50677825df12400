"""Changes to zip archives, their members, and the arrays in them."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Sequence
from random import Random

from tests.robustness.mutations.changes import BYTES, Change, damaged
from tests.robustness.mutations.values import change_json

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_USUAL = (*_METHODS, *([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED] * 4))
_NAMES = (
    "",
    "x",
    "config.json",
    "/config.json",
    "../x_train.npy",
    "x_train.npy",
    "y_test.npy",
    "x_train",
    "a/b",
    "ä",
    "x" * 500,
)
_BOMB_BYTES = 3 << 20
_SHAPES = (
    *(
        "()",
        "(0,)",
        "(3,)",
        "(3, 28, 28)",
        "(3, 28, 28, 1)",
        "(-1,)",
        "(4611686018427387904,)",
        "(10000000000,)",
        "(3, 28, 0)",
    ),
    *("(True,)", "(1.5,)", "None", "[3]", "(3, 28, 28, 1, 1, 1)", "(" * 60 + ")" * 60, "('x',)"),
)
_TYPES = (
    "|u1",
    "<f8",
    ">u2",
    "|b1",
    "|O",
    "<U4",
    "|S3",
    "<M8[ns]",
    "<c16",
    "|V8",
    "<i8",
    ">i8",
    "|i1",
    "",
    "x",
    "<f999999999",
    "<u8",
)


def change_npz(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Change an archive of arrays: its members, their headers, or their sizes."""
    return _change_zip(rng, data, (change_npy, change_npy, change_pixel, change_pixel, *BYTES))


def change_keras(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Change an archive with the description of a network: its members, the JSON in them, or their sizes."""
    return _change_zip(rng, data, (change_json, change_json, change_json, *BYTES))


def change_pixel(rng: Random, data: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Change the last byte of an array, which leaves most arrays as readable as before."""
    return data[:-1] + bytes([rng.randrange(10)])


def change_npy(rng: Random, data: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Change the header of an array: its type, shape, order or version, or the length of its data."""
    if not data.startswith(b"\x93NUMPY") or len(data) < 12:
        return data
    size = struct.unpack("<H", data[8:10])[0]
    body = data[10 + size :]
    header = data[10 : 10 + size].decode("latin-1")
    match rng.randrange(6):
        case 0 | 1:
            start = header.find("(")
            header = header[:start] + rng.choice(_SHAPES) + header[header.rfind(")") + 1 :]
        case 2:
            start = header.find("'", header.find(":"))
            header = header[:start] + repr(rng.choice(_TYPES)) + header[header.find("'", start + 1) + 1 :]
        case 3:
            header = rng.choice(
                (header.replace("False", "True"), "{}", "", "x", "[" * 300, "1" * 5_000, header + " " * 60_000)
            )
        case 4:
            body = rng.choice((body[: len(body) // 2], body * 2, b"", body + b"\0"))
        case _:
            return data[:6] + bytes((rng.randrange(5), rng.randrange(3))) + data[8:]
    encoded = header.encode("latin-1", "replace")[:65_000]
    return data[:8] + struct.pack("<H", len(encoded)) + encoded + body


def _change_zip(rng: Random, data: bytes, inner: Sequence[Change]) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
    except Exception:  # a change before this one has damaged the archive: any error may come
        return data
    if not members:
        return data
    name = rng.choice(sorted(members))
    match rng.randrange(8):
        case 0 | 1 | 2:
            members[name] = damaged(rng, members[name], list(members.values()), inner)
        case 3:
            members[rng.choice(_NAMES)] = members.pop(name)
        case 4:
            del members[name]
        case 5:
            members[name] = rng.choice(
                (b"", members[name] + rng.choice((b"\0", b" ")) * _BOMB_BYTES, members[sorted(members)[0]])
            )
        case 6:
            return _with_lie(rng, _zipped(rng, members))
        case _:
            members[rng.choice(_NAMES)] = members[name]
    return _zipped(rng, members, twice=rng.random() < 0.05)


def _zipped(rng: Random, members: dict[str, bytes], *, twice: bool = False) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", rng.choice(_USUAL)) as archive:
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, content in (*members.items(), *(list(members.items())[:1] if twice else ())):
            method = rng.choice(_METHODS) if rng.random() < 0.1 else archive.compression
            archive.writestr(zipfile.ZipInfo(name or "-"), content, method)
    return file.getvalue()


_FIELDS: tuple[tuple[int, str], ...] = (
    (6, "H"),
    (8, "H"),
    (10, "H"),
    (16, "I"),
    (20, "I"),
    (24, "I"),
    (28, "H"),
    (42, "I"),
)
"""Places and types of fields in the directory of a zip file: version, flags, method, checksum, sizes, length of the
name, place of the member."""
_LIES: tuple[Callable[[int], int], ...] = (
    *(
        lambda old: 0,
        lambda old: 1,
        lambda old: old + 1,
        lambda old: old * 1000,
        lambda old: 0xFFFFFFFF,
        lambda old: 99,
    ),
    lambda old: old ^ 1,
)


def _with_lie(rng: Random, data: bytes) -> bytes:
    """Return an archive whose directory says something else than its members."""
    start = data.find(b"PK\x01\x02")
    place, kind = rng.choice(_FIELDS)
    size = struct.calcsize(kind)
    at = start + place
    old = struct.unpack(f"<{kind}", data[at : at + size])[0]
    new = rng.choice(_LIES)(old) % (1 << (8 * size))
    return data[:at] + struct.pack(f"<{kind}", new) + data[at + size :]
