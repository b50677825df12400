"""Presets as small files that users copy and change; a mistake is reported with its line."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from featurenet_uvl.decoding.named import architecture_names
from featurenet_uvl.errors import ReadError, UsageError
from featurenet_uvl.experiments import preset_values as values
from featurenet_uvl.experiments.manifest import MAX_RUNS, SAMPLE_NAME
from featurenet_uvl.experiments.preset import Equivalence, Limits, Longer, Named, Preset, SampleSetting
from featurenet_uvl.sampling.registry import DEFAULT, sampler_names
from featurenet_uvl.system.files import MAX_SETTINGS_BYTES, read_text
from featurenet_uvl.training.baselines import BASELINES
from featurenet_uvl.training.data.catalogue import source_names
from featurenet_uvl.training.data.own_data import Data
from featurenet_uvl.training.trials.protocol import Protocol

SUFFIX = ".cfg"
ORDER = ("smoke", "laptop", "night", "paper")
"""Presets of the package by growing size."""

_MAX_LINE = 10_000
"""Characters of a line; the parser takes quadratic time on longer ones that are blank."""
_MODELS = "featurenet_uvl.models"
_PRESETS = "featurenet_uvl.experiments.presets"


def preset_names() -> tuple[str, ...]:
    """Return the presets of the package: those of `ORDER`, then all others."""
    found = sorted(path.stem for path in Path(str(files(_PRESETS))).glob(f"*{SUFFIX}"))
    return (*(name for name in ORDER if name in found), *(name for name in found if name not in ORDER))


def load_preset(name_or_path: str) -> Preset:
    """Read a preset of the package by its name, or a user's by the path of its file.

    Raises:
        UsageError: Neither a preset nor a file has this name.
        ReadError: The file is not a preset; one line per problem, each with its place.
    """
    if name_or_path in preset_names():
        path = Path(str(files(_PRESETS))) / f"{name_or_path}{SUFFIX}"
    elif name_or_path.endswith(SUFFIX) or os.path.exists(name_or_path):
        path = Path(name_or_path)
    else:
        known = ", ".join(preset_names())
        raise UsageError(f"found preset {name_or_path!r}, expected one of {known}, or the path of a {SUFFIX} file")
    return parse_preset(read_text(path, limit=MAX_SETTINGS_BYTES), path)


def parse_preset(text: str, path: Path) -> Preset:
    """Parse the text of a preset file.

    Args:
        text: The text.
        path: The path of the file: its name is the preset's, and models that the text names may lie beside it.

    Raises:
        ReadError: The text is not a preset; one line per problem, each with its place.
    """
    reader = _Reader(path, text)
    about = reader.get("about", "what", str, "")
    cpu_hours = reader.get("about", "cpu_hours", values.either("unknown", values.positive), None)
    protocols = _protocols(reader, path.parent)
    data = tuple(protocol.data for protocol in protocols)
    samples = tuple(_sample(reader, section, path) for section in reader.sections("sample "))
    preset = Preset(
        *(path.stem, protocols, samples),
        baselines=reader.get("baselines", "networks", values.list_of(values.one_of(tuple(BASELINES))), ()),
        baseline_runs=reader.get("baselines", "runs", values.whole(1, MAX_RUNS), 1),
        equivalence=_equivalence(reader, data),
        named=_named(reader, data),
        longer=_longer(reader, data, tuple(sample.name for sample in samples), protocols),
        limits=_limits(reader),
        about=about,
        cpu_hours=cpu_hours,
        sources=_own_data(reader, data, path.parent),
    )
    reader.finish()
    return preset


_MISSING: Any = object()


class _Reader:
    """Returns values and collects problems. A section or key that no caller has read is a problem, too."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._asked: dict[str, list[str]] = {}
        self._problems: list[str] = []
        self._parser = configparser.ConfigParser(interpolation=None, empty_lines_in_values=False, default_section="")
        self._parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys are case-sensitive here
        for number, line in enumerate(self._lines, 1):
            if len(line) > _MAX_LINE:
                raise ReadError(f"{path}:{number}: found {len(line):,} characters, expected at most {_MAX_LINE:,}")
        try:
            self._parser.read_string(text, str(path))
        except configparser.Error as error:
            raise ReadError(f"{path}: found no preset: {' '.join(str(error).split())}") from error

    def sections(self, prefix: str) -> list[str]:
        """Return the sections whose names begin with a prefix, in the order of the file."""
        return [section for section in self._parser.sections() if section.startswith(prefix)]

    def has(self, section: str) -> bool:
        self._asked.setdefault(section, [])
        return self._parser.has_section(section)

    def get(self, section: str, key: str, convert: Callable[[str], Any], default: Any = _MISSING) -> Any:
        self._asked.setdefault(section, []).append(key)
        if not self._parser.has_option(section, key):
            if default is _MISSING:
                place = self._place(section) if self._parser.has_section(section) else str(self._path)
                self._problems.append(f"{place}: found no {key} in [{section}], expected one")
                return None
            return default
        try:
            return convert(self._parser.get(section, key).strip())
        except ValueError as error:
            self.problem(section, key, str(error))
            return None if default is _MISSING else default

    def problem(self, section: str, key: str, text: str) -> None:
        self._problems.append(f"{self._place(section, key)}: [{section}] {key}: {text}")

    def finish(self) -> None:
        """Raise ReadError if there was any problem."""
        known = ", ".join(f"[{name}]" for name in self._asked if not name.startswith("sample "))
        for section in self._parser.sections():
            if section not in self._asked:
                found = f"found section [{section}], expected {known} or [sample NAME]"
                self._problems.append(f"{self._place(section)}: {found}")
                continue
            for key in self._parser.options(section):
                if key not in self._asked[section]:
                    expected = ", ".join(self._asked[section])
                    self._problems.append(f"{self._place(section, key)}: [{section}]: found {key}, expected {expected}")
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


