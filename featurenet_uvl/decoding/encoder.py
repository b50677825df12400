"""From a network back to a configuration of the model, and from a configuration back to a solution of its CNF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.decoding.network import CellFeatures, to_architecture
from featurenet_uvl.decoding.solutions import SHOWN_NAMES, decode_solution
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId
from featurenet_uvl.ir.cnf import VarMap
from featurenet_uvl.ir.configuration import Configuration, Instance
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.feature_model import Cardinality, Feature, FeatureModel, Group, GroupKind

BLOCK, CELL = "Block", "Cell"
"""The multi-features that hold a network."""


def to_configuration(architecture: Architecture, model: FeatureModel) -> Configuration:
    """The configuration of the model that decodes to this network: the inverse of `to_architecture`.

    Only the tree is looked at: features, domains, groups and cardinalities. Whether the constraints hold, too, is for
    the CNF to say (`encode_configuration`, then `check_solutions`).

    Raises:
        DecodeError: A part of the network is outside the model; each is named.
    """
    configuration = configuration_of_cells({cell.id: cell_features(cell) for cell in architecture.cells}, model)
    again = to_architecture(configuration, architecture.input_shape, architecture.classes)
    for found, expected in zip(architecture.cells, again.cells, strict=True):
        if found.sources != expected.sources:
            raise DecodeError(
                f"cell {found.id}: found sources {_ids(found.sources)}, expected {_ids(expected.sources)},"
                " as the cells' destinations say"
            )
    return configuration


def cell_features(cell: Cell) -> CellFeatures:
    """The features that make up a cell, with their attributes, by the model's names."""
    index = cell.destination.relative_index
    return {
        f"Input1_{cell.input1.name}": asdict(cell.input1),
        f"Operation1_{cell.operation1.name}": asdict(cell.operation1),
        f"Input2_{cell.input2.name}": asdict(cell.input2),
        f"Operation2_{cell.operation2.name}": asdict(cell.operation2),
        f"Combination_{cell.combination}": {},
        f"Output_{cell.destination.kind}": {} if index is None else {"relativeIndex": index},
    }


def configuration_of_cells(cells: Mapping[CellId, CellFeatures], model: FeatureModel) -> Configuration:
    """The configuration in which exactly these cells exist, each with exactly these features.

    What the tree implies is added: parents, and mandatory children.

    Args:
        cells: The features of each cell, by name, with the values of their attributes.

    Raises:
        DecodeError: An unknown feature, a value outside its domain, a group with too few or too many members, too many
            cells or blocks. All of them are listed.
    """
    builder = _Builder(cells, {feature.name: feature for feature in model.features()}, _parents(model))
    instances: dict[Instance, Mapping[str, Value]] = {}
    problems = list(builder.unknown_features())
    stack: list[tuple[Feature, tuple[int, ...]]] = [(model.root, ())]
    while stack:
        feature, indices = stack.pop()
        values, wrong = builder.values(feature, indices)
        problems.extend(wrong)
        instances[Instance(feature.name, indices)] = MappingProxyType(values)
        children, wrong = builder.children(feature, indices)
        problems.extend(wrong)
        stack.extend(reversed(children))
    if problems:
        raise DecodeError("\n".join(problems))
    return Configuration(MappingProxyType(instances))


def encode_configuration(configuration: Configuration, variables: VarMap) -> NDArray[np.bool_]:
    """The solution that stands for a configuration, one truth value a feature variable: `decode_solution` undone.

    Raises:
        DecodeError: The CNF has no variable for a part of the configuration, as a smaller bound has not.
    """
    selected = np.zeros(variables.feature_count, dtype=np.bool_)
    for position, origin in enumerate(variables.origins):
        values = configuration.instances.get(Instance(origin.feature, origin.indices))
        if values is None:
            continue
        if origin.attribute is None:
            selected[position] = True
        elif origin.attribute in values:
            selected[position] = origin.value is None or _is_same(values[origin.attribute], origin.value)
    lost = _differences(configuration, decode_solution(selected, variables))
    if lost:
        more = f" and {len(lost) - SHOWN_NAMES} more" if len(lost) > SHOWN_NAMES else ""
        raise DecodeError(
            f"found {', '.join(lost[:SHOWN_NAMES])}{more}, for which this model, with its restrictions and bounds, has"
            " no variable"
        )
    return selected


def _differences(configuration: Configuration, again: Configuration) -> list[str]:
    """What of the first is not in the second."""
    lost = []
    for instance, values in configuration.instances.items():
        if instance not in again:
            lost.append(str(instance))
        else:
            found = again.instances[instance]
            lost += [f"{instance}.{name} = {value!r}" for name, value in values.items() if found.get(name) != value]
    return lost


