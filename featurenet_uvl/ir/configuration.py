"""A configuration of the source model: the selected instances with the values of their attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from featurenet_uvl.ir.expression import Value


@dataclass(frozen=True, slots=True, order=True)
class Instance:
    """One instance of a feature. `indices` number the instances of the multi-features around it and of itself, from 1.

    >>> str(Instance("Cell", (1, 2)))
    'Cell[1,2]'
    """

    feature: str
    indices: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.feature + (f"[{','.join(map(str, self.indices))}]" if self.indices else "")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The selected instances in document order; each has the values of its configurable attributes, by name."""

    instances: Mapping[Instance, Mapping[str, Value]] = field(default_factory=lambda: MappingProxyType({}))

    def __contains__(self, instance: object) -> bool:
        return instance in self.instances

    def __iter__(self) -> Iterator[Instance]:
        return iter(self.instances)

    def value(self, instance: Instance, attribute: str) -> Value | None:
        """Return the value of a configurable attribute; None if the instance is deselected or lacks the attribute."""
        return self.instances.get(instance, {}).get(attribute)
