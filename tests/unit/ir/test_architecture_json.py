"""Networks in JSON: the package's schema, the page about it, and the refusal of every fault with its place."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from featurenet_uvl.decoding.named import architecture_names, named_architecture
from featurenet_uvl.errors import DecodeError, ReadError
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.operations.network_folders import read_network
from featurenet_uvl.system.json_values import load_json
from tests.places import DOCS

PAGE = (DOCS / "architecture-json.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
SCHEMA = json.loads((files("featurenet_uvl.ir") / "architecture.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def example() -> Any:
    return json.loads(EXAMPLE)


def test_the_schema_is_one_and_the_page_follows_it() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    VALIDATOR.validate(example())
    network = parse_architecture(example())
    assert network.to_json() == {key: value for key, value in example().items() if key != "origin"}
    listed = {word for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE) for word in re.findall(r"`(\w+)`", row)}
    assert listed == {*SCHEMA["properties"], *SCHEMA["$defs"]["cell"]["properties"]} - {
        *("block", "cell", "operation1", "input2")
    }


@pytest.mark.parametrize("name", architecture_names())
def test_named_networks_follow_the_schema_and_read_back(name: str) -> None:
    network = named_architecture(name).architecture((28, 28, 1), 10)
    data = json.loads(json.dumps(network.to_json()))
    VALIDATOR.validate(data)
    assert parse_architecture(data) == network


def test_the_origin_is_no_part_of_the_network() -> None:
    data = example()
    del data["origin"]
    assert parse_architecture(data) == parse_architecture(example())
    assert parse_architecture(data).hash() == parse_architecture(example()).hash()


Change = Callable[[Any], None]


def put(*path: Any) -> Change:
    """Return a change that sets the value at a path to the last argument."""

    def change(data: Any) -> None:
        for key in path[:-2]:
            data = data[key]
        data[path[-2]] = path[-1]

    return change


def drop(*path: Any) -> Change:
    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        del data[path[-1]]

    return change


FAULTS: list[tuple[Change, str, bool]] = [
    (put("schema", "featurenet_uvl/architecture/2"), "found schema 'featurenet_uvl/architecture/2', expected", True),
    (drop("schema"), "found schema None", True),
    (drop("classes"), "found no 'classes', expected the keys schema, input_shape, classes, cells", True),
    (put("comment", "x"), "found the key 'comment', expected only schema", True),
    (put("input_shape", [8, 8]), r"input_shape: found \[8, 8\], expected \[height, width, channels\]", True),
    (put("input_shape", [8, 0, 1]), "input_shape: found 0, expected a number from 1 to", True),
    (put("input_shape", [8, 8.5, 1]), "input_shape: found 8.5", True),
    (put("classes", True), "classes: found True", True),
    (put("classes", 10**40), "classes: found 1000000000", True),
    (put("classes", 0), "classes: found 0", True),
    (put("cells", []), r"cells: found \[\], expected a list of at least one cell", True),
    (put("cells", 0, 5), r"cells\[0\]: found int, expected an object", True),
    (drop("cells", 0, "combination"), r"cells\[0\]: found no 'combination'", True),
    (put("cells", 0, "note", 1), r"cells\[0\]: found the key 'note'", True),
    (put("cells", 0, "combination", "Mean"), r"cells\[0\]\.combination: found 'Mean', expected one of Sum", True),
    (put("cells", 0, "combination", ["Sum"]), r"cells\[0\]\.combination: found \['Sum'\]", True),
    (
        put("cells", 0, "input1", "kind", "Attention"),
        r"cells\[0\]\.input1\.kind: found 'Attention', expected one",
        False,
    ),
    (put("cells", 0, "input1", "kind", "Flatten"), r"cells\[0\]\.input1\.kind: found 'Flatten'", False),
    (
        put("cells", 0, "input1", {"kind": "Zeros"}),
        r"cells\[0\]\.input1: found Zeros, expected a layer that takes",
        False,
    ),
    (put("cells", 0, "input1", []), r"cells\[0\]\.input1: found list, expected an object", True),
    (
        drop("cells", 1, "input1", "neurons"),
        r"cells\[1\]\.input1: found no 'neurons', expected the keys neurons",
        False,
    ),
    (put("cells", 1, "input1", "units", 3), r"cells\[1\]\.input1: found the key 'units'", False),
    (put("cells", 1, "input1", "neurons", None), r"cells\[1\]\.input1\.neurons: found None, expected text, or", True),
    (put("cells", 1, "input1", "neurons", True), r"cells\[1\]\.input1\.neurons: found True", True),
    (put("cells", 1, "input1", "neurons", [16]), r"cells\[1\]\.input1\.neurons: found \[16\]", True),
    (put("cells", 1, "input1", "neurons", 10**12), r"cells\[1\]\.input1\.neurons: found 1000000000000", True),
    (put("cells", 1, "input1", "neurons", "16"), r"cells\[1\]\.input1: found neurons '16', expected a number", False),
    (put("cells", 1, "input1", "neurons", 16.0), r"cells\[1\]\.input1: found neurons 16.0", False),
    (put("cells", 1, "input1", "activation", "sine"), r"cells\[1\]\.input1: found activation 'sine'", False),
    (put("cells", 1, "operation1", "rate", float("nan")), r"operation1\.rate: found nan", False),
    (put("cells", 1, "operation1", "rate", float("inf")), r"operation1\.rate: found inf", True),
    (put("cells", 1, "operation1", "rate", 1), r"operation1: found rate 1, expected a share", False),
    (put("cells", 0, "destination", "kind", "Cloud"), r"cells\[0\]\.destination\.kind: found 'Cloud'", True),
    (put("cells", 0, "destination", "relative_index", None), r"destination\.relative_index: found None", True),
    (put("cells", 0, "destination", "relative_index", -1), r"destination\.relative_index: found -1", True),
    (put("cells", 1, "destination", "relative_index", 0), r"relative_index: found 0, expected null with Out", True),
    (
        put("cells", 0, "destination", "relative_index", 1),
        "cell b1_c1: found relativeIndex 1, expected one that points at a later cell",
        False,
    ),
    (put("cells", 1, "sources", []), "cell b1_c2: found sources the image, expected b1_c1, as the destinations", False),
    (put("cells", 1, "sources", [[1, 2]]), "cell b1_c2: found sources b1_c2, expected b1_c1", False),
    (put("cells", 0, "sources", [[1, 2]]), "cell b1_c1: found sources b1_c2, expected the image", False),
    (
        put("cells", 1, "sources", [[1]]),
        r"cells\[1\]\.sources: found \[\[1\]\], expected a list of \[block, cell\]",
        True,
    ),
    (put("cells", 1, "cell", 1), r"cells\[1\]: found cell b1_c1, expected b1_c2 or b2_c1 here", False),
    (put("cells", 1, "cell", 3), r"cells\[1\]: found cell b1_c3, expected b1_c2 or b2_c1 here", False),
    (put("cells", 0, "block", 2), r"cells\[0\]: found cell b2_c1, expected b1_c1 here", False),
    (put("cells", 0, "combination", "Concat"), r"cells\[0\]: found Zeros with Void and Concat", False),
    (put("cells", 1, "operation2", {"kind": "Flatten"}), "cell b1_c2: Flatten needs a matrix, found a vector", False),
    (put("cells", 0, "input1", "kernel", "9x9"), r"cell b1_c1: Pooling\(kernel='9x9'.* does not fit 8x8x1", False),
    (put("origin", "s1"), "origin: found str, expected an object", True),
    (put("origin", "configuration", "3"), r"origin\.configuration: found '3', expected a number", True),
    (put("origin", "formula", 3), r"origin\.formula: found 3, expected text", True),
]


@pytest.mark.parametrize(("change", "message", "is_in_schema"), FAULTS, ids=[m for _, m, _ in FAULTS])
def test_a_fault_is_refused_with_its_place(change: Change, message: str, is_in_schema: bool) -> None:
    """The schema knows only the form; the reader knows kinds, connections and shapes."""
    data = example()
    change(data)
    with pytest.raises(DecodeError, match=rf"^n\.json: .*{message}") as error:
        parse_architecture(data, "n.json")
    assert len(str(error.value)) < 500
    assert VALIDATOR.is_valid(data) is not is_in_schema


def changed_values(data: Any) -> Iterator[Any]:
    """Yield the example with one value at any depth dropped or replaced by a value of another type."""

    def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        if path:
            yield path
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, below in items:
            yield from paths(below, (*path, key))

    for path in list(paths(data)):
        for new in (None, True, -1, 10**30, "x", [], {}, [[[]]], {"kind": 5}, 1e308, float("nan")):
            other = copy.deepcopy(data)
            put(*path, new)(other)
            yield other
        other = copy.deepcopy(data)
        drop(*path)(other)
        yield other


def test_whatever_a_file_holds_there_is_a_network_or_one_error() -> None:
    """No other exception occurs, and a network that was read says everything that the file says."""
    read = refused = 0
    for data in changed_values(example()):
        try:
            network = parse_architecture(data, "n.json")
        except DecodeError:
            refused += 1
            continue
        read += 1
        assert network.to_json() == {key: value for key, value in data.items() if key != "origin"}
        assert VALIDATOR.is_valid(data)
    assert refused > 600
    assert read < 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"n\.json:1:1: found no JSON"),
        (EXAMPLE[:400], r"n\.json:\d+:\d+: found no JSON"),
        ("[" * 100_000, "found JSON that is nested too deeply, expected a network"),
        ('{"a":' * 100_000, "found JSON that is nested too deeply, expected a network"),
        (EXAMPLE.replace("0.5", "NaN"), "found NaN, expected a number"),
        (EXAMPLE.replace("0.5", "-Infinity"), "found -Infinity, expected a number"),
        (EXAMPLE.replace("0.5", "1e999"), "found 1e999, expected a number"),
        (EXAMPLE.replace(": 16,", f": 1{'0' * 5000},"), "found a number of thousands of digits"),
        (EXAMPLE.replace('"rate": 0.5', '"rate": 0.5, "rate": 0.5'), "found the key 'rate' twice"),
        (EXAMPLE.replace('"relu"', r'"\ud800"', 1), "found half a character"),
        (f"[{'0,' * (2 << 20)}0]", "found more than 4194304 bytes"),
        ("[]", "found list, expected a JSON object"),
        ("null", "found NoneType, expected a JSON object"),
    ],
    ids=[
        "empty",
        "cut",
        "lists",
        "objects",
        "nan",
        "infinity",
        "overflow",
        "digits",
        "twice",
        "half",
        "long",
        "list",
        "null",
    ],
)
def test_a_file_that_is_no_json_of_ours_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "n.json"
    path.write_text(text)
    with pytest.raises((ReadError, DecodeError), match=message) as error:
        read_network(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    path.write_text(EXAMPLE)
    assert read_network(path) == parse_architecture(load_json(EXAMPLE, "x"))
