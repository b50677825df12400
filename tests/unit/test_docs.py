"""The documentation: its links lead somewhere, its commands exist, its numbers are those of the last measurement."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
import typer

from featurenet_uvl.cli.main import app
from tests.places import DOCS, ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((DOCS).glob("*.md")), ROOT / "benchmarks" / "README.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FOLDER_OF_ONE_MACHINE = re.compile(r"/(?:home|root|tmp|Users|work)/")


def page_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_to_files(page: Path) -> None:
    targets = [link.split("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_no_page_names_a_folder_of_one_machine(page: Path) -> None:
    assert FOLDER_OF_ONE_MACHINE.findall(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_modules_and_folders_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:featurenet_uvl|translators|models|tests|docs|benchmarks|ir)/[\w./-]*)`", text)
    roots = (ROOT, ROOT / "featurenet_uvl")
    assert [name for name in named if not any((root / name).exists() for root in roots)] == []


def commands(text: str) -> list[list[str]]:
    """The words of each `featurenet-uvl` line in a code block, comments off."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.split("#")[0].split() for block in blocks for line in block.splitlines()]
    return [words[1:] for words in lines if words and words[0] == "featurenet-uvl"]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_and_options_in_a_page_exist(page: Path) -> None:
    for words in commands(page.read_text(encoding="utf-8")):
        command: Any = typer.main.get_command(app)
        rest = list(words)
        while rest and hasattr(command, "commands"):
            name = rest.pop(0)
            assert name in command.commands, " ".join(words)
            command = command.commands[name]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("-") and word != "-"} <= known, " ".join(words)


def test_the_readme_has_commands() -> None:
    assert len(commands((ROOT / "README.md").read_text(encoding="utf-8"))) >= 6


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_make_targets_in_a_page_exist(page: Path) -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony is not None
    named = re.findall(r"(?:^|`)make ([a-z ]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert {target for words in named for target in words.split()} <= set(phony[1].split())


def test_the_picture_is_readable_xml_with_a_title() -> None:
    root = ElementTree.parse(DOCS / "pipeline.svg").getroot()
    assert next(iter(root)).tag == "{http://www.w3.org/2000/svg}title"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pipeline_benchmark", ROOT / "benchmarks" / "pipeline.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def result(benchmark: ModuleType) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))
    return loaded


def test_tables_in_the_docs_are_those_of_the_last_measurement(benchmark: ModuleType, result: dict[str, Any]) -> None:
    shapes = (DOCS / "tensor-shapes.md").read_text(encoding="utf-8")
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert benchmark.size_table(result) in shapes
    assert benchmark.cell_table(result) in shapes
    assert benchmark.size_table(result) in readme
    assert benchmark.time_table(result) in readme


def test_sizes_in_the_docs_are_those_of_today(benchmark: ModuleType, result: dict[str, Any]) -> None:
    """If this fails after a change of the model, the passes or the rules: `make bench`, then the docs."""
    rows = [(name, path, rules) for name, path in (("dnn", "dnn.uvl"), ("S1", "s1.uvl")) for rules in (False, True)]
    today = [benchmark.size_row(*row)[1] for row in rows]
    assert [{**row, "compile_s": 0} for row in today] == [{**row, "compile_s": 0} for row in result["sizes"]]
