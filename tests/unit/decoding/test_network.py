"""The decoder's connections and refusals, on configurations written by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import Architecture, CellId
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.ir.configuration import Configuration, Instance

CONVOLUTION = {"kernel": "3x3", "filters": 6, "stride": 1, "padding": "same", "activation": "relu", "type": "normal"}
Features = Mapping[str, Mapping[str, Any]]


def cell(output: str | int, input1: str = "Identity", input2: str = "Zeros", **more: Mapping[str, Any]) -> Features:
    """Return the features of a cell; `output` is a relative index, `Block` or `Out`."""
    end = {"Output_Cell": {"relativeIndex": output}} if isinstance(output, int) else {f"Output_{output}": {}}
    return {
        f"Input1_{input1}": {},
        "Operation1_Void": {},
        f"Input2_{input2}": {},
        "Operation2_Void": {},
        "Combination_Sum": {},
        **end,
        **more,
    }


def configuration(*blocks: list[Features]) -> Configuration:
    instances: dict[Instance, Mapping[str, Any]] = {Instance("Architecture"): {}}
    for b, cells in enumerate(blocks, 1):
        instances[Instance("Block", (b,))] = {}
        for c, features in enumerate(cells, 1):
            instances |= {Instance(name, (b, c)): values for name, values in features.items()}
    return Configuration(instances)


def decode(*blocks: list[Features]) -> Architecture:
    return to_architecture(configuration(*blocks), (8, 8, 1), 10)


def sources(architecture: Architecture) -> dict[str, list[str]]:
    return {str(cell.id): [str(source) for source in cell.sources] for cell in architecture.cells}


def test_wiring_within_a_block_follows_relative_indices() -> None:
    found = decode([cell(1), cell(0), cell("Out", input2="Identity")])
    assert sources(found) == {"b1_c1": [], "b1_c2": [], "b1_c3": ["b1_c1", "b1_c2"]}


def test_a_cell_that_nobody_aims_at_takes_what_the_block_before_sends() -> None:
    found = decode([cell("Block"), cell("Block")], [cell(0, input2="Identity"), cell("Out")])
    assert sources(found) == {"b1_c1": [], "b1_c2": [], "b2_c1": ["b1_c1", "b1_c2"], "b2_c2": ["b2_c1"]}


def test_the_first_source_feeds_the_first_half_and_the_second_the_second() -> None:
    first = {k: v for k, v in cell(1).items() if k != "Input1_Identity"} | {"Input1_Convolution": CONVOLUTION}
    found = decode([first, cell(0), cell("Out", input2="Convolution", Input2_Convolution=CONVOLUTION)])
    at = found.shapes()[CellId(1, 3)]
    assert (at.source1, at.source2, at.output) == ((8, 8, 6), (8, 8, 1), (8, 8, 6))


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([], "without cells"),
        ([[cell(0)]], "cell b1_c1: found relativeIndex 0, expected one that points at a later cell of block 1"),
        ([[cell("Block")]], "cell b1_c1: found Output_Block in the last block"),
        ([[cell("Out")], [cell("Out")]], "cell b1_c1: found Output_Out in block 1, expected it in the last block"),
        ([[cell("Block")], [], [cell("Out")]], "cell b3_c1: found no cell of block 2 that sends on its output"),
        (
            [[cell("Block"), cell("Out")], [cell("Out")]],
            "cell b1_c2: found Output_Out in block 1, expected it in the last block",
        ),
        ([[cell(1), cell(0), cell("Out")]], "cell b1_c3: found two sources and Input2_Zeros"),
        ([[cell(2), cell(1), cell(0), cell("Out", input2="Identity")]], "cell b1_c4: found 3 sources"),
        ([[{**cell("Out"), "Input1_Dense": {}}]], "cell b1_c1: found Input1_Identity, Input1_Dense, expected one of"),
        ([[cell("Out", input1="Dense")]], "found Input1_Dense with no attributes, expected neurons, activation"),
        ([[cell("Out", input1="Attention")]], "found Input1_Attention, expected one of Input1_Zeros"),
        ([[{k: v for k, v in cell("Out").items() if k != "Combination_Sum"}]], "found nothing, expected one of Comb"),
        ([[cell("Out") | {"Output_Cell": {}}]], "found Output_Out, Output_Cell, expected one of"),
    ],
)
def test_a_configuration_that_is_no_network_is_refused_with_its_cell(blocks: Any, message: str) -> None:
    with pytest.raises(DecodeError) as error:
        decode(*blocks)
    assert message in str(error.value)


def test_shapes_that_do_not_fit_are_refused_not_mended() -> None:
    valid = CONVOLUTION | {"kernel": "11x11", "padding": "valid"}
    first = {k: v for k, v in cell("Out").items() if k != "Input1_Identity"} | {"Input1_Convolution": valid}
    with pytest.raises(DecodeError, match=r"cell b1_c1: Convolution\(kernel='11x11'.*does not fit 8x8x1"):
        decode([first])


def test_json_reads_back_to_the_same_architecture() -> None:
    found = decode([cell("Block"), cell("Block")], [cell(0, input2="Identity"), cell("Out")])
    again = parse_architecture(json.loads(json.dumps(found.to_json())))
    assert again == found
    assert again.hash() == found.hash()


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "other/1"},
        {"cells": [{}]},
        {"cells": []},
        {"classes": None},
        {"classes": 0},
        {"input_shape": [8, "x", 1]},
        {"input_shape": [8, 8.5, 1]},
        {"input_shape": []},
        {"comment": "more"},
    ],
)
def test_damaged_json_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DecodeError, match=r"arch\.json: "):
        parse_architecture(decode([cell("Out")]).to_json() | change, "arch.json")
