"""Configurations of the DNN model as people write them: a TOML file that lists the network cell by cell.

    format = "featurenet_uvl/configuration/1"
    title = "A line about it"

    [[block]]
    cells = [
        {Input1_Dense = {neurons = 512, activation = "relu"}, Output_Cell = {relativeIndex = 0}},
        {Input1_Identity = {}, Operation1_Dropout = {rate = 0.5}, Output_Out = {}},
    ]

Blocks and cells stand in order. A cell names its features as the model does, each with its attributes. A cell that does
not name an Operation1, Input2, Operation2 or Combination has Void, Zeros, Void or Sum there.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from featurenet_uvl.decoding.encoder import features_of_cell
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.errors import ReadError
from featurenet_uvl.ir.architecture import Architecture, CellId
from featurenet_uvl.ir.architecture_json import MAX_NUMBER
from featurenet_uvl.ir.cell_features import BLOCK, CELL, SUM, CellFeatures, Part
from featurenet_uvl.ir.configuration import Configuration, Instance
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.layers import Shape, Void, Zeros
from featurenet_uvl.system.json_values import shown

FORMAT = "featurenet_uvl/configuration/1"
"""Name and version of the format."""

IMPLIED: Mapping[Part, str] = MappingProxyType(
    {
        part: part.feature(option)
        for part, option in (
            (Part.OPERATION1, Void.name),
            (Part.INPUT2, Zeros.name),
            (Part.OPERATION2, Void.name),
            (Part.COMBINATION, SUM),
        )
    }
)
"""The feature that a cell has for a part for which it names none."""

_PREFIXES = (Part.INPUT1.prefix, *(part.prefix for part in IMPLIED), Part.OUTPUT.prefix)
"""The possible starts of the names of a cell's features."""

MAX_TOML_CHARACTERS = 1 << 18
"""Characters of the largest configuration in TOML that is read; the 45 cells of the DNN model take 10,000."""

MAX_KEY_PARTS = 50
"""Parts of a dotted key from which on it is refused; the format needs one."""

_LONG_KEY = re.compile(
    # Possessive, and only where a part can begin: a long run of letters or blanks is looked at once.
    rf"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]{{0,80}}"|'[^'\n]{{0,80}}')[ \t]{{0,80}}+\.[ \t]{{0,80}}+){{{MAX_KEY_PARTS}}}"""
)

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class CellConfiguration:
    """The cells of a network, with a title and a longer text about it; it does not fix the shape of the images."""

    title: str
    about: str
    cells: Mapping[CellId, CellFeatures]

    def architecture(self, input_shape: Shape, classes: int) -> Architecture:
        """Return the network for images of this shape.

        Raises:
            DecodeError: The cells do not make a network, or not for this shape.
        """
        instances: dict[Instance, Mapping[str, Value]] = {}
        for id_, features in self.cells.items():
            instances[Instance(BLOCK, (id_.block,))] = {}
            instances[Instance(CELL, (id_.block, id_.cell))] = {}
            for name, values in features.items():
                instances[Instance(name, (id_.block, id_.cell))] = values
        return to_architecture(Configuration(MappingProxyType(instances)), input_shape, classes)


def read_cell_configuration(text: str, place: str = "<toml>") -> CellConfiguration:
    """Return the configuration in a file's text.

    Args:
        text: The text of the file.
        place: The file's name in messages.

    Raises:
        ReadError: The text is not TOML, or not a configuration in this format.

    >>> text = 'format = "featurenet_uvl/configuration/1"\\n[[block]]\\ncells = [{Input1_Identity={}, Output_Out={}}]'
    >>> read_cell_configuration(text).architecture((8, 8, 1), 10).weights()
    650
    """
    data = _parsed(text, place)
    if data.get("format") != FORMAT:
        raise ReadError(f"{place}: found format {shown(data.get('format'))}, expected {FORMAT!r}")
    problems = list(_shape_problems(data))
    if problems:
        raise ReadError([f"{place}: {problem}" for problem in problems])
    cells = {
        CellId(b, c): _with_implied(features)
        for b, block in enumerate(data["block"], 1)
        for c, features in enumerate(block["cells"], 1)
    }
    return CellConfiguration(data.get("title", ""), data.get("about", ""), cells)


