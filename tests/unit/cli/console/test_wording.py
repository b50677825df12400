"""Messages of the library name Python's arguments, and those of the command line name options."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from featurenet_uvl.cli.console.wording import OPTIONS, in_options
from featurenet_uvl.operations.sources import packaged_model
from tests.unit.cli.conftest import Program
from tests.unit.test_layering import MODULES, parse

ARGUMENT = re.compile(r"`([a-z_]+)`")

OF_OTHER_PROGRAMS = {
    ("experiments.collect", "--data-dir"),  # whole command lines, which the report prints
    ("experiments.collect", "--preset"),
    ("system.extras", "--force-reinstall"),  # of pip
    ("training.engines.ray_cluster", "--address"),  # Ray's own
    ("training.engines.ray_cluster", "--head"),
}
"""Options that a module of the library may name: those of other programs, or in a whole command line."""

PYTHON_ONLY: set[str] = set()
"""Arguments that messages name and no option sets."""


def strings(name: str) -> Iterator[tuple[int, str]]:
    """Yield each string of a module with its line."""
    for node in ast.walk(parse(MODULES[name])):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def messages(name: str) -> Iterator[tuple[int, str]]:
    """Yield each string of a module that is no docstring or note of a constant."""
    tree = parse(MODULES[name])
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            yield node.lineno, node.value


def test_the_library_names_no_option() -> None:
    wrong = [
        f"{name}:{line}: {text}"
        for name in MODULES
        if not name.startswith("cli")
        for line, text in strings(name)
        for found in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)
        if (name, found) not in OF_OTHER_PROGRAMS
    ]
    assert wrong == []


def test_the_command_line_knows_every_argument_that_a_message_names() -> None:
    unknown = [
        f"{name}:{line}: {argument}"
        for name in MODULES
        if not name.startswith(("cli", "testing"))  # suites speak of fields, to authors of packages
        for line, text in messages(name)
        for argument in ARGUMENT.findall(text)
        if argument not in OPTIONS and argument not in PYTHON_ONLY
    ]
    assert unknown == []


def test_every_option_of_the_table_exists(program: Program) -> None:
    pages = "".join(program(command, "--help").out for command in ("sample", "compile", "convert", "decode", "count"))
    pages += program("train", "--help").out + program("configurations", "--help").out
    for option in OPTIONS.values():
        assert option.split()[0] in pages, option


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("`bounds`: found 'Blok'", "--bound: found 'Blok'"),
        ("lower `bounds` or `restrictions`", "lower --bound or --restrict"),
        ("found the feature `bound`", "found the feature `bound`"),
        ("no argument", "no argument"),
    ],
)
def test_arguments_become_options(said: str, shown: str) -> None:
    assert in_options(said) == shown


def test_a_message_reaches_the_terminal_with_options(program: Program, models: object) -> None:
    outcome = program("count", f"{models}/s1.uvl", "--bound", "Blok=1")
    assert "--bound: found 'Blok'" in outcome.err
    assert "`" not in outcome.err


def test_the_folder_of_the_packaged_models_is_no_part_of_a_place() -> None:
    place = packaged_model("s1")
    assert in_options(f"{place}:5:2: found `force`") == "s1.uvl:5:2: found --force"
    assert in_options("mine/models/s1.uvl:5:2: x") == "mine/models/s1.uvl:5:2: x"
