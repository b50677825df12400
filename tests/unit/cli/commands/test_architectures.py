"""The commands `architectures list`, `export` and `import`, as people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from featurenet_uvl.decoding.configuration_file import read_cell_configuration
from featurenet_uvl.decoding.keras.build import build_keras_model
from featurenet_uvl.decoding.named import architecture_names, named_architecture
from tests.unit.cli.conftest import Program
from tests.unit.decoding.keras.keras_files import described

MNIST = (28, 28, 1)


def test_list_says_what_there_is(program: Program) -> None:
    lines = program("architectures", "list").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(architecture_names())
    assert "545,546" in next(line for line in lines if line.startswith("lenet5"))
    found = {entry["name"]: entry for entry in program("architectures", "list", "--json").json}
    assert found["lenet5"]["weights"] == {"28x28x1": 545_546, "32x32x3": 868_406}
    assert (found["inception_module"]["blocks"], found["inception_module"]["cells"]) == (1, 9)


def test_an_exported_sample_decodes_to_the_same_network(program: Program, models: Path, tmp_path: Path) -> None:
    sample, folder = tmp_path / "lenet.txt", tmp_path / "networks"
    model = models / "s2.uvl"
    done = program("architectures", "export", "lenet5", "--to", "sample", "--model", model, "-o", sample)
    assert done.code == 0
    assert done.err.startswith("6 cells in 3 blocks, 545,546 weights, 4,233,960 MACs for 28x28x1 images; sample in ")
    assert program("decode", sample, "--model", model, "-o", folder, "-q").code == 0
    network = json.loads((folder / "0001.json").read_text(encoding="utf-8"))
    expected = named_architecture("lenet5").architecture(MNIST, 10).to_json()
    assert network["cells"] == expected["cells"]


def test_toml_and_json_are_read_as_sources(program: Program, tmp_path: Path) -> None:
    first, second, third = tmp_path / "a.json", tmp_path / "b.toml", tmp_path / "c.json"
    for source, target in (("residual_block", first), (first, second), (second, third)):
        assert program("architectures", "export", source, "-o", target, "-q").code == 0
    assert first.read_text(encoding="utf-8") == third.read_text(encoding="utf-8")
    assert (
        read_cell_configuration(second.read_text(encoding="utf-8")).cells == named_architecture("residual_block").cells
    )


def test_a_keras_file_is_imported_without_its_weights(program: Program, tmp_path: Path) -> None:
    network = named_architecture("residual_block").architecture(MNIST, 10)
    file, target = described(build_keras_model(network), tmp_path), tmp_path / "back.toml"
    found = program("architectures", "import", file, "-o", target, "--json")
    assert (found.code, found.json["hash"]) == (0, network.hash())
    assert read_cell_configuration(target.read_text(encoding="utf-8")).architecture(MNIST, 10) == network


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            "export nope -o {tmp}/a.toml",
            2,
            "found no architecture and no file 'nope', expected one of inception_module",
        ),
        ("export lenet5 -o {tmp}/a.png", 2, "found no known ending, expected --to with one of toml, json, featureide"),
        ("export lenet5 -o {tmp}/a.toml --to csv", 2, "--to: found format 'csv', expected one of toml"),
        ("export lenet5 -o {tmp}/a.toml --classes 0", 2, "--classes: found 0, expected at least 1"),
        ("export lenet5 -o {tmp}/a.toml --input-shape 9x9x1", 1, "lenet5: cell b3_c1: Convolution"),
        ("export lenet5 -o {tmp}/a.toml --input-shape 9x9", 2, "--input-shape: found input shape '9x9'"),
        ("export mlp -o {tmp}/a.xml --bound Cell=2", 1, "dnn: block 1: found 3 instances of Cell, expected [1..2]"),
        (
            "export residual_block -o {tmp}/a.xml --model {models}/s1.uvl",
            1,
            "s1.uvl: the network: configuration 1 violates",
        ),
        ("export mlp -o {tmp}", 2, "{tmp}"),
        ("import {tmp}/gone.keras -o {tmp}/a.toml", 1, "gone.keras: no such file or directory; expected a .keras file"),
        ("import {models}/dnn.uvl -o {tmp}/a.toml", 1, "dnn.uvl: found no whole zip archive"),
    ],
)
def test_mistakes_are_said(
    arguments: str, code: int, message: str, program: Program, models: Path, tmp_path: Path
) -> None:
    found = program("architectures", *(word.format(tmp=tmp_path, models=models) for word in arguments.split()))
    assert (found.code, found.out) == (code, "")
    assert message.format(tmp=tmp_path) in found.err
    assert not (tmp_path / "a.toml").exists()


def test_an_output_that_exists_is_kept(program: Program, tmp_path: Path) -> None:
    target = tmp_path / "a.toml"
    target.write_text("mine", encoding="utf-8")
    assert program("architectures", "export", "mlp", "-o", target).code == 2
    assert target.read_text(encoding="utf-8") == "mine"
    assert program("architectures", "export", "mlp", "-o", target, "--force").code == 0
