"""The page about the command line is generated from the commands, and is up to date."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from tests.places import DOCS


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cli_page", DOCS / "cli_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_that_of_today(maker: ModuleType) -> None:
    """If this fails after a change of a command, run `python docs/cli_page.py`."""
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == maker.page()


def test_every_command_has_its_options_on_it(maker: ModuleType) -> None:
    text = maker.page()
    for heading in ("convert", "check", "compile", "analyse", "count", "configurations", "experiments run"):
        assert f"\n## {heading}\n" in text
    assert "| `--bound NAME=N` | At most N instances of a multi-feature. Repeatable. |" in text
    assert "| `-n`, `--count N` | Number of configurations. Default: `100`. |" in text
    assert "featurenet-uvl compile MODEL -o FILE [OPTIONS]" in text
