"""Drawings show exactly the network: SVG and text read back to its layers, shapes, weights and edges."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import combinations, pairwise
from math import prod
from typing import Any
from xml.etree import ElementTree

import pytest

from featurenet_uvl.decoding.named import architecture_names, named_architecture
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import decode_solution
from featurenet_uvl.drawing.colours import FAINT, INK, colours_of
from featurenet_uvl.drawing.layout import draw_network
from featurenet_uvl.drawing.picture import Tone
from featurenet_uvl.drawing.png import to_png
from featurenet_uvl.drawing.svg import architecture_svg
from featurenet_uvl.drawing.text import architecture_text
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId, Destination
from featurenet_uvl.ir.layers import (
    BatchNormalization,
    Dense,
    Flatten,
    Identity,
    Layer,
    Padding,
    Pooling,
    Void,
    Zeros,
    format_shape,
)
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.pipeline import compile_model

SVG = "{http://www.w3.org/2000/svg}"
Fact = tuple[str, tuple[str, ...], str, int]
"""Kind, parameters, shape and weights of a layer."""


def cell(
    id_: tuple[int, int], sources: list[tuple[int, int]], first: Layer, second: Layer, join: str, to: str | int
) -> Cell:
    """`to` is a relative index, Block or Out."""
    operation: Layer = Void() if isinstance(second, Zeros) else BatchNormalization()
    ids = tuple(CellId(*source) for source in sources)
    destination = Destination("Cell", to) if isinstance(to, int) else Destination(to)
    return Cell(CellId(*id_), ids, first, BatchNormalization(), second, operation, join, destination)


POOLING = Pooling("3x3", 1, "max", "same")
WIDE = Architecture(
    (9, 9, 2),
    10,
    (
        *(cell((1, n), [], POOLING, Identity(), "Concat", to) for n, to in enumerate((6, 6, "Block", 1, 0), 1)),
        cell((1, 6), [(1, 4), (1, 5)], Identity(), Identity(), "Concat", 3),
        cell((1, 7), [], POOLING, Identity(), "Concat", 0),
        cell((1, 8), [(1, 1), (1, 7)], Identity(), Identity(), "Product", 0),
        cell((1, 9), [(1, 2), (1, 8)], Identity(), Dense(8, "relu"), "Concat", 0),
        cell((1, 10), [(1, 6), (1, 9)], Identity(), Identity(), "Concat", "Block"),
        *(
            cell((2, n), [(1, 3), (1, 10)], Identity(), Identity(), "Concat", to)
            for n, to in ((1, 2), (2, 2), (3, "Out"))
        ),
        cell((2, 4), [(2, 1)], Identity(), Zeros(), "Sum", "Out"),
        Cell(CellId(2, 5), (CellId(2, 2),), Identity(), Flatten(), Zeros(), Void(), "Sum", Destination("Out")),
    ),
)
"""A network with many cells side by side, every combination, several ends, and long ways past other cells."""


def expected_steps(network: Architecture) -> dict[str, Fact]:
    """Return the expected layers by key, derived from the architecture."""
    found: dict[str, Fact] = {}

    def add(key: str, layer: Layer, before: Any, after: Any) -> None:
        parameters = tuple(f"{f.name} {getattr(layer, f.name)}" for f in fields(layer))
        found[key] = (layer.name, parameters, format_shape(after), layer.weights(before))

    for one in network.cells:
        at, key = network.shapes()[one.id], str(one.id)
        add(f"{key}_in1", one.input1, at.source1, at.input1)
        add(f"{key}_op1", one.operation1, at.input1, at.operation1)
        if one.has_second_half:
            add(f"{key}_in2", one.input2, at.source2, at.input2)
            add(f"{key}_op2", one.operation2, at.input2, at.operation2)
            found[f"{key}_join"] = (one.combination, (), format_shape(at.output), 0)
        if one.destination.kind == "Out":
            if len(at.output) > 1:
                found[f"{key}_flatten"] = ("Flatten", (), str(prod(at.output)), 0)
            wish = (f"classes {network.classes}", "activation softmax")
            found[f"{key}_out"] = ("Output", wish, str(network.classes), (prod(at.output) + 1) * network.classes)
    assert sum(weights for *_, weights in found.values()) == network.weights()
    return found


def expected_edges(network: Architecture) -> Counter[tuple[str, str]]:
    """Return the expected edges from each source to the halves that it feeds."""
    edges: Counter[tuple[str, str]] = Counter()
    for one in network.cells:
        sources = list(map(str, one.sources)) or ["image"]
        edges[sources[0], f"{one.id}_in1"] += 1
        if one.has_second_half:
            edges[sources[-1], f"{one.id}_in2"] += 1
    return edges


def expected_inner_edges(network: Architecture) -> Counter[tuple[str, str]]:
    """Return the expected edges between layers within the cells."""
    keys = expected_steps(network)
    edges: Counter[tuple[str, str]] = Counter()
    for one in map(str, (one.id for one in network.cells)):
        below = [f"{one}_{place}" for place in ("join", "flatten", "out") if f"{one}_{place}" in keys]
        for half in ("1", "2") if f"{one}_in2" in keys else ("1",):
            chain = [one, f"{one}_in{half}", f"{one}_op{half}", *below[:1]]
            edges.update(pairwise(chain))
        edges.update(pairwise(below))
    return edges


def fact(text: str) -> Fact:
    """Parse the words for a layer, for example `Dense neurons 7, activation relu 84, 600 weights`."""
    match = re.fullmatch(r"(\w+) ?(.*?),? ?(?:vector )?([\dx]+)(?:, ([\d,]+) weights?)?", text)
    assert match is not None, text
    parameters = tuple(match[2].split(", ")) if match[2] else ()
    return match[1], parameters, match[3], int((match[4] or "0").replace(",", ""))


@dataclass(frozen=True)
class Rect:
    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Rect) -> bool:
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def holds(self, other: Rect) -> bool:
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.x + other.width <= self.x + self.width
            and other.y + other.height <= self.y + self.height
        )


@dataclass(frozen=True)
class Path:
    source: str
    target: str | None
    points: list[tuple[float, float]]


class Drawing:
    """An SVG that was read back."""

    def __init__(self, text: str) -> None:
        root = ElementTree.fromstring(text)
        assert root.tag == f"{SVG}svg"
        assert (root.attrib["width"], root.attrib["height"]) == tuple(root.attrib["viewBox"].split()[2:])
        groups = [group for group in root if group.tag == f"{SVG}g"]
        self.rects: dict[str, Rect] = {}
        self.texts: dict[str, list[str]] = {}
        self.titles: dict[str, str] = {}
        for group in groups:
            key = group.attrib["data-key"]
            assert key not in self.rects
            title = group.find(f"{SVG}title")
            assert title is not None
            self.titles[key] = title.text or ""
            (rect,) = group.findall(f"{SVG}rect")
            self.rects[key] = Rect(*(float(rect.attrib[name]) for name in ("x", "y", "width", "height")))
            self.texts[key] = [text.text or "" for text in group.findall(f"{SVG}text")]
            for line in group.findall(f"{SVG}text"):
                assert self.rects[key].x < float(line.attrib["x"]) < self.rects[key].x + self.rects[key].width
                assert self.rects[key].y < float(line.attrib["y"]) < self.rects[key].y + self.rects[key].height
        self.cells = {key: r for key, r in self.rects.items() if re.fullmatch(r"b\d+_c\d+", key)}
        self.blocks = {key: r for key, r in self.rects.items() if re.fullmatch(r"b\d+", key)}
        self.layers = {k: r for k, r in self.rects.items() if k not in self.cells and k not in self.blocks}
        paths = [path for path in root.iter(f"{SVG}path") if "data-source" in path.attrib]
        self.paths = [Path(p.attrib["data-source"], p.attrib.get("data-target"), list(points(p))) for p in paths]


def points(path: ElementTree.Element) -> Iterator[tuple[float, float]]:
    """Yield points along a vertical line or a cubic curve."""
    numbers = [float(number) for number in re.findall(r"[\d.]+", path.attrib["d"])]
    if "V" in path.attrib["d"]:
        x, y1, y2 = numbers
        yield from ((x, round(y1 + (y2 - y1) * i / 40, 1)) for i in range(41))
        return
    p = list(zip(numbers[::2], numbers[1::2], strict=True))
    for i in range(41):
        t = i / 40
        shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        yield (sum(s * x for s, (x, _) in zip(shares, p)), sum(s * y for s, (_, y) in zip(shares, p)))


def check_drawing(network: Architecture) -> Drawing:
    return check_svg(architecture_svg(network), network)


def check_svg(text: str, network: Architecture) -> Drawing:
    drawing = Drawing(text)
    layers = [key for key in drawing.layers if key != "image"]
    assert {key: fact(" ".join(drawing.texts[key])) for key in layers} == expected_steps(network)
    titles = {key: re.sub(r"^(\w+),?", r"\1", drawing.titles[key].replace(": ", " ")) for key in layers}
    assert {key: fact(title) for key, title in titles.items()} == expected_steps(network)
    assert drawing.texts["image"] == ["Image", format_shape(network.input_shape)]
    assert set(drawing.cells) == {str(one.id) for one in network.cells}
    assert set(drawing.blocks) == {f"b{one.id.block}" for one in network.cells}
    check_places(drawing)
    check_edges(drawing, network)
    return drawing


def check_places(drawing: Drawing) -> None:
    """Check that boxes lie in their cells and cells in their blocks, and that nothing overlaps."""
    for group in (drawing.layers, drawing.cells, drawing.blocks):
        assert [(a, b) for (a, one), (b, other) in combinations(group.items(), 2) if one.meets(other)] == []
    for key, rect in drawing.layers.items():
        assert key == "image" or drawing.cells["_".join(key.split("_")[:2])].holds(rect)
    for key, rect in drawing.cells.items():
        assert drawing.blocks[key.split("_")[0]].holds(rect)


def check_edges(drawing: Drawing, network: Architecture) -> None:
    """Check that every connection is drawn once, without gaps from its source, and around all boxes."""
    found, inside = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    middles = {key: (round(r.x + r.width / 2, 1), r.y) for key, r in drawing.layers.items()}
    ends = {(path.source, path.points[-1]) for path in drawing.paths if path.target is None}
    for path in drawing.paths:
        inner = path.target in drawing.layers
        if path.target is not None and inner:
            inside[path.source, path.target] += 1
        if path.target in drawing.cells:
            halves = [h for h in ("in1", "in2") if middles.get(f"{path.target}_{h}", (0,))[0] == path.points[-1][0]]
            assert len(halves) == 1
            found[path.source, f"{path.target}_{halves[0]}"] += 1
            assert path.points[-1][1] == drawing.cells[path.target].y
        if not inner and (path.source, path.points[0]) not in ends:
            start = drawing.layers.get(path.source) or last_box(drawing, path.source)
            assert path.points[0] == (round(start.x + start.width / 2, 1), round(start.y + start.height, 1))
        forbidden = dict(drawing.layers)
        if not inner:
            forbidden |= {key: r for key, r in drawing.cells.items() if key != path.source}
        for key, rect in forbidden.items():
            assert not any(
                rect.x < x < rect.x + rect.width and rect.y + 0.2 < y < rect.y + rect.height - 0.2
                for x, y in path.points
            ), (path.source, path.target, key)
    assert found == expected_edges(network)
    assert inside == expected_inner_edges(network)


def last_box(drawing: Drawing, key: str) -> Rect:
    return max((r for k, r in drawing.layers.items() if k.startswith(f"{key}_")), key=lambda r: r.y)


def sampled(path: str, count: int, **options: Any) -> list[Architecture]:
    models = os.path.join(os.path.dirname(__file__), *[os.pardir] * 3, "models")
    cnf = compile_model(os.path.join(models, path), **options)
    drawn = draw(cnf, Request(count, seed=5))
    return [to_architecture(decode_solution(row, cnf.variables), (28, 28, 1), 10) for row in drawn.selected]


@pytest.fixture(scope="module")
def networks() -> list[Architecture]:
    """Return sampled networks of up to 25 cells, the named ones, and a wide one."""
    named = [named_architecture(name).architecture((28, 28, 1), 10) for name in architecture_names()]
    return [*sampled("s1.uvl", 40), *named, WIDE]


def test_drawings_hold_exactly_the_network(networks: list[Architecture]) -> None:
    assert max(len(network.cells) for network in networks) >= 20
    for network in networks:
        check_drawing(network)


def test_a_drawing_with_a_fault_is_noticed() -> None:
    """Show that the checks above can fail: change a layer, an edge, a weight or a source."""
    text = architecture_svg(WIDE)
    lines = text.splitlines()
    faults = [
        text.replace("kernel 3x3", "kernel 3x2", 1),
        text.replace(">kernel 3x3", ">kernel 3x2", 1),
        text.replace(">vector 10, ", ">vector 10, 1", 1),
        text.replace('data-key="b1_c2_in1"', 'data-key="b1_c2_in3"'),
        "\n".join(
            line for i, line in enumerate(lines) if i != next(i for i, x in enumerate(lines) if 'target="b1_' in x)
        ),
        re.sub(r'(data-source="b1_c3" data-target="b2_c1")', 'data-source="b1_c2" data-target="b2_c1"', text),
        re.sub(r'data-source="b1_c1" data-target="b1_c8" d="M[\d.]+', lambda m: f"{m[0][:-3]}999", text),
    ]
    for fault in faults:
        assert fault != text
        with pytest.raises(AssertionError):
            check_svg(fault, WIDE)


def test_lines_are_as_wide_as_their_boxes(networks: list[Architecture]) -> None:
    """Measure lines with a font that is wider than the fonts of the SVG."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    measure = TextToPath()
    fonts = {bold: FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal") for bold in (False, True)}
    known: dict[tuple[str, bool], float] = {}
    for network in networks:
        picture = draw_network(network)
        for box in (*picture.boxes, *picture.cells):
            for line in box.texts:
                if (line.text, line.is_bold) not in known:
                    points, _, _ = measure.get_text_width_height_descent(line.text, fonts[line.is_bold], False)
                    known[line.text, line.is_bold] = points * 11 * 0.86 / fonts[False].get_size_in_points()
                width = known[line.text, line.is_bold]
                left = line.x if line.anchor.value == "start" else line.x - width
                assert box.x < left
                assert left + width < box.right, line.text


def test_every_text_can_be_read_on_every_fill() -> None:
    """Compute the contrast as the Web Content Accessibility Guidelines 2.1 define it: 4.5 to 1 for text."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for tone in Tone:
        fill, _, _ = colours_of(tone)
        for ink in (INK, FAINT):
            assert (luminance(fill) + 0.05) / (luminance(ink) + 0.05) >= 4.5, (tone, ink)


@dataclass(frozen=True)
class Marked(Layer):
    note: str
    name = "Marked"


def test_names_and_values_with_markup_are_text() -> None:
    note = "<b>&\"'x"
    one = Cell(CellId(1, 1), (), Marked(note), Void(), Zeros(), Void(), "Sum", Destination("Out"))
    text = architecture_svg(Architecture((2, 2, 1), 2, (one,)), "</title><script>\x1b\n&")
    drawing = Drawing(text)
    assert fact(" ".join(drawing.texts["b1_c1_in1"]))[1] == (f"note {note}",)
    root = ElementTree.fromstring(text)
    assert root.find(f"{SVG}title").text == "</title><script>\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}&"  # type: ignore[union-attr]
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg",
        "title",
        "desc",
        "rect",
        "text",
        "g",
        "path",
    }


def test_the_image_has_a_name_for_those_who_do_not_see_it() -> None:
    root = ElementTree.fromstring(architecture_svg(WIDE, "Wide"))
    ids = {element.attrib["id"]: element.text for element in root if "id" in element.attrib}
    assert root.attrib["role"] == "img"
    assert [ids[name] for name in root.attrib["aria-labelledby"].split()] == [
        "Wide",
        f"2 blocks, 15 cells, {WIDE.weights():,} weights, {WIDE.macs():,} MACs; images 9x9x2, 10 classes",
    ]


def test_equal_networks_give_equal_bytes_in_any_process() -> None:
    code = (
        "import hashlib, json, sys\nfrom featurenet_uvl.ir.architecture_json import parse_architecture\n"
        "from featurenet_uvl.drawing.svg import architecture_svg\n"
        "text = architecture_svg(parse_architecture(json.load(sys.stdin)))\n"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(WIDE.to_json()),
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_the_work_of_a_drawing_grows_with_the_number_of_cells(networks: list[Architecture]) -> None:
    """Count function calls, which do not depend on the load of the machine: with 25 cells, some 2,800 per cell."""
    for network in sorted(networks, key=lambda network: len(network.cells))[-5:]:
        calls = 0

        def count(frame: Any, event: str, argument: Any) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            architecture_svg(network)
        finally:
            sys.setprofile(None)
        assert 1000 < calls / len(network.cells) < 5000


@pytest.mark.slow
def test_the_png_is_the_same_picture() -> None:
    from matplotlib.image import imread

    picture = draw_network(named_architecture("lenet5").architecture((28, 28, 1), 10))
    data = to_png(picture)
    assert data == to_png(replace(picture))
    pixels = imread(io.BytesIO(data))
    height, width, _ = pixels.shape
    assert (width, height) == (int(picture.width * 2), int(picture.height * 2))
    for box in (*picture.boxes, *picture.cells, *picture.blocks):
        fill, _, _ = colours_of(box.tone)
        spot = pixels[int((box.bottom - 3) * 2), int((box.x + 4) * 2)]
        assert [round(255 * value) for value in spot[:3]] == [int(fill[i : i + 2], 16) for i in (1, 3, 5)], box.key


def parsed_text(text: str, width: int) -> tuple[dict[str, Fact], Counter[tuple[str, str]], Mapping[str, list[str]]]:
    """Parse the layers, edges and targets of a drawing in text."""
    layers: dict[str, Fact] = {}
    edges: Counter[tuple[str, str]] = Counter()
    targets: dict[str, list[str]] = {}
    key, half, place, last = "", 0, "", ""
    rows: dict[str, list[str]] = {}
    for line in text.splitlines()[2:]:
        assert len(line) <= width
        if match := re.match(r"  Cell (\d+)\.(\d+) ", line):
            key, half = f"b{match[1]}_c{match[2]}", 0
        elif match := re.match(r"  ┌ (?:cell (\d+)\.(\d+)|image)$", line):
            half, place = half + 1, f"in{half + 1}"
            edges[f"b{match[1]}_c{match[2]}" if match[1] else "image", f"{key}_in{half}"] += 1
        elif match := re.match(r"  ╰─ to (.*)", line):
            last = ""
            targets[key] = match[1].rstrip(",").split(", ")
        elif not last and line.startswith("        cell"):
            targets[key] += line.strip().rstrip(",").split(", ")
        elif line[2:3] in ("│", "└", "■") and line[4:5] != " ":
            kind = line[4:].split()[0]
            place = {"└": "join", "■": "flatten" if kind == "Flatten" else "out"}.get(line[2], place)
            last = f"{key}_{place}"
            rows[last] = [line[4:]]
            place = f"op{half}"
        elif line.startswith(("  │  ", "     ")):
            rows[last].append(line[4:])
    for name, (first, *more) in rows.items():
        left = first[: width - 4 - 28] if len(first) > 20 else first
        shape, weights = (
            first[width - 4 - 28 :].rsplit(maxsplit=1) if len(first) > 20 else (more[0][-28:].rsplit(maxsplit=1))
        )
        if len(first) <= 20:
            left, more = f"{first} {more[0][:-28]}", more[1:]
        size = shape.strip() + (f", {weights} weights" if weights != "-" else "")
        layers[name] = fact(" ".join(" ".join([left, *more]).split()) + f" {size}")
    return layers, edges, targets


@pytest.mark.parametrize("width", [64, 80, 120])
def test_the_text_holds_exactly_the_network(networks: list[Architecture], width: int) -> None:
    for network in networks:
        layers, edges, targets = parsed_text(architecture_text(network, width=width), width)
        assert layers == expected_steps(network)
        assert edges == expected_edges(network)
        wish: dict[str, list[str]] = {}
        for one in network.cells:
            for source in one.sources[: 2 if one.has_second_half else 1]:
                wish.setdefault(str(source), []).append(f"cell {one.id.block}.{one.id.cell}")
        assert targets == wish


def test_a_narrow_terminal_gets_64_columns_and_titles_stay_on_one_line() -> None:
    text = architecture_text(WIDE, "a\nb\x1b[0m", 10)
    assert text == architecture_text(WIDE, "a\nb\x1b[0m", 64)
    assert text.splitlines()[0] == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[0m"


def test_a_cell_without_second_half_and_padding_is_drawn() -> None:
    one = Cell(CellId(1, 1), (), Identity(), Padding(2), Zeros(), Void(), "Sum", Destination("Out"))
    check_drawing(Architecture((1, 1, 1), 1, (one,)))
