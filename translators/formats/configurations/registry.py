"""Formats of configurations by name: how each is read and written, and whether a file holds one or many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from featurenet_uvl.ir.selections import Selections
from featurenet_uvl.translators.formats.configurations.config import read_config, write_config
from featurenet_uvl.translators.formats.configurations.csv import read_configuration_csv, write_configuration_csv
from featurenet_uvl.translators.formats.configurations.featureide import read_configuration, write_configuration
from featurenet_uvl.translators.formats.configurations.pdt import read_pdt, write_pdt


@dataclass(frozen=True, slots=True)
class ConfigurationFormat:
    """`read` takes the text, the path for messages and the names of the model's features; `ending` is of its files."""

    read: Callable[[str, str, Sequence[str]], Selections]
    write: Callable[[Selections], str]
    ending: str
    holds_many: bool


CONFIGURATION_FORMATS: Mapping[str, ConfigurationFormat] = MappingProxyType(
    {
        "featureide": ConfigurationFormat(read_configuration, write_configuration, ".xml", holds_many=False),
        "config": ConfigurationFormat(read_config, write_config, ".config", holds_many=False),
        "csv": ConfigurationFormat(read_configuration_csv, write_configuration_csv, ".csv", holds_many=True),
        "pdt": ConfigurationFormat(read_pdt, write_pdt, ".pdt", holds_many=True),
    }
)
"""Every format by name. Of `config`, abstract features are the caller's matter: see `configurations.config_list`."""
