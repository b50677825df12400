"""The sample file: one configuration per line, as the numbers of its selected features.

    # featurenet_uvl sample 1
    # sampler steered
    # seed 7
    # stop complete
    # configurations 2
    # features 3
    # formula 0123456789abcdef
    c 1 App
    c 2 Log
    c 3 Log to file
    1
    1 2 3

`stop` says why there are no more (see `Stop`). `formula` is the fingerprint of the CNF that the sample was drawn from;
the line is missing if the formula is not known. Numbers ascend; a lone `-` is the configuration that selects nothing.
The header's counts and the final line end betray a file that was cut off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from featurenet_uvl.errors import ModelError, ReadError, UnsupportedError, first_lines
from featurenet_uvl.ir.sample import BoolMatrix, Sample, Selections, Stop
from featurenet_uvl.translators.formats.configurations.sample_header import MAGIC

_VERSION = 1
_HEADER = ("sampler", "seed", "stop", "configurations", "features")
_STOPS = tuple(stop.value for stop in Stop)
_FORMULA = "# formula "
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_NOTHING = "-"
_MAX_PROBLEMS = 20
"""Problems of one file that a message lists."""
_MAX_CELLS = 1 << 32
"""Truth values that one sample holds at most."""
_MAX_DIGITS = 100
"""Decimal digits of a number in the header."""


def format_sample(sample: Sample) -> str:
    """Return the text of the sample file; `parse_sample` reads it back as an equal sample.

    Raises:
        UnsupportedError: A name that a line cannot hold: empty, with a line end, or with blanks around it.
    """
    for number, name in enumerate(sample.names, 1):
        if name != name.strip() or not name or "\n" in name or "\r" in name:
            raise UnsupportedError(f"feature {number}: found name {name!r}, which a sample file cannot carry")
    if sample.sampler != sample.sampler.strip() or not sample.sampler or len(sample.sampler.splitlines()) != 1:
        raise UnsupportedError(f"found sampler {sample.sampler!r}, expected a name on one line")
    if not 0 <= sample.seed < 10**_MAX_DIGITS:
        raise UnsupportedError(f"found seed {sample.seed}, expected a number from 0 of at most {_MAX_DIGITS} digits")
    values = (sample.sampler, sample.seed, sample.stop.value, len(sample), len(sample.names))
    lines = [f"{MAGIC}{_VERSION}"]
    lines.extend(f"# {key} {value}" for key, value in zip(_HEADER, values, strict=True))
    lines.extend([f"{_FORMULA}{sample.formula}"] if sample.formula else [])
    lines.extend(f"c {number} {name}" for number, name in enumerate(sample.names, 1))
    lines.extend(" ".join(map(str, np.flatnonzero(row) + 1)) or _NOTHING for row in sample.selected)
    return "\n".join(lines) + "\n"


def write_sample(selections: Selections) -> str:
    """Return the text of the sample file of configurations that another tool made, or of a sample as it is.

    Raises:
        ModelError: No configuration, or one that occurs twice.
        UnsupportedError: A name that a line cannot hold.
    """
    if not isinstance(selections, Sample) and not len(selections):
        raise ModelError("found no configurations, expected at least one in a sample")
    seen: dict[bytes, int] = {}
    for number, row in enumerate(selections.selected, 1):
        first = seen.setdefault(row.tobytes(), number)
        if first != number:
            raise ModelError(f"configuration {number} repeats configuration {first}, expected each once in a sample")
    if isinstance(selections, Sample):  # whose rows were distinct before a caller took some of its columns
        return format_sample(selections)
    return format_sample(Sample(selections.names, selections.selected, "imported", 0, Stop.COMPLETE))


def parse_sample(text: str, path: str) -> Sample:
    """Return the sample that a file holds.

    Args:
        text: The file's content.
        path: Name of the file in messages.

    Raises:
        ReadError: The text is no sample file; every problem names its line, the text found and the text expected.
    """
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if lines[-1]:
        raise ReadError(f"{path}:{len(lines)}: found no line end after {_shown(lines[-1])}: the file is cut off")
    del lines[-1]
    header = _parse_header(lines, path)
    formula = _parse_formula(lines, path)
    body = len(_HEADER) + (2 if formula else 1)
    names = _parse_names(lines[body : body + header.features], header.features, path, body)
    rows = lines[body + header.features :]
    first_line = body + header.features + 1
    if len(rows) != header.configurations:
        raise ReadError(
            f"{path}:{min(first_line + header.configurations, len(lines))}: found {len(rows)} configurations, "
            f"expected the {header.configurations} of the header"
        )
    selected = _parse_rows(rows, header.features, path, first_line)
    return Sample(names, selected, header.sampler, header.seed, header.stop, formula)


@dataclass(frozen=True, slots=True)
class _Header:
    sampler: str
    seed: int
    stop: Stop
    configurations: int
    features: int


def _parse_header(lines: list[str], path: str) -> _Header:
    if not lines or not lines[0].startswith(MAGIC):
        raise ReadError(f"{path}:1: found {_found(lines, 0)}, expected '{MAGIC}{_VERSION}'")
    if lines[0] != f"{MAGIC}{_VERSION}":
        raise ReadError(f"{path}:1: found sample version {_shown(lines[0][len(MAGIC) :])}, expected {_VERSION}")
    values: dict[str, str] = {}
    for index, key in enumerate(_HEADER, 1):
        start = f"# {key} "
        value = lines[index][len(start) :].strip() if index < len(lines) and lines[index].startswith(start) else ""
        if not value:
            raise ReadError(f"{path}:{index + 1}: found {_found(lines, index)}, expected '{start}' and a value")
        if key == "stop" and value not in _STOPS:
            raise ReadError(f"{path}:{index + 1}: found stop {_shown(value)}, expected one of {', '.join(_STOPS)}")
        if key in ("seed", "configurations", "features") and _natural(value) is None:
            raise ReadError(f"{path}:{index + 1}: found {key} {_shown(value)}, expected a number from 0")
        values[key] = value
    if not int(values["configurations"]):
        line = _HEADER.index("configurations") + 2
        raise ReadError(f"{path}:{line}: found no configurations, expected at least one")
    return _Header(
        values["sampler"],
        int(values["seed"]),
        Stop(values["stop"]),
        int(values["configurations"]),
        int(values["features"]),
    )


def _parse_formula(lines: list[str], path: str) -> str:
    """Return the fingerprint in the line after the header, or an empty text if that line has none."""
    index = len(_HEADER) + 1
    if index >= len(lines) or not lines[index].startswith(_FORMULA):
        return ""
    found = lines[index][len(_FORMULA) :]
    if not _FINGERPRINT.fullmatch(found):
        raise ReadError(f"{path}:{index + 1}: found formula {_shown(found)}, expected 16 hexadecimal digits")
    return found


def _parse_names(lines: list[str], count: int, path: str, before: int) -> tuple[str, ...]:
    places: dict[str, int] = {}
    problems: list[str] = []
    for number in range(1, min(count, len(lines) + 1) + 1):
        place, start = f"{path}:{before + number}", f"c {number} "
        if number > len(lines) or not lines[number - 1].startswith(start) or len(lines[number - 1]) == len(start):
            problems.append(f"{place}: found {_found(lines, number - 1)}, expected '{start}' and a name")
            break
        name = lines[number - 1][len(start) :]
        if name != name.strip():
            problems.append(f"{place}: found name {_shown(name)}, expected no blanks around it")
        if places.setdefault(name, number) != number:
            problems.append(f"{place}: found name {_shown(name)}, which line {before + places[name]} has already")
    _raise(problems)
    return tuple(places)


def _parse_rows(lines: list[str], features: int, path: str, first_line: int) -> BoolMatrix:
    if len(lines) * features > _MAX_CELLS:
        raise ReadError(f"{path}: found {len(lines)} x {features} values, expected at most {_MAX_CELLS}")
    selected = np.zeros((len(lines), features), dtype=np.bool_)
    problems: list[str] = []
    seen: dict[str, int] = {}
    for index, line in enumerate(lines):
        numbers: list[int] = []
        found = list(_row_problems(line, features, numbers))
        if not found and seen.setdefault(line, index) != index:
            found.append(f"found a configuration that line {first_line + seen[line]} has already")
        problems.extend(f"{path}:{first_line + index}: {problem}" for problem in found)
        if not found:
            selected[index, [number - 1 for number in numbers]] = True
    _raise(problems)
    return selected


def _row_problems(line: str, features: int, numbers: list[int]) -> Iterator[str]:
    """Append the line's numbers; yield at most one problem of it."""
    if line == _NOTHING:
        return
    for word in line.split(" "):
        number = _natural(word)
        if number is None or not 1 <= number <= features or str(number) != word:
            yield f"found {_shown(word)}, expected numbers within 1..{features} with one blank between two"
            return
        if numbers and number <= numbers[-1]:
            yield f"found {number} after {numbers[-1]}, expected ascending numbers"
            return
        numbers.append(number)


def _natural(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) <= _MAX_DIGITS else None


def _found(lines: list[str], index: int) -> str:
    return _shown(lines[index]) if index < len(lines) else "the end of the file"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _raise(problems: list[str]) -> None:
    if problems:
        raise ReadError(first_lines(problems, _MAX_PROBLEMS))