def _parsed(text: str, place: str) -> Mapping[str, Any]:
    if len(text) > MAX_TOML_CHARACTERS:
        raise ReadError(f"{place}: found {len(text):,} characters, expected at most {MAX_TOML_CHARACTERS:,}")
    if _LONG_KEY.search(text):  # the time that tomllib takes grows with the square of the parts
        raise ReadError(f"{place}: found a key of {MAX_KEY_PARTS} parts or more, expected a configuration")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ReadError(_toml_problem(str(error), place)) from None
    except RecursionError:
        raise ReadError(f"{place}: found TOML that is nested too deeply, expected a configuration") from None
    except ValueError:  # Python's limit of digits in an integer
        raise ReadError(f"{place}: found a number of thousands of digits, expected a configuration") from None


def write_cell_configuration(configuration: CellConfiguration) -> str:
    """Return the text of a file that `read_cell_configuration` reads back."""
    lines = [f'format = "{FORMAT}"']
    for key, value in (("title", configuration.title), ("about", configuration.about)):
        if value:
            lines.append(f"{key} = {_toml(value)}")
    for block in sorted({id_.block for id_ in configuration.cells}):
        lines += ["", "[[block]]", "cells = ["]
        for id_ in sorted(id_ for id_ in configuration.cells if id_.block == block):
            features = {k: v for k, v in configuration.cells[id_].items() if k not in IMPLIED.values()}
            lines.append(f"    {_table(features)},")
        lines.append("]")
    return "\n".join(lines) + "\n"


def configuration_of(architecture: Architecture, title: str = "", about: str = "") -> CellConfiguration:
    """Return the cells of a network as a configuration without a shape of images."""
    return CellConfiguration(title, about, {cell.id: features_of_cell(cell) for cell in architecture.cells})


def _toml_problem(message: str, place: str) -> str:
    found = _PLACE.search(message)
    if found is not None and found[1] is not None:
        place, message = f"{place}:{found[1]}:{found[2]}", message[: found.start()]
    return f"{place}: found text that is not TOML ({message}), expected a configuration"


def _shape_problems(data: Mapping[str, object]) -> Iterator[str]:
    """Yield the problems that keep TOML data from being a configuration of any model."""
    for key in sorted(set(data) - {"format", "title", "about", "block"}):
        yield f"found {key!r}, expected format, title, about and block"
    for key in ("title", "about"):
        if not isinstance(data.get(key, ""), str):
            yield f"{key}: found {shown(data[key])}, expected a text"
    blocks = data.get("block")
    if not isinstance(blocks, list) or not blocks:
        yield "found no [[block]], expected at least one"
        return
    for b, block in enumerate(blocks, 1):
        cells = block.get("cells") if isinstance(block, dict) else None
        if not isinstance(cells, list) or not cells or set(block) != {"cells"}:
            found = ", ".join(block) if isinstance(block, dict) else shown(block)
            yield f"block {b}: found {found}, expected cells = [...] with at least one cell"
            continue
        for c, cell in enumerate(cells, 1):
            yield from _cell_problems(CellId(b, c), cell)


def _cell_problems(id_: CellId, cell: object) -> Iterator[str]:
    if not isinstance(cell, dict) or not cell:
        yield f"cell {id_}: found {shown(cell)}, expected a table of features"
        return
    for name, values in cell.items():
        if not name.startswith(_PREFIXES):
            yield f"cell {id_}: found {name}, expected features that begin with one of {', '.join(_PREFIXES)}"
        if not isinstance(values, dict):
            yield f"cell {id_}: {name}: found {shown(values)}, expected a table of attributes, {{}} for none"
        else:
            for attribute, value in values.items():
                if not (isinstance(value, bool | str) or (isinstance(value, int | float) and abs(value) <= MAX_NUMBER)):
                    found = f"cell {id_}: {name}.{attribute}: found {shown(value)}"
                    yield f"{found}, expected a number up to {MAX_NUMBER:,} or a text"


def _with_implied(features: Mapping[str, Mapping[str, Value]]) -> CellFeatures:
    implied = {name: dict[str, Value]() for part, name in IMPLIED.items() if not part.options_in(features)}
    return {**features, **implied}


def _table(features: CellFeatures) -> str:
    return "{" + ", ".join(f"{name} = {_values(values)}" for name, values in features.items()) + "}"


def _values(values: Mapping[str, Value]) -> str:
    return "{" + ", ".join(f"{name} = {_toml(value)}" for name, value in values.items()) + "}"


def _toml(value: Value) -> str:
    """Return a value as TOML spells it. TOML's strings are JSON's, except that TOML escapes DEL."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") if isinstance(value, str) else repr(value)
