"""Layer kinds of other packages: the example of docs/layers.md from class to Keras, and faulty classes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl.decoding.keras.build import build_keras_model
from featurenet_uvl.decoding.keras.verify import verify_keras_model
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import decode_solution
from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.ir.layer_kinds import input_kinds, operation_kinds
from featurenet_uvl.ir.layers import INPUT_LAYERS, OPERATION_LAYERS, Layer, Shape, ShapeError
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.testing.layer_kinds import check_layer_kind
from featurenet_uvl.translators.pipeline import compile_model
from tests.layer_domains import layer_domains
from tests.places import DOCS, MODELS

PAGE = (DOCS / "layers.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


CLASS, CHECK = blocks("python")
(ENTRY_POINTS,), (UVL,), (XML,) = blocks("ini"), blocks("uvl"), blocks("xml")


def clear() -> None:
    input_kinds.cache_clear()
    operation_kinds.cache_clear()


class Installer:
    """Installs a module with its entry points, as pip would."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.syspath_prepend(str(folder))

    def __call__(self, module: str, code: str, entry_points: str) -> None:
        (self.folder / f"{module}.py").write_text(code)
        info = self.folder / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entry_points)
        clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installer]:
    known = set(sys.modules)
    yield Installer(tmp_path, monkeypatch)
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
    monkeypatch.undo()
    clear()


def page_entry_points() -> str:
    """Return the page's setup.cfg in the form that an installed package has."""
    (group, line) = re.findall(r"^(featurenet_uvl\.\w+) =\n    (.*)$", ENTRY_POINTS, re.MULTILINE)[0]
    return f"[{group}]\n{line}\n"


def second(text: str) -> str:
    return text.replace("Input1_", "Input2_")


def edited_uvl(folder: Path, line: str = UVL.strip()) -> Path:
    """Write models/dnn.uvl with the page's line below Input1 and Input2; return a restriction to the new kind."""
    text = (MODELS / "dnn.uvl").read_text(encoding="utf-8")
    for new in (line, second(line)):
        half = new.split("_")[0]
        text, count = re.subn(rf"(\n\t+){half}_Pooling .*", rf"\g<0>\g<1>{new}", text)
        assert count == 1
    (folder / "dnn.uvl").write_text(text)
    restriction = folder / "mine.uvl"
    restriction.write_text(
        "imports\n\tdnn as d\nfeatures\n\td.Architecture {bound {Block 1, Cell 2}}\n"
        "constraints\n\td.Input1_SeparableConvolution\n\t!d.Combination_Concat\n"
    )
    return restriction


def edited_xml(folder: Path) -> Path:
    text = (MODELS / "dnn.xml").read_text(encoding="utf-8")
    for half, new in (("Input1", XML), ("Input2", second(XML))):
        head, tail = text.split(f'name="{half}_Pooling"')
        inside, rest = tail.split("</alt>", 1)
        text = f'{head}name="{half}_Pooling"{inside}{new}</alt>{rest}'
    path = folder / "dnn.xml"
    path.write_text(text)
    return path


@pytest.mark.slow
def test_the_example_of_the_page_goes_from_the_model_to_keras(install: Installer, tmp_path: Path) -> None:
    install("separable", CLASS, page_entry_points())
    kind = input_kinds()["SeparableConvolution"]
    exec(compile(CHECK, "docs/layers.md", "exec"), {"SeparableConvolution": kind})
    cnf = compile_model(str(edited_uvl(tmp_path)), input_shape=(16, 16, 1))
    values: dict[str, set[Any]] = {}
    for row in draw(cnf, Request(15, seed=3)).selected:
        network = to_architecture(decode_solution(row, cnf.variables), (16, 16, 1), 10)
        model = build_keras_model(network)
        assert verify_keras_model(network, model) == ()
        assert network.weights() == model.count_params()
        assert parse_architecture(network.to_json()) == network
        for cell in network.cells:
            assert type(cell.input1) is kind
            for name in cell.input1.__dataclass_fields__:
                values.setdefault(name, set()).add(getattr(cell.input1, name, None))
    assert {name: values[name] for name in ("kernel", "filters", "stride", "multiplier")} == {
        "kernel": {"3x3", "5x5"},
        "filters": {16, 64},
        "stride": {1, 2},
        "multiplier": {1, 2},
    }


