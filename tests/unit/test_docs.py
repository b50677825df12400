"""The documentation: links lead to files, numbers are the last measured. Its commands: test_docs_commands.py."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from featurenet_uvl.drawing.svg import architecture_svg
from featurenet_uvl.ir.architecture_json import parse_architecture
from tests.places import DOCS, ROOT
from tests.printed import PAGES

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


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_make_targets_in_a_page_exist(page: Path) -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony is not None
    named = re.findall(r"(?:^|`)make ([a-z ]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert {target for words in named for target in words.split()} <= set(phony[1].split())


def test_the_picture_is_readable_xml_with_a_title() -> None:
    root = ElementTree.parse(DOCS / "pipeline.svg").getroot()
    assert next(iter(root)).tag == "{http://www.w3.org/2000/svg}title"


@pytest.mark.slow
@pytest.mark.deep
def test_the_python_example_of_the_readme_finds_what_it_shows(tmp_path: Path) -> None:
    """Its numbers are exact on one machine; elsewhere the accuracies may differ, the networks may not."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code, shown), *others = re.findall(r"```python\n(.*?)```\n```\n(.*?)```", text, re.DOTALL)
    assert others == []
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    line = re.compile(r"(\d+): (\S+)% with (\S+) weights")
    printed, expected = line.findall(done.stdout), line.findall(shown)
    assert len(expected) == 3
    assert {(name, weights) for name, _, weights in printed} == {(name, weights) for name, _, weights in expected}
    accuracies = zip(printed, expected, strict=True)
    assert all(abs(float(here[1]) - float(there[1])) < 5 for here, there in accuracies)


def test_the_network_in_the_readme_is_the_one_that_was_found() -> None:
    store = ROOT / "benchmarks" / "results" / "laptop" / "trials.sqlite"
    with closing(sqlite3.connect(f"file:{store}?immutable=1", uri=True)) as connection:
        found = connection.execute("SELECT protocol, weights, test_accuracy, payload FROM trials WHERE name = 'S1/011'")
        rows = sorted(found, key=lambda row: -(row[2] or 0))
        baselines = connection.execute(
            "SELECT test_accuracy FROM trials WHERE name = 'LeNet-5' AND protocol = ?", rows[0][:1]
        )
        (baseline,) = baselines.fetchone()
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"{rows[0][2]:.1%}".replace("%", " %") in text
    assert f"{rows[0][1]:,} weights" in text
    assert f"{baseline:.1%}".replace("%", " %") in text
    drawing = architecture_svg(parse_architecture(json.loads(rows[0][3])), title="S1-011")
    assert (DOCS / "found.svg").read_text(encoding="utf-8") == drawing


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
