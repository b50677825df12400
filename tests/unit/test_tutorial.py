"""The tutorial: its blocks run in order, in a fresh process, and print what the page shows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path

import pytest

from tests.places import DOCS
from tests.waiting import PATIENCE_S

PAGE = DOCS / "tutorial.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:```\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
BLOCKS = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
"""Blocks of code, each with the output that the page shows below it."""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("tutorial")
    (folder / "blocks.json").write_text(json.dumps([code for code, _ in BLOCKS]))
    script = Path(__file__).with_name("tutorial_run.py")
    command = [sys.executable, str(script), "blocks.json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    made = {path.name for path in folder.iterdir()}
    assert made >= {"small.xml", "small.dimacs", "trials.sqlite"}
    outputs: list[str] = json.loads(done.stdout)
    return outputs


def test_the_page_has_its_blocks() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(BLOCKS) == text.count("```python") >= 10
    assert text.count("```") == sum(4 if shown else 2 for _, shown in BLOCKS), "every other block shows an output"


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_prints_what_the_page_shows(printed: list[str], number: int) -> None:
    code, shown = BLOCKS[number]
    is_same = OutputChecker().check_output(shown, printed[number], ELLIPSIS | NORMALIZE_WHITESPACE)
    assert is_same, f"{code}\nprints\n{printed[number]}\nand the page shows\n{shown}"