def _is_same(one: Value, other: Value) -> bool:
    """Equal, and both or neither a truth value."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _ids(ids: Sequence[CellId]) -> str:
    return ", ".join(map(str, ids)) or "none"


def _parents(model: FeatureModel) -> Mapping[str, str]:
    return {child.name: feature.name for feature in model.features() for child in feature.children}


@dataclass(frozen=True, slots=True)
class _Builder:
    """Decides which children of an instance are selected, and with which values."""

    cells: Mapping[CellId, CellFeatures]
    features: Mapping[str, Feature]
    parents: Mapping[str, str]

    def unknown_features(self) -> Iterator[str]:
        """Features that are named in a cell but are not below Cell in the model."""
        for id_, features in self.cells.items():
            for name in features:
                if CELL not in self._above(name):
                    yield f"cell {id_}: found {name}, expected a feature of the model below {CELL}{self._similar(name)}"

    def values(self, feature: Feature, indices: tuple[int, ...]) -> tuple[dict[str, Value], list[str]]:
        """The values of the instance's configurable attributes, as the model spells them."""
        given = self._named(indices).get(feature.name, {})
        domains = {attribute.name: attribute.domain for attribute in feature.attributes if attribute.domain is not None}
        values: dict[str, Value] = {}
        problems = [
            f"{_place(indices)}: found {feature.name}.{name}, expected {_wish(list(domains))}"
            for name in given
            if name not in domains
        ]
        for name, domain in domains.items():
            matches = [value for value in domain if name in given and _is_same(value, given[name])]
            if matches:
                values[name] = matches[0]
            else:
                found = repr(given[name]) if name in given else "no value"
                wish = ", ".join(repr(value) for value in domain)
                problems.append(f"{_place(indices)}: {feature.name}.{name}: found {found}, expected one of {wish}")
        return values, problems

    def children(
        self, feature: Feature, indices: tuple[int, ...]
    ) -> tuple[list[tuple[Feature, tuple[int, ...]]], list[str]]:
        """The selected instances right below an instance, in document order."""
        chosen: list[tuple[Feature, tuple[int, ...]]] = []
        problems: list[str] = []
        for group in feature.groups:
            before = len(chosen)
            for member in group.members:
                if member.cardinality is not None:
                    count = self._count(member, indices)
                    problems.extend(_cardinality_problems(member, member.cardinality, count, indices))
                    chosen.extend((member, (*indices, number)) for number in range(1, count + 1))
                elif group.kind is GroupKind.MANDATORY or self._is_wanted(member.name, indices):
                    chosen.append((member, indices))
            members = {member.name for member, _ in chosen[before:]}
            problems.extend(_group_problems(group, len(members), sorted(members), indices))
        return chosen, problems

    def _named(self, indices: tuple[int, ...]) -> CellFeatures:
        return self.cells.get(CellId(*indices), {}) if len(indices) == 2 else {}

    def _above(self, name: str) -> list[str]:
        """The ancestors of a feature, nearest first."""
        above = []
        while name in self.parents:
            name = self.parents[name]
            above.append(name)
        return above

    def _is_wanted(self, name: str, indices: tuple[int, ...]) -> bool:
        """Whether a feature is named in this cell, or one below it is."""
        return any(name == other or name in self._above(other) for other in self._named(indices))

    def _count(self, feature: Feature, indices: tuple[int, ...]) -> int:
        """How many instances of a multi-feature the network has here."""
        if feature.name == BLOCK and not indices:
            return max((id_.block for id_ in self.cells), default=0)
        if feature.name == CELL and len(indices) == 1:
            return max((id_.cell for id_ in self.cells if id_.block == indices[0]), default=0)
        return 0

    def _similar(self, name: str) -> str:
        """The features of the model whose names begin alike."""
        start = name.partition("_")[0] + "_"
        known = [other for other in self.features if other.startswith(start)]
        return f": {', '.join(known)}" if known else ""


def _place(indices: tuple[int, ...]) -> str:
    match indices:
        case (block, cell):
            return f"cell {CellId(block, cell)}"
        case (block,):
            return f"block {block}"
        case _:
            return "the configuration"


def _wish(names: Sequence[str]) -> str:
    return f"one of the attributes {', '.join(names)}" if names else "no attribute"


def _cardinality_problems(
    feature: Feature, cardinality: Cardinality, count: int, indices: tuple[int, ...]
) -> Iterator[str]:
    if count < cardinality.lower or (cardinality.upper is not None and count > cardinality.upper):
        yield f"{_place(indices)}: found {count} instances of {feature.name}, expected {cardinality}"


def _group_problems(group: Group, count: int, names: Sequence[str], indices: tuple[int, ...]) -> Iterator[str]:
    lower, upper = {
        GroupKind.OR: (1, None),
        GroupKind.ALTERNATIVE: (1, 1),
    }.get(group.kind, (0, None))
    if group.cardinality is not None:
        lower, upper = group.cardinality.lower, group.cardinality.upper
    if count < lower or (upper is not None and count > upper):
        wish = "one" if (lower, upper) == (1, 1) else f"{Cardinality(lower, upper)}"
        members = ", ".join(member.name for member in group.members)
        yield f"{_place(indices)}: found {', '.join(names) or 'none'}, expected {wish} of {members}"
