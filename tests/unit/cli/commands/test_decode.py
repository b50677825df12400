"""The command `decode`: its files, and its refusal of any other model, bound or images than those of the sample."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl.decoding.keras import build
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.translators.formats.configurations.sample_file import parse_sample

BOUNDS = ("--bound", "Block=1", "--bound", "Cell=2")
SHAPE = ("--input-shape", "16x16x1")


@pytest.fixture
def decode(program: Any, small: Path, models: Path, tmp_path: Path) -> Any:
    """Decode the small sample, or another, into the folder `n` of the test."""

    def call(*options: Any, sample: Path = small / "s.txt", model: Path = models / "s1.uvl") -> Any:
        return program("decode", sample, "--model", model, *options, "-o", tmp_path / "n")

    return call


def written(folder: Path) -> list[Path]:
    return sorted((folder / "n").glob("*")) if (folder / "n").exists() else []


def test_each_file_says_what_it_is_of(decode: Any, small: Path, tmp_path: Path) -> None:
    assert decode(*BOUNDS, *SHAPE).code == 0
    formula = parse_sample((small / "s.txt").read_text(), "s.txt").formula
    assert len(formula) == 16
    for number, path in enumerate(written(tmp_path), 1):
        origin = {"model": "s1.uvl", "formula": formula, "configuration": number}
        assert json.loads(path.read_text())["origin"] == origin


OTHERS = [
    pytest.param((*BOUNDS, "--input-shape", "32x32x3"), "found a sample of the formula", id="another shape"),
    pytest.param((*BOUNDS,), "found a sample of the formula", id="the model's own shape"),
    pytest.param((*SHAPE,), "found a sample of the formula", id="no bound"),
    pytest.param((*SHAPE, *BOUNDS[:3], "Cell=3"), "found a sample of the formula", id="another bound"),
    pytest.param((*BOUNDS, *SHAPE, "--restrict", "{tmp}/r.uvl"), "found a sample of the formula", id="a restriction"),
]


@pytest.mark.parametrize(("options", "message"), OTHERS)
def test_a_sample_of_another_formula_is_refused(
    decode: Any, models: Path, tmp_path: Path, options: Any, message: str
) -> None:
    restriction = "imports\n\tdnn as d\nfeatures\n\td.Architecture\nconstraints\n\t!d.Operation1_Dropout\n"
    (tmp_path / "dnn.uvl").write_text((models / "dnn.uvl").read_text())
    (tmp_path / "r.uvl").write_text(restriction)
    if "--restrict" in options:
        result = decode(*(str(o).format(tmp=tmp_path) for o in options), model=tmp_path / "dnn.uvl")
    else:
        result = decode(*options)
    assert result.code == 1
    assert message in result.err
    assert result.err.count("\n") == 1
    assert written(tmp_path) == []


def test_another_model_is_refused_by_its_names(decode: Any, small: Path, tmp_path: Path) -> None:
    result = decode(model=small / "net.uvl")
    assert result.code == 1
    assert "found 'Architecture', 'Input', 'Output'" in result.err
    assert written(tmp_path) == []


def test_any_formula_takes_what_is_a_configuration_here_and_nothing_else(
    program: Any, decode: Any, small: Path, models: Path, tmp_path: Path
) -> None:
    """Networks with one half and a 5x5 kernel without padding: they fit larger images, but not 2x2."""
    (tmp_path / "dnn.uvl").write_text((models / "dnn.uvl").read_text())
    (tmp_path / "k.uvl").write_text(
        "imports\n\tdnn as d\nfeatures\n\td.Architecture {bound {Block 1, Cell 1}}\nconstraints\n"
        "\td.Input1_Convolution\n\td.Input1_Convolution.kernel == '5x5'\n\td.Input1_Convolution.padding == 'valid'\n"
        "\td.Input2_Zeros\n"
    )
    model = tmp_path / "k.uvl"
    assert program("compile", model, "-o", tmp_path / "k.dimacs", "-q").code == 0
    assert program("sample", tmp_path / "k.dimacs", "-n", 2, "-o", tmp_path / "k.txt", "-q").code == 0
    assert decode("--input-shape", "32x32x3", sample=tmp_path / "k.txt", model=model).code == 1
    larger = decode("--input-shape", "32x32x3", "--any-formula", sample=tmp_path / "k.txt", model=model)
    assert larger.code == 0, larger.err
    for path in written(tmp_path):
        assert parse_architecture(json.loads(path.read_text())).input_shape == (32, 32, 3)
        path.unlink()
    result = decode("--input-shape", "2x2x1", "--any-formula", sample=tmp_path / "k.txt", model=model)
    assert result.code == 1
    assert "k.txt: configuration 1 violates the model" in result.err
    assert written(tmp_path) == []
    assert program("compile", model, "--input-shape", "2x2x1", "-o", tmp_path / "2.dimacs", "-q").code == 0
    assert program("sample", tmp_path / "2.dimacs", "-n", 2, "-o", tmp_path / "2.txt").code == 3


def damaged(text: str) -> Iterator[tuple[str, str]]:
    """Yield texts of the sample with one fault each, and their messages."""
    lines = text.splitlines(keepends=True)
    last = lines[-1].split()
    yield "".join(lines[:-1]), "configurations, expected the 3 of the header"
    yield text[:-2], "found no line end"
    yield "".join([*lines[:-1], " ".join(last[:-1]) + "\n"]), "configuration 3 violates the model: these exclude"
    yield "".join([*lines[:-1], "1 2 3\n"]), "configuration 3 violates the model: these exclude each other"
    yield "".join([*lines[:-1], f"{lines[-1].strip()} 99999\n"]), "found '99999', expected numbers within"
    yield "".join([*lines[:-1], "9" * 5000 + "\n"]), "expected numbers within"
    yield "".join([*lines[:-1], "NaN\n"]), "found 'NaN', expected numbers within"
    yield text.replace("sample 1\n", "sample 2\n", 1), "found sample version '2', expected 1"
    yield text.replace("# formula ", "# formula x", 1), "expected 16 hexadecimal digits"
    yield text.replace("c 7 ", "c 7 Other", 1), "found 'Other"
    yield "", "found nothing, expected a sample file"
    yield "\x00\x01\n", "sample"


def test_a_damaged_sample_is_refused_in_one_line(decode: Any, small: Path, tmp_path: Path) -> None:
    for text, message in damaged((small / "s.txt").read_text()):
        (tmp_path / "d.txt").write_text(text)
        result = decode(*BOUNDS, *SHAPE, sample=tmp_path / "d.txt")
        assert (result.code, result.out) == (1, "")
        assert message in result.err
        assert result.err.count("\n") == 1, result.err
        assert written(tmp_path) == []


@pytest.mark.slow
def test_verify_builds_each_network_and_refuses_one_that_keras_builds_otherwise(
    decode: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = decode(*BOUNDS, *SHAPE, "--verify")
    assert result.code == 0, result.err
    assert result.err.endswith("; all of them verified in Keras\n")
    original = build.build_keras_model
    for path in written(tmp_path):
        path.unlink()

    def altered(architecture: Architecture) -> Any:
        model = original(architecture)
        model.layers[-1].use_bias = False
        return model

    monkeypatch.setattr(build, "build_keras_model", altered)
    result = decode(*BOUNDS, *SHAPE, "--verify")
    assert result.code == 1
    assert "error: 0001.json: Keras model: layer b1_c" in result.err
    assert "_out_softmax: found use_bias False, expected True" in result.err
    assert written(tmp_path) == []


def test_a_model_without_networks_is_told_so(program: Any, small: Path, tmp_path: Path) -> None:
    assert program("sample", small / "net.uvl", "-n", "1", "-o", tmp_path / "s", "--no-measures").code == 0
    done = program("decode", tmp_path / "s", "--model", small / "net.uvl", "-o", tmp_path / "nets")
    assert done.code == 1
    assert "net.uvl:2:2: found no multi-feature Block [n..m], expected the DNN model" in done.err


def test_larger_networks_are_left_out_and_the_others_keep_their_numbers(
    program: Any, small: Path, models: Path, tmp_path: Path
) -> None:
    command = ("decode", small / "s.txt", "--model", models / "s1.uvl", *BOUNDS, *SHAPE, "--json")
    whole = program(*command, "-o", tmp_path / "all").json
    most = sorted(entry["macs"] for entry in whole)[1]
    result = program(*command, "-o", tmp_path / "few", "--at-most", f"macs={most}")
    assert result.json == [entry for entry in whole if entry["macs"] <= most]
    assert f"left out 1 network: expected at most {most:,} MACs" in result.err
    for entry in result.json:
        assert (tmp_path / "few" / entry["file"]).read_bytes() == (tmp_path / "all" / entry["file"]).read_bytes()
    none = program(*command, "-o", tmp_path / "none", "--at-most", "weights=1")
    assert none.code == 4
    assert "--at-most: found no network with at most 1 weight, expected one at least; the fewest of 3" in none.err
    assert not (tmp_path / "none").exists()
