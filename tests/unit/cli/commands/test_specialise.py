"""`--specialise`: the way to DIMACS and back leaves out features that no configuration has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.unit.cli.conftest import BOUNDS

SHAPE = ("--input-shape", "16x16x1")


def test_the_formula_is_smaller_and_has_the_same_configurations(program: Any, models: Path, tmp_path: Path) -> None:
    counts = []
    for name, options in (("plain", ()), ("special", ("--specialise",))):
        out = tmp_path / name
        result = program("compile", models / "s1.uvl", *BOUNDS, "--no-rules", *options, "-o", out, "--json")
        counts.append((result.json["features"], program("count", out).out))
    (features, configurations), (fewer, same) = counts
    assert fewer < features
    assert same == configurations


def test_a_sample_of_it_is_decoded_with_the_same_option(program: Any, models: Path, tmp_path: Path) -> None:
    model, dimacs, sample = models / "s1.uvl", tmp_path / "m.dimacs", tmp_path / "s.txt"
    assert program("compile", model, *BOUNDS, *SHAPE, "--specialise", "-o", dimacs).code == 0
    assert program("sample", dimacs, "-n", "3", "-o", sample).code == 0
    arguments = ("decode", sample, "--model", model, *BOUNDS, *SHAPE)
    refused = program(*arguments, "-o", tmp_path / "refused")
    assert refused.code == 1
    assert "--specialise" in refused.err
    assert program(*arguments, "--specialise", "-o", tmp_path / "nets").code == 0
    networks = sorted((tmp_path / "nets").glob("*.json"))
    assert len(networks) == 3
    assert all(json.loads(path.read_text())["cells"] for path in networks)


def test_a_model_without_configurations_has_an_exit_code_of_its_own(program: Any, small: Path, tmp_path: Path) -> None:
    result = program("compile", small / "none.uvl", "--specialise", "-o", tmp_path / "none.dimacs")
    assert result.code == 3
    assert "no configuration exists" in result.err


def test_it_belongs_to_dimacs(program: Any, small: Path, tmp_path: Path) -> None:
    arguments = ("compile", small / "net.uvl", "--specialise", "--emit-after", "restrict", "-o", tmp_path / "o.uvl")
    assert program(*arguments).code == 2
