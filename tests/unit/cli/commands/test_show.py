"""The command `architectures show`: sources, outputs and refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.places import DOCS

PNG = b"\x89PNG\r\n\x1a\n"


def test_a_named_network_is_text_on_stdout(program: Any) -> None:
    result = program("architectures", "show", "lenet5")
    assert result.code == 0
    assert result.err == ""
    sizes = "3 blocks, 6 cells, 545,546 weights, 4,233,960 MACs"
    assert result.out.splitlines()[:2] == ["lenet5", f"{sizes}; images 28x28x1, 10 classes"]
    assert "\x1b" not in result.out
    assert max(map(len, result.out.splitlines())) <= 80


def test_shape_and_classes_are_those_asked_for(program: Any) -> None:
    result = program("architectures", "show", "lenet5", "--input-shape", "32x32x3", "--classes", 4)
    assert "images 32x32x3, 4 classes" in result.out


def test_networks_of_decode_are_drawn_by_file_and_by_number(program: Any, small: Path, tmp_path: Path) -> None:
    by_number = program("architectures", "show", small / "nets", "--index", 2)
    assert by_number.out == program("architectures", "show", small / "nets" / "0002.json").out
    assert by_number.out.startswith("0002\n")
    facts = program("architectures", "show", small / "nets" / "0002.json", "--json").json
    network = json.loads((small / "nets" / "0002.json").read_text())
    assert [cell["cell"] for cell in facts["cells"]] == [f"b{c['block']}_c{c['cell']}" for c in network["cells"]]
    first = facts["cells"][0]["layers"][0]
    attributes = {k: str(v) for k, v in network["cells"][0]["input1"].items() if k != "kind"}
    assert (first["kind"], first["parameters"]) == (network["cells"][0]["input1"]["kind"], attributes)
    assert facts["weights"] == sum(cell["weights"] for cell in facts["cells"])


@pytest.mark.parametrize(("name", "to"), [("n.svg", ()), ("n.png", ()), ("n.txt", ()), ("n", ("--to", "svg"))])
def test_the_ending_or_the_option_says_what_is_written(program: Any, tmp_path: Path, name: str, to: Any) -> None:
    path = tmp_path / name
    result = program("architectures", "show", "mlp", "-o", path, *to)
    assert (result.code, result.out, result.err) == (0, "", f"mlp in {path}\n")
    data = path.read_bytes()
    if name == "n.png":
        assert data.startswith(PNG)
    elif name == "n.txt":
        assert data.decode() == program("architectures", "show", "mlp").out
    else:
        assert ElementTree.fromstring(data).tag.endswith("svg")
        assert data.decode() == program("architectures", "show", "mlp", "--to", "svg").out
    assert program("architectures", "show", "mlp", "-o", path, *to).code == 2
    assert program("architectures", "show", "mlp", "-o", path, *to, "--force", "-q").err == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("lenet6",), 2, "found no architecture and no file 'lenet6', expected one of "),
        (("lenet5", "--index", 1), 2, "found --index with lenet5, expected a folder"),
        (("lenet5", "-o", "x.gif"), 2, "x.gif: found no known ending, expected .svg, .png or .txt"),
        (("lenet5", "--to", "gif"), 2, "--to: found format 'gif', expected one of svg, png, text"),
        (("lenet5", "--to", "png"), 2, "found png on stdout, expected a file"),
        (("lenet5", "--classes", 0), 2, "--classes: found 0, expected at least 1"),
        (("lenet5", "--input-shape", "28x28"), 2, "--input-shape: found input shape '28x28'"),
        (("lenet5", "--input-shape", "2x2x1"), 1, "lenet5: cell b2_c1: "),
        (("{small}/nets",), 2, "nets: found 3 networks, expected one: choose it with --index 1..3"),
        (("{small}/nets", "--index", 4), 2, "--index: found 4, expected 1 to 3"),
        (("{small}/nets", "--index", 0), 2, "--index: found 0, expected 1 to 3"),
        (("{small}/nets/0001.json", "--classes", 3), 2, "expected none: the file has its own"),
        (("{small}/bad.json",), 1, "bad.json:2:2: found no JSON"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    program: Any, small: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: Any, code: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = program("architectures", "show", *(str(word).format(small=small) for word in arguments))
    assert (result.code, result.out) == (code, "")
    assert message in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_networks_is_refused(program: Any, tmp_path: Path) -> None:
    result = program("architectures", "show", tmp_path)
    assert result.code == 1
    assert "found no file *.json, expected networks as decode writes them" in result.err


def test_the_picture_in_the_docs_is_that_of_today(program: Any) -> None:
    """If this fails, write docs/network.svg again with the command."""
    picture = DOCS / "network.svg"
    assert picture.read_text(encoding="utf-8") == program("architectures", "show", "residual_block", "--to", "svg").out
    assert re.search(r"!\[.*\]\(network\.svg\)", (DOCS / "drawing.md").read_text(encoding="utf-8"))
