"""A network: decoded, named or read; drawn, written, and built in Keras."""

from __future__ import annotations

import json
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from featurenet_uvl.api.arguments import file_path
from featurenet_uvl.api.data import DataLike, shape_and_classes
from featurenet_uvl.decoding.keras.build import build_keras_model
from featurenet_uvl.decoding.named import named_architecture
from featurenet_uvl.decoding.network_key import network_key
from featurenet_uvl.drawing.layout import draw_network
from featurenet_uvl.drawing.png import to_png
from featurenet_uvl.drawing.svg import architecture_svg
from featurenet_uvl.drawing.text import architecture_text
from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.ir.layers import Shape, format_shape
from featurenet_uvl.system.counted import counted
from featurenet_uvl.system.files import write_file
from featurenet_uvl.system.json_values import read_json
from featurenet_uvl.system.streams import printable


@dataclass(frozen=True, slots=True, repr=False)
class Network:
    """A network with a name. A notebook shows its drawing.

    >>> Network.named("lenet5", input_shape=(28, 28, 1))
    <Network lenet5: 6 cells, 545,546 weights, 4,233,960 MACs, for 28x28x1 images>
    """

    name: str
    architecture: Architecture
    """Its blocks, cells and layers, with all shapes."""

    @classmethod
    def named(
        cls,
        name: str,
        *,
        input_shape: Shape | None = None,
        classes: int | None = None,
        data: DataLike | None = None,
    ) -> Network:
        """Return a network that comes with the package, such as `lenet5`, for images of this shape.

        Args:
            name: Its name.
            input_shape: Height, width and channels of the images; None takes those of `data`.
            classes: Number of classes; None takes those of `data`, else 10.
            data: The images that the network is for, as `evaluate` takes them.

        Raises:
            UsageError: None has this name, or neither a shape nor data are given.
            DecodeError: It cannot take these images.
        """
        shape, number = shape_and_classes(input_shape, classes, data)
        if shape is None:
            raise UsageError("found neither input_shape nor data, expected one of them")
        return cls(name, named_architecture(name).architecture(shape, number))

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Network:
        """Read the network in a JSON file, as `write` and the command `decode` write it.

        Raises:
            ReadError: The file is missing or no JSON.
            DecodeError: It holds no network.
        """
        place = file_path(path)
        architecture = parse_architecture(read_json(Path(place), "a network"), place)
        architecture.shapes()
        return cls(Path(place).stem, architecture)

    @property
    def input_shape(self) -> Shape:
        return self.architecture.input_shape

    @property
    def classes(self) -> int:
        return self.architecture.classes

    @property
    def weights(self) -> int:
        """Number of its weights, which is known without Keras."""
        return self.architecture.weights()

    @property
    def macs(self) -> int:
        """Number of its multiply-accumulates (MACs) for one image, which is known without Keras."""
        return self.architecture.macs()

    @property
    def key(self) -> str:
        """The key that two configurations of the same network share, whatever the order of halves, cells and blocks."""
        return network_key(self.architecture)

    def to_keras(self) -> Any:
        """Return the `keras.Model`, not compiled: exactly these layers, named after their cells."""
        return build_keras_model(self.architecture)

    def draw(self) -> Drawing:
        """Draw its blocks, cells and layers with their connections, shapes and weights."""
        return Drawing(self)

    def write(self, path: str | PathLike[str], *, force: bool = False) -> None:
        """Write a JSON file.

        Raises:
            UsageError: The file exists and `force` is not set.
        """
        write_file(file_path(path), json.dumps(self.architecture.to_json(), indent=2) + "\n", force=force)

    def _repr_svg_(self) -> str:
        return self.draw()._repr_svg_()

    def __repr__(self) -> str:
        cells = counted(len(self.architecture.cells), "cell")
        sizes = f"{cells}, {counted(self.weights, 'weight')}, {counted(self.macs, 'MAC')}"
        return f"<Network {printable(self.name)}: {sizes}, for {format_shape(self.input_shape)} images>"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture of a network: a notebook shows it, `print` gives it as text, `write` makes a file of it."""

    network: Network

    def write(self, path: str | PathLike[str], *, force: bool = False) -> None:
        """Write the picture in the format of the ending: `.svg`, `.png` or `.txt`.

        Raises:
            UsageError: Another ending, or the file exists and `force` is not set.
        """
        place, network = file_path(path), self.network
        match Path(place).suffix.lower():
            case ".svg":
                write_file(place, self._repr_svg_(), force=force)
            case ".png":
                write_file(place, to_png(draw_network(network.architecture, network.name)), force=force)
            case ".txt":
                write_file(place, str(self), force=force)
            case ending:
                raise UsageError(f"{place}: found ending {ending!r}, expected .svg, .png or .txt")

    def _repr_svg_(self) -> str:
        return architecture_svg(self.network.architecture, self.network.name)

    def __str__(self) -> str:
        return architecture_text(self.network.architecture, self.network.name)
