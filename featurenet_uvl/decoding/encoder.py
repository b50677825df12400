"""From a network back to a configuration of the model, and from a configuration back to a solution of its CNF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import SHOWN_NAMES, decode_solution
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId
from featurenet_uvl.ir.cell_features import BLOCK, CELL, RELATIVE_INDEX, CellFeatures, Part
from featurenet_uvl.ir.cnf import VarMap
from featurenet_uvl.ir.configuration import Configuration, Instance
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.feature_model import Cardinality, Feature, FeatureModel, Group, GroupKind


def to_configuration(architecture: Architecture, model: FeatureModel) -> Configuration:
    """Return the configuration of the model that decodes to this network: the inverse of `to_architecture`.

    It satisfies the model's tree: features, domains, groups and cardinalities. Only the CNF can tell whether it
    satisfies the constraints, too (`encode_configuration`, then `check_solutions`).

    Raises:
        DecodeError: Parts of the network are outside the model; the message lists all of them.
    """
    configuration = configuration_of_cells({cell.id: features_of_cell(cell) for cell in architecture.cells}, model)
    again = to_architecture(configuration, architecture.input_shape, architecture.classes)
    for found, expected in zip(architecture.cells, again.cells, strict=True):
        if found.sources != expected.sources:
            raise DecodeError(
                f"cell {found.id}: found sources {_ids(found.sources)}, expected {_ids(expected.sources)},"
                " as the destinations of the cells say"
            )
    return configuration


def features_of_cell(cell: Cell) -> CellFeatures:
    """Return the features that make up a cell, with the values of their attributes."""
    index = cell.destination.relative_index
    return {
        Part.INPUT1.feature(cell.input1.name): asdict(cell.input1),
        Part.OPERATION1.feature(cell.operation1.name): asdict(cell.operation1),
        Part.INPUT2.feature(cell.input2.name): asdict(cell.input2),
        Part.OPERATION2.feature(cell.operation2.name): asdict(cell.operation2),
        Part.COMBINATION.feature(cell.combination): {},
        Part.OUTPUT.feature(cell.destination.kind): {} if index is None else {RELATIVE_INDEX: index},
    }


def configuration_of_cells(cells: Mapping[CellId, CellFeatures], model: FeatureModel) -> Configuration:
    """Return the configuration in which exactly these cells exist, each with exactly these features.

    It also holds the features that the tree implies: parents, and mandatory children.

    Args:
        cells: The features of each cell.
        model: The DNN model, with its restrictions and bounds.

    Raises:
        DecodeError: A feature is unknown, a value is outside its domain, a group has too few or too many members, or
            there are too many cells or blocks. The message lists all of these.
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
    """Return the solution that stands for a configuration: the inverse of `decode_solution`.

    Returns:
        One truth value per feature variable, in their order.

    Raises:
        DecodeError: The CNF has no variable for a part of the configuration; its bounds may be smaller.
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
            f"found {', '.join(lost[:SHOWN_NAMES])}{more}, expected parts for which the model, with its restrictions"
            " and bounds, has a variable"
        )
    return selected


def _differences(configuration: Configuration, again: Configuration) -> list[str]:
    """Return the instances and values of the first configuration that the second lacks."""
    lost = []
    for instance, values in configuration.instances.items():
        if instance not in again:
            lost.append(str(instance))
        else:
            found = again.instances[instance]
            lost += [f"{instance}.{name} = {value!r}" for name, value in values.items() if found.get(name) != value]
    return lost


def _is_same(one: Value, other: Value) -> bool:
    """Whether two values are equal and both or neither of them is a truth value (Python takes True for 1)."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _ids(ids: Sequence[CellId]) -> str:
    return ", ".join(map(str, ids)) or "none"


def _parents(model: FeatureModel) -> Mapping[str, str]:
    return {child.name: feature.name for feature in model.features() for child in feature.children}


@dataclass(frozen=True, slots=True)
class _Builder:
    """Decides which children of an instance are selected, and with which values.

    `features` and `parents` are those of the model, by the name of the feature.
    """

    cells: Mapping[CellId, CellFeatures]
    features: Mapping[str, Feature]
    parents: Mapping[str, str]

    def unknown_features(self) -> Iterator[str]:
        """Yield a problem for each feature of a cell that the model does not have below its multi-feature of cells."""
        for id_, features in self.cells.items():
            for name in features:
                if CELL not in self._above(name):
                    yield f"cell {id_}: found {name}, expected a feature of the model below {CELL}{self._similar(name)}"

    def values(self, feature: Feature, indices: tuple[int, ...]) -> tuple[dict[str, Value], list[str]]:
        """Return the values of the instance's configurable attributes, as the model spells them, and the problems."""
        given = self._named(indices).get(feature.name, {})
        domains = {attribute.name: attribute.domain for attribute in feature.attributes if attribute.domain is not None}
        values: dict[str, Value] = {}
        problems = [
            f"{_place(indices)}: found {feature.name}.{name}, expected {_any_of(list(domains))}"
            for name in given
            if name not in domains
        ]
        for name, domain in domains.items():
            matches = [value for value in domain if name in given and _is_same(value, given[name])]
            if matches:
                values[name] = matches[0]
            else:
                found = repr(given[name]) if name in given else "no value"
                allowed = ", ".join(repr(value) for value in domain)
                problems.append(f"{_place(indices)}: {feature.name}.{name}: found {found}, expected one of {allowed}")
        return values, problems

    def children(
        self, feature: Feature, indices: tuple[int, ...]
    ) -> tuple[list[tuple[Feature, tuple[int, ...]]], list[str]]:
        """Return the selected children of an instance, in document order, and the problems."""
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
        """Return the ancestors of a feature, nearest first."""
        above = []
        while name in self.parents:
            name = self.parents[name]
            above.append(name)
        return above

    def _is_wanted(self, name: str, indices: tuple[int, ...]) -> bool:
        """Whether this cell names a feature, or one below it."""
        return any(name == other or name in self._above(other) for other in self._named(indices))

    def _count(self, feature: Feature, indices: tuple[int, ...]) -> int:
        """Return the number of instances of a multi-feature that the network has below these indices."""
        if feature.name == BLOCK and not indices:
            return max((id_.block for id_ in self.cells), default=0)
        if feature.name == CELL and len(indices) == 1:
            return max((id_.cell for id_ in self.cells if id_.block == indices[0]), default=0)
        return 0

    def _similar(self, name: str) -> str:
        """Return a list, for a message, of the model's features whose names have the same first word."""
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


def _any_of(names: Sequence[str]) -> str:
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
        expected = "one" if (lower, upper) == (1, 1) else f"{Cardinality(lower, upper)}"
        members = ", ".join(member.name for member in group.members)
        yield f"{_place(indices)}: found {', '.join(names) or 'none'}, expected {expected} of {members}"
