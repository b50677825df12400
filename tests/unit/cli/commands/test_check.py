"""The command `check`: few lines for a file that is no model, all lines for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from featurenet_uvl.cli.commands.analyse import MAX_PROBLEMS


def test_a_file_of_another_kind_has_few_lines(program: Any, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("features\n\tA\nconstraints\n" + "\tA =>\n" * 300)
    said = program("check", path)
    lines = said.err.splitlines()
    assert (said.code, len(lines)) == (1, MAX_PROBLEMS + 1)
    everything = program("check", path, "--json").json["problems"]
    assert lines[-1].endswith(f"and {len(everything) - MAX_PROBLEMS:,} more problems; --json lists all of them")
    assert [line.removeprefix("featurenet-uvl: error: ") for line in lines[:-1]] == everything[:MAX_PROBLEMS]


def test_one_problem_more_is_shown_itself(program: Any, tmp_path: Path) -> None:
    path = tmp_path / "m.uvl"
    path.write_text("features\n\tA\nconstraints\n" + "\tA =>\n" * (MAX_PROBLEMS + 1))
    assert len(program("check", path).err.splitlines()) == MAX_PROBLEMS + 1
