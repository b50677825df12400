"""Presets: an experiment as a small file that a user copies and changes."""

from __future__ import annotations

import configparser
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from featurenet_uvl.errors import ReadError, UsageError
from featurenet_uvl.files import read_text
from featurenet_uvl.training.image_sources import FORMATS
from featurenet_uvl.training.protocol import Protocol

SUFFIX = ".cfg"


@dataclass(frozen=True, slots=True)
class Preset:
    """An experiment: what to sample, and how to train it.

    `workers` and `time_limit_s` do not belong to `hash`: another machine may go on with a run.
    """

    name: str
    model: str
    restrictions: tuple[str, ...]
    bounds: Mapping[str, int]
    sample_name: str
    sample_count: int
    sample_seed: int
    protocol: Protocol
    workers: int | None = None
    """None for one a core."""
    time_limit_s: float | None = None

    def to_json(self) -> dict[str, Any]:
        """What decides the results, with the model files by their names."""
        return {
            "model": Path(self.model).name,
            "restrictions": [Path(path).name for path in self.restrictions],
            "bounds": dict(sorted(self.bounds.items())),
            "sample": {"name": self.sample_name, "count": self.sample_count, "seed": self.sample_seed},
            "protocol": asdict(self.protocol),
        }

    def hash(self) -> str:
        """SHA-256 of the canonical JSON, 16 hex digits."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def preset_names() -> tuple[str, ...]:
    """The presets of the package."""
    return tuple(sorted(path.stem for path in _folder("featurenet_uvl.experiments.presets").glob(f"*{SUFFIX}")))


def load_preset(name_or_path: str) -> Preset:
    """A preset of the package by its name, or a user's by the path of its file.

    Raises:
        UsageError: Neither a preset nor a file has this name.
        ReadError: The file is no preset; all problems together, each with its place.
    """
    if name_or_path in preset_names():
        path = _folder("featurenet_uvl.experiments.presets") / f"{name_or_path}{SUFFIX}"
    elif name_or_path.endswith(SUFFIX) or Path(name_or_path).exists():
        path = Path(name_or_path)
    else:
        known = ", ".join(preset_names())
        raise UsageError(f"found preset {name_or_path!r}, expected one of {known}, or the path of a {SUFFIX} file")
    return parse_preset(read_text(path), path)


def parse_preset(text: str, path: Path) -> Preset:
    """The preset in a file's text; `path` is for messages, its name, and the files that it refers to.

    Raises:
        ReadError: The text is no preset; all problems together, each with its place.
    """
    reader = _Reader(path, text)
    model = reader.get("model", "model", _file_of(path))
    restrictions = reader.get("model", "restrictions", _list_of(_file_of(path)), ())
    bounds = reader.get("model", "bounds", _bounds, MappingProxyType({}))
    sample_name = reader.get("sample", "name", _word, "S")
    sample_count = reader.get("sample", "count", _whole(1))
    sample_seed = reader.get("sample", "seed", _whole(0), 0)
    settings = {
        "data": reader.get("training", "data", _one_of(tuple(FORMATS))),
        "train_images": reader.get("training", "train_images", _or("all", _whole(1)), None),
        "test_images": reader.get("training", "test_images", _or("all", _whole(1)), None),
        "epochs": reader.get("training", "epochs", _whole(1), 12),
        "batch_size": reader.get("training", "batch_size", _whole(1), 128),
        "learning_rate": reader.get("training", "learning_rate", _positive, 0.01),
        "momentum": reader.get("training", "momentum", _momentum, 0.0),
        "seed": reader.get("training", "seed", _whole(0), 0),
    }
    workers = reader.get("run", "workers", _or("auto", _whole(1)), None)
    time_limit_s = reader.get("run", "time_limit_s", _or("none", _positive), None)
    reader.finish()
    protocol = Protocol(**settings)
    return Preset(
        *(path.stem, model, restrictions, bounds, sample_name, sample_count, sample_seed, protocol),
        workers=workers,
        time_limit_s=time_limit_s,
    )


_T = TypeVar("_T")
_MISSING: Any = object()


class _Reader:
    """Hands out values, collects problems; whatever was not asked for is a problem too."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._asked: set[tuple[str, str]] = set()
        self._problems: list[str] = []
        self._parser = configparser.ConfigParser(interpolation=None, empty_lines_in_values=False, default_section="")
        self._parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys are case-sensitive here
        try:
            self._parser.read_string(text, str(path))
        except configparser.Error as error:
            raise ReadError(f"{path}: found no preset: {' '.join(str(error).split())}") from error

    def get(self, section: str, key: str, convert: Callable[[str], Any], default: Any = _MISSING) -> Any:
        self._asked.add((section, key))
        if not self._parser.has_option(section, key):
            if default is _MISSING:
                self._problems.append(f"{self._path}: found no {key} in [{section}], expected one")
            return default
        try:
            return convert(self._parser.get(section, key).strip())
        except ValueError as error:
            self._problems.append(f"{self._place(section, key)}: [{section}] {key}: {error}")
            return default

    def finish(self) -> None:
        """Raises ReadError if there was any problem."""
        sections = sorted({section for section, _ in self._asked})
        for section in self._parser.sections():
            if section not in sections:
                found = f"found section [{section}], expected {', '.join(f'[{name}]' for name in sections)}"
                self._problems.append(f"{self._place(section)}: {found}")
                continue
            for key in self._parser.options(section):
                if (section, key) not in self._asked:
                    known = ", ".join(sorted(k for s, k in self._asked if s == section))
                    self._problems.append(f"{self._place(section, key)}: [{section}]: found {key}, expected {known}")
        if self._problems:
            raise ReadError(self._problems)

    def _place(self, section: str, key: str | None = None) -> str:
        within = False
        for number, line in enumerate(self._lines, 1):
            if line.startswith("["):
                within = line.startswith(f"[{section}]")
                if within and key is None:
                    return f"{self._path}:{number}"
            elif within and key is not None and re.match(rf"{re.escape(key)}\s*([=:]|$)", line):
                return f"{self._path}:{number}"
        return str(self._path)


