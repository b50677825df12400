"""PNG and JPEG files, read without trust by Pillow: sizes are looked at before pixels are unpacked."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.errors import DataError
from featurenet_uvl.system.extras import require
from featurenet_uvl.system.files import kind_of

ENDINGS = (".png", ".jpg", ".jpeg")
"""Endings of the names of images, in small letters."""

MAX_PIXELS = 64_000_000
"""Pixels of the largest image that is read."""

_FORMATS = ("PNG", "JPEG")
_EXPECTED = "a PNG or JPEG image"

_CHANNELS = {"1": 1, "L": 1, "LA": 1, "RGB": 3, "RGBA": 3, "P": 3, "PA": 3}
"""Channels of the images of each of Pillow's modes that are read; those with a palette have colours."""

_OTHER_MODES = {
    "CMYK": "the colours of a printer (CMYK)",
    "YCbCr": "colours as YCbCr",
    "LAB": "colours as Lab",
    "I": "more than 8 bits per pixel",
    "F": "floating-point pixels",
}

_ORIENTATION = 0x0112
"""Number of the note of a camera on how it was held; from 5 on, height and width are exchanged."""

_MAX_REASON = 100
"""Characters of Pillow's reason in a message, at most."""


@dataclass(frozen=True, slots=True)
class Header:
    """The facts on an image that are known before its pixels are unpacked."""

    height: int
    width: int
    channels: int


def read_header(path: Path) -> Header:
    """Return the size of an image, as it stands upright, and its number of channels.

    Raises:
        DataError: The file is no PNG and no JPEG, is too large, or has colours that networks do not read.
    """
    with _opened(path) as image:
        turned = int(image.getexif().get(_ORIENTATION, 1)) in (5, 6, 7, 8)
        width, height = reversed(image.size) if turned else image.size
        return Header(height, width, _CHANNELS[image.mode])


def read_pixels(path: Path, channels: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the pixels of an image.

    A camera's note on how it was held (EXIF) is followed. Grey becomes colours by repetition, colours become grey as
    ITU-R 601-2 weighs them. An image of another size is resized by bilinear interpolation over all the pixels that a
    new one covers.

    Args:
        path: The file.
        channels: 1 for grey, 3 for red, green and blue.
        size: Height and width.

    Returns:
        Pixels `(height, width, channels)`.

    Raises:
        DataError: As `read_header`; or the image is cut off, damaged, or partly transparent.
    """
    from PIL import Image, ImageOps

    with _opened(path) as image:
        image.load()
        upright = ImageOps.exif_transpose(image)
        if upright.mode in ("LA", "RGBA", "PA") or "transparency" in upright.info:
            upright = upright.convert("RGBA")
            if np.asarray(upright.getchannel("A")).min() < 255:
                raise DataError(f"{path}: found transparent pixels, expected opaque ones; save it with a background")
        plain = upright.convert("L" if channels == 1 else "RGB")
        if plain.size != size[::-1]:
            plain = plain.resize(size[::-1], Image.Resampling.BILINEAR)
        return np.asarray(plain, np.uint8).reshape(*size, channels)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open an image; its pixels are not read yet.

    Raises:
        DataError: It is none that networks can be given; the same for each error of Pillow while it is open.
    """
    require("PIL", "reading images")
    from PIL import Image, UnidentifiedImageError

    try:
        mode = path.stat().st_mode
        if not path.is_file():
            raise DataError(f"{path}: found {kind_of(mode)}, expected {_EXPECTED}")
        # Pillow would ask for text chunks and colour profiles at length; it limits both, and warns or raises.
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=_FORMATS) as image:
            _check(image, path)
            yield image
    except UnidentifiedImageError:
        raise DataError(f"{path}: found no {_EXPECTED[2:]}, expected one") from None
    except Image.DecompressionBombError:
        raise DataError(
            f"{path}: found a picture too large to unpack, expected at most {MAX_PIXELS:,} pixels"
        ) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path}: {_short(reason)}; expected {_EXPECTED}") from None
    except (
        *(ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError, OverflowError, MemoryError),
        *(RuntimeError, struct.error, zlib.error),
    ) as error:
        raise DataError(f"{path}: cannot be read ({_short(str(error))}), expected {_EXPECTED}") from None


def _check(image: Any, path: Path) -> None:
    """Raise DataError for what Pillow would open, and networks would see otherwise than the user does."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise DataError(f"{path}: found {width:,} x {height:,} pixels, expected at most {MAX_PIXELS:,} of them")
    if image.format == "PNG" and getattr(image, "is_animated", False):
        raise DataError(f"{path}: found an animation, expected {_EXPECTED} of one picture")
    with path.open("rb") as file:
        start = file.read(25)
    bits = start[24] if image.format == "PNG" and len(start) == 25 else 8  # Pillow drops half of 16 without a word
    if bits > 8 or image.mode not in _CHANNELS:
        found = "16 bits per colour" if bits > 8 else _OTHER_MODES.get(image.mode, f"pixels of mode {image.mode}")
        raise DataError(
            f"{path}: found {found}, expected 8 bits per pixel for grey, or per red, green and blue; convert it"
        )


def _short(text: str) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain[:1].lower() + plain[1:_MAX_REASON]
