"""Options of commands that train on images, or make networks for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from featurenet_uvl.cli.console.options import parse_input_shape
from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.layers import Shape

if TYPE_CHECKING:
    from featurenet_uvl.training.data.own_data import Data

_SOURCE = "NAME|FILE.npz|FOLDER"

DataOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--data",
        metavar=_SOURCE,
        help="The images: digits, mnist, cifar10, fashion_mnist or cifar100; an .npz file; or a folder with a folder of"
        " images per class.",
    ),
]
DataForShape: TypeAlias = Annotated[
    str | None,
    typer.Option("--data", metavar=_SOURCE, help="Make the networks for these images, as train --data takes them."),
]
ImageSize: TypeAlias = Annotated[
    str | None, typer.Option("--image-size", metavar="HxW", help="Resize the images of a folder, such as 32x32.")
]
Channels: TypeAlias = Annotated[
    str | None, typer.Option("--channels", metavar="grey|rgb", help="Turn the images of a folder to grey or colours.")
]
TestShare: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--test-share", metavar="SHARE", help="Share of each class to test on, of data without test images. Else 0.2."
    ),
]
SplitSeed: TypeAlias = Annotated[int, typer.Option("--split-seed", help="Seed that decides which images these are.")]

_CHANNELS = {"grey": 1, "gray": 1, "rgb": 3}


def parse_data(
    source: str, image_size: str | None, channels: str | None, test_share: float | None = None, split_seed: int = 0
) -> Data:
    """Return the data that options describe.

    Raises:
        UsageError: A text of another form, or a value without a meaning.
    """
    from featurenet_uvl.training.data.own_data import Data

    size = None
    if image_size is not None:
        match = re.fullmatch(r"([0-9]{1,6})x([0-9]{1,6})", image_size)
        if match is None:
            raise UsageError(f"--image-size: found {image_size!r}, expected HEIGHTxWIDTH, for example 32x32")
        size = (int(match[1]), int(match[2]))
    if channels is not None and channels not in _CHANNELS:
        raise UsageError(f"--channels: found {channels!r}, expected grey or rgb")
    return Data(source, size, None if channels is None else _CHANNELS[channels], test_share, split_seed)


def parse_images(
    input_shape: str | None, data: str | None, image_size: str | None, channels: str | None
) -> tuple[Shape | None, int | None]:
    """Return the shape of the images and the number of classes, from the data if there are some; else None for both.

    Raises:
        UsageError: A text of another form, or a shape that the data do not have.
        DataError: The data cannot be read.
    """
    shape = parse_input_shape(input_shape)
    if data is None:
        if image_size is not None or channels is not None:
            raise UsageError("found --image-size or --channels, expected them with --data FOLDER")
        return shape, None
    from featurenet_uvl.training.data.dataset import image_facts

    found, classes = image_facts(parse_data(data, image_size, channels))
    if shape is not None and shape != found:
        raise UsageError(
            f"--input-shape: found {input_shape}, expected {'x'.join(map(str, found))} as the images of {data} have"
        )
    return found, classes
