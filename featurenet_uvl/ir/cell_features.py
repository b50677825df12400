"""The names of the features that make up a network in the DNN model (`models/dnn.uvl`).

This is the one place that spells them: translators, decoder, importer and formats ask here. Each name that the model
also writes (`Block[b,c]` in a constraint, `Input1_Dense` in a file) stays text there, of course.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TypeAlias

from featurenet_uvl.ir.expression import Value

BLOCK, CELL = "Block", "Cell"
"""The multi-features that hold a network: blocks, and cells within each block."""

SUM, CONCAT, PRODUCT = COMBINATIONS = ("Sum", "Concat", "Product")
"""The ways in which a cell combines its two halves."""

TO_CELL, TO_BLOCK, OUT = DESTINATIONS = ("Cell", "Block", "Out")
"""Where a cell's output can go: to a later cell of its block, to the next block, out of the network."""

RELATIVE_INDEX = "relativeIndex"
"""The attribute of `Output_Cell`: how many cells lie between the cell and the one that takes its output."""

CellFeatures: TypeAlias = Mapping[str, Mapping[str, Value]]
"""The selected features of one cell, by name, each with the values of its attributes."""


class Part(Enum):
    """A part of a cell, named as its feature in the model; the options to choose from are the feature's children.

    >>> Part.INPUT1.feature("Dense")
    'Input1_Dense'
    """

    INPUT1 = "Input1"
    OPERATION1 = "Operation1"
    INPUT2 = "Input2"
    OPERATION2 = "Operation2"
    COMBINATION = "Combination"
    OUTPUT = "Output"

    @property
    def prefix(self) -> str:
        """The start of the name of every option: `Input1_`."""
        return f"{self.value}_"

    def feature(self, option: str) -> str:
        """Return the name of the feature that selects an option for this part."""
        return self.prefix + option

    def options_in(self, features: Iterable[str]) -> list[str]:
        """Return the options that these features select for this part.

        >>> Part.OUTPUT.options_in(["Input1_Dense", "Output_Cell"])
        ['Cell']
        """
        return [name.removeprefix(self.prefix) for name in features if name.startswith(self.prefix)]


INPUTS, OPERATIONS = (Part.INPUT1, Part.INPUT2), (Part.OPERATION1, Part.OPERATION2)
"""The parts that hold a layer, first half first."""
