"""The strict reader of architectures in JSON: it returns a network that says everything in the file, or an error.

docs/architecture-json.md and `architecture.schema.json` beside this file describe the form.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import NoReturn

from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import SCHEMA, Architecture, Cell, CellId, Destination, sources_of_cells
from featurenet_uvl.ir.cell_features import COMBINATIONS, DESTINATIONS, SUM, TO_CELL
from featurenet_uvl.ir.layer_kinds import input_kinds, operation_kinds
from featurenet_uvl.ir.layers import Layer, Void, Zeros
from featurenet_uvl.system.json_values import shown

MAX_NUMBER = 2**31 - 1
"""Largest size, count or index in a file; Keras layers take none that is larger."""

_KEYS = ("schema", "input_shape", "classes", "cells")
_ORIGIN_KEYS = {"model": str, "formula": str, "configuration": int}
_CELL_KEYS = (
    *("block", "cell", "sources", "input1", "operation1", "input2", "operation2", "combination", "destination"),
)


def parse_architecture(data: object, place: str = "<json>") -> Architecture:
    """Return the architecture that a JSON value describes.

    Raises:
        DecodeError: The schema is another one, a key is missing or unknown, a value is invalid, the sources do not
            follow from the destinations, or the shapes do not fit. The message names the place in the file.
    """
    if not isinstance(data, dict):
        _refuse(place, type(data).__name__, "a JSON object with a network")
    if data.get("schema") != SCHEMA:
        _refuse(place, f"schema {shown(data.get('schema'))}", f"{SCHEMA!r}; another version wrote this file")
    _check_keys(place, data, _KEYS, optional=("origin",))
    if "origin" in data:
        _check_origin(f"{place}: origin", data["origin"])
    shape = data["input_shape"]
    if not isinstance(shape, list) or len(shape) != 3:
        _refuse(f"{place}: input_shape", shown(shape), "[height, width, channels]")
    height, width, channels = (_number(f"{place}: input_shape", size, 1) for size in shape)
    classes = _number(f"{place}: classes", data["classes"], 1)
    if not isinstance(data["cells"], list) or not data["cells"]:
        _refuse(f"{place}: cells", shown(data["cells"]), "a list of at least one cell")
    cells = tuple(_cell(f"{place}: cells[{number}]", cell) for number, cell in enumerate(data["cells"]))
    _check_numbers(place, cells)
    try:
        _check_sources(cells)
        architecture = Architecture((height, width, channels), classes, cells)
        architecture.shapes()
    except DecodeError as error:
        raise DecodeError(f"{place}: {error}") from error
    return architecture


def _cell(place: str, data: object) -> Cell:
    if not isinstance(data, dict):
        _refuse(place, type(data).__name__, "an object")
    _check_keys(place, data, _CELL_KEYS)
    if not isinstance(data["sources"], list) or not all(isinstance(s, list) and len(s) == 2 for s in data["sources"]):
        _refuse(f"{place}.sources", shown(data["sources"]), "a list of [block, cell]")
    sources = tuple(
        CellId(*(_number(f"{place}.sources", number, 1) for number in source)) for source in data["sources"]
    )
    if data["combination"] not in COMBINATIONS:
        _refuse(f"{place}.combination", shown(data["combination"]), f"one of {', '.join(COMBINATIONS)}")
    cell = Cell(
        CellId(_number(f"{place}.block", data["block"], 1), _number(f"{place}.cell", data["cell"], 1)),
        sources,
        _layer(f"{place}.input1", data["input1"], input_kinds()),
        _layer(f"{place}.operation1", data["operation1"], operation_kinds()),
        _layer(f"{place}.input2", data["input2"], input_kinds()),
        _layer(f"{place}.operation2", data["operation2"], operation_kinds()),
        data["combination"],
        _destination(f"{place}.destination", data["destination"]),
    )
    if isinstance(cell.input1, Zeros):
        _refuse(f"{place}.input1", Zeros.name, "a layer that takes a tensor")
    if not cell.has_second_half and (cell.operation2, cell.combination) != (Void(), SUM):
        found = f"{Zeros.name} with {cell.operation2.name} and {cell.combination}"
        _refuse(place, found, f"{Void.name} and {SUM} with it")
    return cell


def _layer(place: str, data: object, kinds: Mapping[str, type[Layer]]) -> Layer:
    if not isinstance(data, dict):
        _refuse(place, type(data).__name__, "an object")
    name = data.get("kind")
    if not isinstance(name, str) or name not in kinds:
        _refuse(f"{place}.kind", shown(name), f"one of {', '.join(kinds)}")
    kind = kinds[name]
    attributes = {key: value for key, value in data.items() if key != "kind"}
    _check_keys(place, attributes, tuple(field.name for field in fields(kind)))
    for key, value in attributes.items():
        _check_scalar(f"{place}.{key}", value)
    try:
        return kind(**attributes)
    except (TypeError, ValueError) as error:
        raise DecodeError(f"{place}: {error}") from error


def _destination(place: str, data: object) -> Destination:
    if not isinstance(data, dict):
        _refuse(place, type(data).__name__, "an object")
    _check_keys(place, data, ("kind", "relative_index"))
    kind, index = data["kind"], data["relative_index"]
    if kind not in DESTINATIONS:
        _refuse(f"{place}.kind", shown(kind), f"one of {', '.join(DESTINATIONS)}")
    if kind == TO_CELL:
        return Destination(kind, _number(f"{place}.relative_index", index, 0))
    if index is not None:
        _refuse(f"{place}.relative_index", shown(index), f"null with {kind}")
    return Destination(kind)


def _check_numbers(place: str, cells: tuple[Cell, ...]) -> None:
    """Check that blocks and cells are in order and numbered from 1 without gaps."""
    before = CellId(0, 0)
    for number, cell in enumerate(cells):
        first_of_next_block = CellId(before.block + 1, 1)
        allowed = [CellId(before.block, before.cell + 1), first_of_next_block] if number else [first_of_next_block]
        if cell.id not in allowed:
            _refuse(f"{place}: cells[{number}]", f"cell {cell.id}", f"{' or '.join(map(str, allowed))} here")
        before = cell.id


def _check_sources(cells: tuple[Cell, ...]) -> None:
    wired = sources_of_cells({cell.id: cell.destination for cell in cells})
    for cell in cells:
        if cell.sources != wired[cell.id]:
            found, expected = (", ".join(map(str, ids)) or "the image" for ids in (cell.sources, wired[cell.id]))
            raise DecodeError(
                f"cell {cell.id}: found sources {found}, expected {expected}, as the destinations of the cells say"
            )
        if len(cell.sources) == 2 and not cell.has_second_half:
            raise DecodeError(
                f"cell {cell.id}: found two sources and {Zeros.name}, expected an input2 that takes the second"
            )


def _check_origin(place: str, data: object) -> None:
    if not isinstance(data, dict):
        _refuse(place, type(data).__name__, "an object")
    _check_keys(place, data, tuple(_ORIGIN_KEYS))
    for key, kind in _ORIGIN_KEYS.items():
        if type(data[key]) is not kind:
            _refuse(f"{place}.{key}", shown(data[key]), "text" if kind is str else "a number")


def _check_keys(place: str, data: Mapping[str, object], keys: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    for key in keys:
        if key not in data:
            _refuse(place, f"no {key!r}", f"the keys {', '.join(keys)}" if keys else "no key")
    for key in data:
        if key not in (*keys, *optional):
            _refuse(place, f"the key {shown(key)}", f"only {', '.join(keys)}" if keys else "none")


def _number(place: str, value: object, least: int) -> int:
    if type(value) is not int or not least <= value <= MAX_NUMBER:
        _refuse(place, shown(value), f"a number from {least} to {MAX_NUMBER:,}")
    return value


def _check_scalar(place: str, value: object) -> None:
    """Check that an attribute's value is a text or a finite number."""
    is_number = type(value) in (int, float) and math.isfinite(value) and abs(value) <= MAX_NUMBER  # type: ignore[arg-type]
    if not (type(value) is str or is_number):
        _refuse(place, shown(value), f"text, or a number up to {MAX_NUMBER:,}")


def _refuse(place: str, found: str, expected: str) -> NoReturn:
    raise DecodeError(f"{place}: found {found}, expected {expected}")
