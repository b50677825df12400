"""The named architectures of the package: one TOML file per architecture in `models/architectures/`."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

from featurenet_uvl.decoding.configuration_file import CellConfiguration, read_cell_configuration
from featurenet_uvl.errors import UsageError

_ENDING = ".toml"


def architecture_names() -> tuple[str, ...]:
    """Return the names in alphabetical order.

    >>> "lenet5" in architecture_names()
    True
    """
    return tuple(sorted(file.name.removesuffix(_ENDING) for file in _folder().iterdir() if _is_one(file)))


def named_architecture(name: str) -> CellConfiguration:
    """Return the configuration with this name.

    Raises:
        UsageError: No architecture has this name.

    >>> named_architecture("lenet5").architecture((28, 28, 1), 10).weights()
    545546
    """
    names = architecture_names()
    if name not in names:
        raise UsageError(f"found no architecture {name!r}, expected one of {', '.join(names)}")
    file = _folder() / f"{name}{_ENDING}"
    return read_cell_configuration(file.read_text(encoding="utf-8"), f"{name}{_ENDING}")


def _folder() -> Traversable:
    return files("featurenet_uvl.models") / "architectures"


def _is_one(file: Traversable) -> bool:
    return file.name.endswith(_ENDING)