def test_the_example_says_the_same_in_xml(install: Installer, tmp_path: Path) -> None:
    install("separable", CLASS, page_entry_points())
    edited_uvl(tmp_path)
    cnfs = [
        compile_model(str(path), bounds={"Block": 1, "Cell": 2}, with_rules=False)
        for path in (tmp_path / "dnn.uvl", edited_xml(tmp_path))
    ]
    assert cnfs[0].variables == cnfs[1].variables
    assert cnfs[0].clauses == cnfs[1].clauses
    assert "Block_1_Cell_2_Input2_SeparableConvolution_multiplier_2" in cnfs[0].variables.names


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Input1_SeparableConvolution {kernel {domain ['3x3']}}", "without the attribute 'filters'"),
        (UVL.strip().replace("domain [1, 2]}}", "domain [0, 2]}}"), r"multiplier: found multiplier 0, expected a numb"),
        (UVL.strip().replace("multiplier", "factor"), "found the attribute Input1_SeparableConvolution.factor"),
        (UVL.strip().replace("Separable", "Dilated"), "found 'Input1_DilatedConvolution', expected a layer that"),
    ],
)
def test_a_model_that_disagrees_with_the_class_is_refused(
    install: Installer, tmp_path: Path, line: str, message: str
) -> None:
    install("separable", CLASS, page_entry_points())
    edited_uvl(tmp_path, line)
    with pytest.raises(ModelError, match=r"dnn\.uvl:\d+:\d+: .*" + message):
        compile_model(str(tmp_path / "dnn.uvl"), bounds={"Block": 1, "Cell": 1}, input_shape=(8, 8, 1))


def test_a_model_whose_kind_is_not_installed_is_refused(tmp_path: Path) -> None:
    edited_uvl(tmp_path)
    with pytest.raises(
        ModelError, match="found 'Input1_SeparableConvolution', expected a layer that the decoder knows"
    ):
        compile_model(str(tmp_path / "dnn.uvl"), bounds={"Block": 1, "Cell": 1}, input_shape=(8, 8, 1))


@pytest.mark.parametrize(
    ("group", "line", "message"),
    [
        (
            "input",
            "Other = separable:SeparableConvolution",
            "found the name 'SeparableConvolution' in the class, expect",
        ),
        ("input", "Dense = separable:SeparableConvolution", "found a second kind of this name"),
        ("input", "X = separable:Nothing", "cannot be loaded"),
        ("operation", "X = nowhere:X", "cannot be loaded: No module named 'nowhere'"),
        ("operation", "X = separable:prod", "expected a subclass of featurenet_uvl.ir.layers.Layer"),
    ],
)
def test_entry_points_that_offer_no_kind_are_refused(install: Installer, group: str, line: str, message: str) -> None:
    install("separable", CLASS, f"[featurenet_uvl.{group}_layers]\n{line}\n")
    with pytest.raises(UnsupportedError, match=message):
        (input_kinds if group == "input" else operation_kinds)()


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*INPUT_LAYERS.values(), *OPERATION_LAYERS.values()], ids=lambda kind: kind.name)
def test_the_kinds_of_the_project_pass(kind: type[Layer]) -> None:
    domains = {name: values[:2] for name, values in layer_domains(kind).items()}
    check_layer_kind(kind, domains, ((8, 8, 3), (7, 2, 4), (9,)))