def _folder(package: str) -> Path:
    return Path(str(files(package)))


def _file_of(preset: Path) -> Callable[[str], str]:
    """A converter from a model file's name to its path: beside the preset, else in the package."""

    def convert(text: str) -> str:
        places = [preset.parent / text, _folder("featurenet_uvl.models") / text]
        found = next((place for place in places if text and place.is_file()), None)
        if found is None:
            raise ValueError(f"found no file {text!r}, expected one at {places[0]} or {places[1]}")
        return str(found)

    return convert


def _list_of(convert: Callable[[str], _T]) -> Callable[[str], tuple[_T, ...]]:
    return lambda text: tuple(convert(part) for part in re.split(r"[,\s]+", text) if part)


def _or(word: str, convert: Callable[[str], _T]) -> Callable[[str], _T | None]:
    """A converter where `word` stands for None."""

    def either(text: str) -> _T | None:
        if text == word:
            return None
        try:
            return convert(text)
        except ValueError as error:
            raise ValueError(f"{error}, or {word}") from None

    return either


def _bounds(text: str) -> Mapping[str, int]:
    bounds: dict[str, int] = {}
    for part in re.split(r"[,\n]+", text):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not part.strip():
            continue
        if not (equals and name and number.isdecimal() and int(number)) or name in bounds:
            raise ValueError(f"found {part.strip()!r}, expected Name=number, each name once, such as Block=3, Cell=3")
        bounds[name] = int(number)
    return MappingProxyType(bounds)


def _word(text: str) -> str:
    if not re.fullmatch(r"[\w.+-]+", text):
        raise ValueError(f"found {text!r}, expected a word")
    return text


def _one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if text not in known:
            raise ValueError(f"found {text!r}, expected one of {', '.join(known)}")
        return text

    return convert


def _whole(least: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        plain = text.replace(",", "")
        if not (plain.isascii() and plain.isdecimal() and int(plain) >= least):
            raise ValueError(f"found {text!r}, expected a whole number of {least} or more")
        return int(plain)

    return convert


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"found {text!r}, expected a number")
    return number


def _positive(text: str) -> float:
    number = _number(text)
    if number <= 0:
        raise ValueError(f"found {text!r}, expected a number above 0")
    return number


def _momentum(text: str) -> float:
    number = _number(text)
    if not 0 <= number < 1:
        raise ValueError(f"found {text!r}, expected 0 or more and less than 1")
    return number
