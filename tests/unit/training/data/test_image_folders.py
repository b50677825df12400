"""Folders of images: what is read is what the file shows, and every image that cannot be read is named."""

from __future__ import annotations

import io
import os
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from featurenet_uvl.errors import DataError
from featurenet_uvl.training.data import image_files
from featurenet_uvl.training.data.dataset import load_dataset
from featurenet_uvl.training.data.own_data import Data, find_own

RNG = np.random.default_rng(0)
COLOURS: NDArray[np.uint8] = RNG.integers(0, 256, (8, 6, 3), dtype=np.uint8)
GREY = COLOURS[..., 0]


def folder_of(place: Path, image: Any = GREY, classes: tuple[str, ...] = ("cat", "dog"), count: int = 2) -> Path:
    """Write a folder of images per class."""
    for name in classes:
        (place / name).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(image).save(place / name / f"{number}.png")
    return place


def load(source: Path, **options: Any) -> Any:
    return load_dataset(Data(source, **options), None, source.parent / "cache")


def message_of(source: Path, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        load(source, **options)
    assert not (source.parent / "cache").exists()
    return str(caught.value)


@pytest.mark.parametrize("image", [GREY, COLOURS], ids=["grey", "colours"])
def test_pixels_are_those_of_the_files(image: NDArray[np.uint8], tmp_path: Path) -> None:
    data = load(folder_of(tmp_path / "pets", image))
    assert data.input_shape == (8, 6, 1 if image.ndim == 2 else 3)
    assert (data.train_count, data.test_count, data.class_names) == (2, 2, ("cat", "dog"))
    assert all((one == image.reshape(one.shape)).all() for one in data.arrays()["x_train"])
    assert data.name == f"pets-{data.hash}"


def test_a_folder_with_train_and_test_splits_itself(tmp_path: Path) -> None:
    folder_of(tmp_path / "pets" / "train", count=3)
    folder_of(tmp_path / "pets" / "test", count=1)
    data = load(tmp_path / "pets")
    assert (data.train_count, data.test_count) == (6, 2)
    assert data.arrays()["y_train"].tolist() == [0, 0, 0, 1, 1, 1]
    assert load(folder_of(tmp_path / "rides", classes=("test", "train"))).class_names == ("test", "train")


def test_the_order_of_the_disk_does_not_matter_and_a_change_is_seen(tmp_path: Path) -> None:
    first = load(folder_of(tmp_path / "pets", classes=("dog", "cat")))
    again = load_dataset(str(folder_of(tmp_path / "other" / "pets")), None, tmp_path / "more")
    assert again.name == first.name
    Image.fromarray(GREY // 2).save(tmp_path / "pets" / "cat" / "1.png")
    os.utime(tmp_path / "pets" / "cat" / "1.png", ns=(1, 1))
    assert load(tmp_path / "pets").name != first.name


def test_files_that_systems_leave_there_are_left_out(tmp_path: Path) -> None:
    place = folder_of(tmp_path / "pets")
    for name in ("cat/.DS_Store", "cat/Thumbs.db", "dog/desktop.ini", "LICENSE.txt", ".gitignore"):
        (place / name).write_bytes(b"x")
    assert load(place).train_count == 2


def test_sizes_and_colours_are_unified_on_request_only(tmp_path: Path) -> None:
    place = folder_of(tmp_path / "pets", count=3)
    Image.fromarray(GREY[:4]).save(place / "dog" / "0.png")
    found = message_of(place)
    assert found.startswith(
        f"{place}/dog/0.png: found 4x6 pixels, expected 8x6 pixels as 5 of 6 images in {place} have"
    )
    assert found.endswith("; `image_size` resizes all of them")
    assert load(place, image_size=(5, 7)).input_shape == (5, 7, 1)
    Image.fromarray(COLOURS[:4]).save(place / "dog" / "0.png")
    found = message_of_fresh(place, image_size=(5, 7))
    assert "dog/0.png: found colours, expected grey as 5 of 6 images" in found
    assert "`channels` turns all of them" in found
    assert load(place, image_size=(5, 7), channels=1).input_shape == (5, 7, 1)
    assert load(place, image_size=(5, 7), channels=3).input_shape == (5, 7, 3)


def message_of_fresh(source: Path, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        load(source, **options)
    return str(caught.value)


def test_grey_becomes_colours_and_back_without_a_change(tmp_path: Path) -> None:
    data = load(folder_of(tmp_path / "pets"), channels=3)
    assert (data.arrays()["x_train"] == GREY[..., np.newaxis]).all()
    folder_of(tmp_path / "tinted", np.repeat(GREY[..., np.newaxis], 3, axis=2))
    assert (load(tmp_path / "tinted", channels=1).arrays()["x_train"][0, ..., 0] == GREY).all()


def test_a_resized_image_is_the_mean_of_what_it_covers(tmp_path: Path) -> None:
    plain = np.full((8, 8), 90, np.uint8)
    assert (load(folder_of(tmp_path / "plain", plain), image_size=(4, 4)).arrays()["x_train"] == 90).all()
    board = np.indices((8, 8)).sum(axis=0).astype(np.uint8) % 2 * 200
    small = load(folder_of(tmp_path / "board", board), image_size=(2, 2)).arrays()["x_train"]
    assert abs(small.astype(int) - 100).max() < 5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_upright_as_its_camera_noted(orientation: int, tmp_path: Path) -> None:
    """The oracle is a picture of four corners; the table is that of the EXIF standard."""
    corners = np.zeros((16, 32), np.uint8)
    corners[:8, :16], corners[:8, 16:], corners[8:, :16], corners[8:, 16:] = 10, 90, 170, 250
    exif = Image.Exif()
    exif[0x0112] = orientation
    place = folder_of(tmp_path / "pets", count=0)
    for name in ("cat/0.jpg", "cat/1.jpg", "dog/0.jpeg", "dog/1.JPG"):
        Image.fromarray(corners).save(place / name, "JPEG", exif=exif, quality=95)
    upright = {
        1: [[10, 90], [170, 250]],
        2: [[90, 10], [250, 170]],
        3: [[250, 170], [90, 10]],
        4: [[170, 250], [10, 90]],
        5: [[10, 170], [90, 250]],
        6: [[170, 10], [250, 90]],
        7: [[250, 90], [170, 10]],
        8: [[90, 250], [10, 170]],
    }
    found = load(place).arrays()["x_train"][0, ..., 0]
    height, width = found.shape
    assert (height, width) == ((16, 32) if orientation < 5 else (32, 16))
    shown = found[height // 4 :: height // 2, width // 4 :: width // 2].astype(int)
    assert abs(shown - np.array(upright[orientation])).max() < 4


def png(*, mode: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(COLOURS).convert(mode).save(stream, "PNG", **options)
    return stream.getvalue()


def jpeg(mode: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(COLOURS).convert(mode).save(stream, "JPEG")
    return stream.getvalue()


def of_16_bits(colour_type: int) -> bytes:
    """Return a PNG of 16 bits; Pillow would read that in colours as 8 bits without a word."""
    channels = {0: 1, 2: 3}[colour_type]
    return made(8, 6, colour_type, 16, zlib.compress((b"\0" + b"\x12\x34" * 6 * channels) * 8))


def made(height: int, width: int, colour_type: int, bits: int, pixels: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def animation() -> bytes:
    stream = io.BytesIO()
    first, second = Image.fromarray(GREY), Image.fromarray(255 - GREY)
    first.save(stream, "PNG", save_all=True, append_images=[second])
    return stream.getvalue()


def gif() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(GREY).save(stream, "GIF")
    return stream.getvalue()


def half_clear() -> bytes:
    stream = io.BytesIO()
    image = Image.fromarray(COLOURS).convert("RGBA")
    image.putpixel((2, 3), (1, 2, 3, 100))
    image.save(stream, "PNG")
    return stream.getvalue()


ODD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "found no PNG or JPEG image, expected one"),
    "text": (b"<html></html>", "found no PNG or JPEG image, expected one"),
    "another format": (gif(), "found no PNG or JPEG image, expected one"),
    "cut off": (png(mode="RGB")[:-60], "expected a PNG or JPEG image"),
    "a cut-off photo": (jpeg("RGB")[:-40], "truncated.*expected a PNG or JPEG image"),
    "a damaged byte": (png(mode="RGB").replace(b"IDAT", b"IDAT\x99", 1), "expected a PNG or JPEG image"),
    "a bomb": (made(60_000, 60_000, 0, 8, zlib.compress(b"")), "found a picture too large to unpack"),
    "a large picture": (made(9_000, 9_000, 0, 8, zlib.compress(b"")), "found 9,000 x 9,000 pixels, expected at most"),
    "no pixels": (made(0, 6, 0, 8, zlib.compress(b"")), "expected (a PNG or JPEG image|one)"),
    "an animation": (animation(), "found an animation, expected a PNG or JPEG image of one picture"),
    "CMYK": (jpeg("CMYK"), r"found the colours of a printer \(CMYK\), expected 8 bits per pixel"),
    "16 bits of grey": (of_16_bits(0), "found 16 bits per colour, expected 8 bits"),
    "16 bits of colours": (of_16_bits(2), "found 16 bits per colour, expected 8 bits"),
    "clear pixels": (half_clear(), "found transparent pixels, expected opaque ones"),
    "a clear colour": (png(mode="P", transparency=bytes([0] * 256)), "found transparent pixels, expected opaque"),
}


@pytest.mark.parametrize("case", sorted(ODD))
def test_an_image_that_networks_cannot_be_given_is_named(case: str, tmp_path: Path) -> None:
    content, message = ODD[case]
    place = folder_of(tmp_path / "pets", COLOURS)
    odd = place / "dog" / ("1.png" if content.startswith(b"\x89PNG") else "1.jpg")
    (place / "dog" / "1.png").unlink()
    odd.write_bytes(content)
    found = message_of(place)
    assert found.startswith(f"{odd}: ")
    assert "\n" not in found
    assert len(found) < 300
    assert re.search(message, found), found


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P"])
def test_every_kind_of_opaque_png_is_read(mode: str, tmp_path: Path) -> None:
    place = folder_of(tmp_path / "pets", count=0)
    content = png(mode=mode)
    for name in ("cat/0", "cat/1", "dog/0", "dog/1"):
        (place / f"{name}.png").write_bytes(content)
    data = load(place)
    expected = np.asarray(Image.fromarray(COLOURS).convert(mode).convert("L" if mode in ("1", "L", "LA") else "RGB"))
    assert (data.arrays()["x_test"][0] == expected.reshape(data.input_shape)).all()


def test_every_part_of_a_photo_with_a_damaged_byte_ends_in_one_line_or_in_pixels(tmp_path: Path) -> None:
    content = {"png": png(mode="RGB"), "jpg": jpeg("RGB")}
    place = tmp_path / "one"
    problems: list[tuple[str, str]] = []
    for ending, whole in content.items():
        for at in range(0, len(whole), 5):
            path = place.with_suffix(f".{ending}")
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
            try:
                header = image_files.read_header(path)
                pixels = image_files.read_pixels(path, 3, (8, 6))
            except DataError as error:
                problems.append((str(path), str(error)))
            else:
                assert pixels.shape == (8, 6, 3)
                assert header.height * header.width <= image_files.MAX_PIXELS
    assert len(problems) > 10
    assert all(text.startswith(f"{path}: ") and "\n" not in text for path, text in problems)


def test_many_bad_images_are_counted(tmp_path: Path) -> None:
    place = folder_of(tmp_path / "pets", count=20)
    for path in (place / "cat").iterdir():
        path.write_bytes(b"x")
    lines = message_of(place).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "and 10 more images that cannot be used"


def remove(place: Path) -> None:
    for path in place.iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: remove(p / "cat"), "pets/cat: found no image, expected some"),
        (lambda p: (p / "cat" / "notes.txt").write_text("x"), "notes.txt: found a file, expected only images there"),
        (lambda p: (p / "cat" / "more").mkdir(), "cat/more: found a folder, expected only images there"),
        (lambda p: (p / "2.png").write_bytes(b"x"), "pets/2.png: found an image beside the folders of the classes"),
        (lambda p: os.mkfifo(p / "cat" / "9.png"), "cat/9.png: found a pipe, expected a PNG or JPEG image"),
        (lambda p: (p / "cat" / "9.png").mkdir(), "cat/9.png: found the folder, expected a PNG or JPEG image"),
        (lambda p: folder_of(p / "train"), "found folders cat, dog, train, expected train and test alone"),
    ],
)
def test_a_folder_that_is_laid_out_otherwise(change: Callable[[Path], Any], message: str, tmp_path: Path) -> None:
    place = folder_of(tmp_path / "pets")
    change(place)
    assert message in message_of(place)


def test_a_single_class_and_an_empty_folder(tmp_path: Path) -> None:
    assert "found folders of classes: cat; expected at least 2" in message_of(
        folder_of(tmp_path / "a", classes=("cat",))
    )
    (tmp_path / "empty").mkdir()
    assert "found folders of classes: none; expected at least 2" in message_of(tmp_path / "empty")


def test_images_too_many_for_the_memory_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("featurenet_uvl.training.data.image_folders.read_pixels", lambda *_: pytest.fail("read"))
    own = find_own(Data(folder_of(tmp_path / "pets")), limit=100)
    assert own is not None
    with pytest.raises(DataError, match="found 4 images of 8x6x1, 192 bytes, expected at most 100; `image_size` makes"):
        own.read()
