"""Configurations as TOML files read back as written; a refusal names the place of the fault."""

from __future__ import annotations

import pytest

from featurenet_uvl.decoding.configuration_file import (
    FORMAT,
    CellConfiguration,
    configuration_of,
    read_cell_configuration,
    write_cell_configuration,
)
from featurenet_uvl.decoding.named import architecture_names, named_architecture
from featurenet_uvl.errors import DecodeError, ReadError
from featurenet_uvl.ir.architecture import CellId

HEAD = f'format = "{FORMAT}"\n'
END = "Output_Out = {}"


def with_cells(*cells: str) -> str:
    return f"{HEAD}[[block]]\ncells = [{', '.join('{' + cell + '}' for cell in cells)}]\n"


@pytest.mark.parametrize("name", architecture_names())
def test_what_is_written_reads_back(name: str) -> None:
    found = named_architecture(name)
    assert read_cell_configuration(write_cell_configuration(found)) == found
    network = found.architecture((28, 28, 1), 10)
    again = read_cell_configuration(write_cell_configuration(configuration_of(network, found.title, found.about)))
    assert again.architecture((28, 28, 1), 10) == network


def test_texts_and_values_of_all_kinds_read_back() -> None:
    text = 'say "\\ü😀\x7f\n\t'
    cell = {"Input1_Odd": {"a": True, "b": -1, "c": 1e-9, "d": text, "e": 2**31 - 1}, "Output_Out": {}}
    written = write_cell_configuration(CellConfiguration(text, text, {CellId(1, 1): cell}))
    found = read_cell_configuration(written)
    assert (found.title, found.about) == (text, text)
    assert found.cells[CellId(1, 1)]["Input1_Odd"] == cell["Input1_Odd"]


def test_what_a_cell_does_not_name_is_void_zeros_and_sum() -> None:
    found = read_cell_configuration(with_cells(f"Input1_Identity = {{}}, {END}"))
    assert set(found.cells[CellId(1, 1)]) == {
        *("Input1_Identity", "Operation1_Void", "Input2_Zeros", "Operation2_Void", "Combination_Sum", "Output_Out")
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("format = 1\n[[", r"f\.toml(:2:\d+)?: found text that is not TOML"),
        ("x = " + "[" * 5000, r"f\.toml(:1:\d+)?: found (text that is not )?TOML"),
        (f"format = {'9' * 5000}", "found a number of thousands of digits, expected a configuration"),
        (f"format = 0x{'f' * 6000}", "found format a number of thousands of digits, expected 'featurenet"),
        ("x." * 20_000 + "x = 1", "found a key of 50 parts or more"),
        (f"# {' ' * (1 << 18)}", "found 262,146 characters, expected at most 262,144"),
        *(
            (
                with_cells(f"Input1_Dense = {{neurons = {value}}}, {END}"),
                rf"neurons: found {found}, expected a number up",
            )
            for value, found in (
                ("2147483648", "2147483648"),
                ("inf", "inf"),
                ("nan", "nan"),
                ("0x" + "f" * 6000, "a number of thou.*"),
            )
        ),
        ("x = 1\ny = \n", r"f\.toml:2:5: found text that is not TOML"),
        ("", r"f\.toml: found format None, expected 'featurenet_uvl/configuration/1'"),
        ('format = "featurenet_uvl/configuration/2"\n', "found format 'featurenet_uvl/configuration/2'"),
        (HEAD, r"found no \[\[block\]\]"),
        (f"{HEAD}title = 3\nextra = 1\n", "found 'extra', expected format, title, about and block"),
        (f"{HEAD}title = 3\n[[block]]\ncells = [1]", "title: found 3, expected a text"),
        (f"{HEAD}[[block]]\ncells = []", r"block 1: found cells, expected cells = \[\.\.\.\]"),
        (f"{HEAD}[[block]]\ncells = [1, {{}}]", "cell b1_c1: found 1, expected a table of features"),
        (with_cells("Input1_Identity = 1"), "cell b1_c1: Input1_Identity: found 1, expected a table of attributes"),
        (
            with_cells("Input1_Dense = {neurons = [1]}"),
            r"cell b1_c1: Input1_Dense\.neurons: found \[1\], expected a number",
        ),
        (with_cells("Inputl_Dense = {}"), "found Inputl_Dense, expected features that begin with one of Input1_"),
    ],
)
def test_what_is_no_configuration_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ReadError, match=message) as error:
        read_cell_configuration(text, "f.toml")
    assert all(problem.startswith("f.toml") for problem in error.value.problems)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (END, "cell b1_c1: found nothing, expected one of Input1_Zeros"),
        (f"Input1_Attention = {{}}, {END}", "cell b1_c1: found Input1_Attention, expected one of Input1_Zeros"),
        (f"Input1_Dense = {{neurons = 0, activation = 'relu'}}, {END}", "found neurons 0, expected a number from 1"),
    ],
)
def test_cells_that_are_no_network_are_refused(cell: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        read_cell_configuration(with_cells(cell)).architecture((8, 8, 1), 10)