def _protocols(reader: _Reader, folder: Path) -> tuple[Protocol, ...]:
    names = reader.get("data", "sets", values.list_of(values.data_set(source_names(), folder), least=1)) or ()
    images: dict[str, Any] = {
        "train_images": reader.get("data", "train_images", values.either("all", values.whole(1)), None),
        "validation_images": reader.get("data", "validation_images", values.whole(0), 0),
        "test_images": reader.get("data", "test_images", values.either("all", values.whole(1)), None),
    }
    training = {
        "epochs": reader.get("training", "epochs", values.whole(1), 12),
        "batch_size": reader.get("training", "batch_size", values.whole(1), 128),
        "learning_rate": reader.get("training", "learning_rate", values.positive, 0.01),
        "momentum": reader.get("training", "momentum", values.momentum, 0.0),
        "seed": reader.get("training", "seed", values.whole(0), 0),
        "deterministic": reader.get("training", "deterministic", values.yes_or_no, False),
    }
    if images["train_images"] is not None and images["validation_images"] >= images["train_images"]:
        reader.problem(
            "data",
            "validation_images",
            f"found {images['validation_images']}, expected fewer than the {images['train_images']} training images",
        )
        images["validation_images"] = 0
    return tuple(Protocol(name, **images, **training) for name in names)


def _own_data(reader: _Reader, names: tuple[str, ...], folder: Path) -> Mapping[str, Data]:
    """Return the user's own among the data sets, by the texts that stand for them in the preset."""
    options = {
        "image_size": reader.get("data", "image_size", values.image_size, None),
        "channels": reader.get("data", "channels", values.channels, None),
        "test_share": reader.get("data", "test_share", values.share, None),
        "split_seed": reader.get("data", "split_seed", values.whole(0), 0),
    }
    return MappingProxyType({name: Data(folder / name, **options) for name in names if name not in source_names()})


def _sample(reader: _Reader, section: str, path: Path) -> SampleSetting:
    name = section.removeprefix("sample ").strip()
    if not SAMPLE_NAME.fullmatch(name):
        reader.problem(section, "", f"found the name {name!r}, expected a word such as S1")
    file = values.file_of(path.parent, Path(str(files(_MODELS))))
    return SampleSetting(
        name,
        reader.get(section, "model", file),
        reader.get(section, "restrictions", values.list_of(file), ()),
        reader.get(section, "bounds", values.bounds, MappingProxyType({})),
        reader.get(section, "count", values.whole(1)),
        reader.get(section, "seed", values.whole(0), 0),
        reader.get(section, "max_cpu_s", values.either("none", values.positive), None),
        reader.get(section, "sampler", values.one_of(_samplers()), DEFAULT),
    )


def _samplers() -> tuple[str, ...]:
    """Return the samplers that need only a formula."""
    return tuple(name for name in sampler_names() if name not in ("pledge", "external"))


def _equivalence(reader: _Reader, data: tuple[str, ...]) -> Equivalence | None:
    if not reader.has("equivalence"):
        return None
    return Equivalence(
        reader.get("equivalence", "data", values.one_of(data), data[-1] if data else ""),
        reader.get("equivalence", "runs", values.whole(2, MAX_RUNS)),
        reader.get("equivalence", "margin", values.share, 0.02),
    )


def _named(reader: _Reader, data: tuple[str, ...]) -> Named | None:
    if not reader.has("architectures"):
        return None
    return Named(
        reader.get("architectures", "networks", values.list_of(values.one_of(architecture_names()), least=1)) or (),
        reader.get("architectures", "data", values.one_of(data), data[-1] if data else ""),
        reader.get("architectures", "epochs", values.whole(1)),
    )


def _longer(
    reader: _Reader, data: tuple[str, ...], samples: tuple[str, ...], protocols: tuple[Protocol, ...]
) -> Longer | None:
    if not reader.has("longer"):
        return None
    longer = Longer(
        reader.get("longer", "sample", values.one_of(samples), samples[0] if samples else ""),
        reader.get("longer", "data", values.one_of(data), data[-1] if data else ""),
        reader.get("longer", "best", values.whole(1), 10),
        reader.get("longer", "epochs", values.list_of(values.whole(1), least=1)) or (),
    )
    if list(longer.epochs) != sorted(set(longer.epochs)):
        reader.problem("longer", "epochs", f"found {_shown(longer.epochs)}, expected ascending numbers, each once")
    elif protocols and longer.epochs and longer.epochs[-1] <= protocols[0].epochs:
        base = protocols[0].epochs
        reader.problem(
            "longer", "epochs", f"found at most {longer.epochs[-1]}, expected more than the {base} of [training]"
        )
    return longer


def _limits(reader: _Reader) -> Limits:
    return replace(
        Limits(),
        workers=reader.get("run", "workers", values.either("auto", values.whole(1)), None),
        time_limit_s=reader.get("run", "time_limit_s", values.either("none", values.positive), None),
        memory_limit_mb=reader.get("run", "memory_limit_mb", values.either("none", values.whole(1)), None),
        max_weights=reader.get("run", "max_weights", values.either("none", values.whole(1)), None),
    )


def _shown(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))