@dataclass(frozen=True)
class Right(Layer):
    """A correct kind, of which the faulty ones below are variants."""

    units: int
    stride: int
    name = "Right"
    short_name = "right"
    takes_vector = False
    units_attribute = "units"
    size_attributes = ("stride",)

    def resize(self, axis: int, size: int) -> int | None:
        return -(-size // self.stride)

    def weights(self, shape: Shape) -> int:
        return prod((1, 1, shape[-1], self.units)) + self.units

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.Conv2D(self.units, 1, strides=self.stride, padding="same", name=name)


def variant(**changes: Any) -> type[Layer]:
    return dataclass(frozen=True)(type("Wrong", (Right,), {"__module__": __name__, **changes}))


WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"resize": lambda self, axis, size: size // self.stride or None},
        r"on 7x2x4: the class gives 3x1x2, Keras gives 4",
    ),
    ({"resize": lambda self, axis, size: size if size > 2 else None}, "the class refuses it .*, Keras gives 7x2x2"),
    ({"weights": lambda self, shape: 0}, "the class counts 0 weights, Keras 8"),
    ({"units_attribute": None}, "the class gives 8x8x3, Keras gives 8x8x2"),
    ({"takes_vector": True}, "on 9: the class gives 2, Keras refuses it"),
    ({"size_attributes": ()}, "resizes otherwise than .*, expected size_attributes to name the attribute that"),
    ({"size_attributes": ("strides",)}, "found no attribute 'strides'"),
    ({"flattens": True}, "found flattens together with units_attribute or resize"),
    ({"output_shape": lambda self, shape: shape}, "found an output_shape of its own"),
    ({"short_name": ""}, "found the short_name ''"),
    ({"name": "no name"}, "found the name 'no name'"),
    ({"takes_matrix": False}, "takes neither vectors nor matrices"),
    ({"keras_layer": Layer.keras_layer}, "changes shapes without keras_layer"),
    (
        {"expected_in_keras": lambda self: ("Convolution9D", {})},
        "expected_in_keras: found the description Convolution9D {}, expected a Keras layer: .*no attribute",
    ),
    (
        {"expected_in_keras": lambda self: ("Conv2D", {"filters": self.units, "kernel_size": 1, "padding": "same"})},
        r"stride=2\): keras_layer makes Conv2D\(strides=\(2, 2\)\), expected_in_keras Conv2D\(strides=\(1, 1\)\)",
    ),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=[" ".join(changes) for changes, _ in WRONG])
def test_a_wrong_class_is_told_what_is_wrong(changes: dict[str, Any], message: str) -> None:
    domains = {"units": [2, 3], "stride": [1, 2]}
    check_layer_kind(Right, domains, ((8, 8, 3), (7, 2, 4), (9,)))
    with pytest.raises(UnsupportedError, match=f"layer kind Wrong: .*{message}"):
        check_layer_kind(variant(**changes), domains, ((8, 8, 3), (7, 2, 4), (9,)))


def test_what_is_no_frozen_dataclass_and_wrong_domains_are_refused() -> None:
    class Plain(Right):
        pass

    with pytest.raises(UnsupportedError, match="without @dataclass"):
        check_layer_kind(Plain, {})
    with pytest.raises(
        UnsupportedError, match="found domains of units \\(1 values\\), expected values of units, stride"
    ):
        check_layer_kind(Right, {"units": [1]})
    with pytest.raises(UnsupportedError, match="padding 'full': found padding 'full', expected one of same, valid"):
        check_layer_kind(
            INPUT_LAYERS["Pooling"], {"kernel": ["1x1"], "stride": [1], "padding": ["same", "full"], "type": ["max"]}
        )


def test_the_message_on_the_page_is_what_is_said(install: Installer) -> None:
    (line,) = re.findall(r"^    (layer kind .*)$", PAGE, re.MULTILINE)
    install("separable", CLASS.replace('self.stride, "valid")', 'self.stride, "same")'), page_entry_points())
    kind = input_kinds()["SeparableConvolution"]
    domains: dict[str, list[Any]] = {"kernel": ["3x3"], "filters": [16], "stride": [1], "multiplier": [1]}
    with pytest.raises(UnsupportedError) as error:
        check_layer_kind(kind, domains)
    assert str(error.value).splitlines()[0] == line


def test_values_that_no_layer_can_have_are_shape_errors(install: Installer) -> None:
    install("separable", CLASS, page_entry_points())
    with pytest.raises(ShapeError, match="found filters 0"):
        input_kinds()["SeparableConvolution"]("3x3", 0, 1, 1)
