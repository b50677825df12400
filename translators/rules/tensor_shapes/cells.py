"""The variables of each cell of the DNN model, as the rule set `tensor-shapes` needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.cell_features import (
    BLOCK,
    CELL,
    COMBINATIONS,
    INPUTS,
    OPERATIONS,
    RELATIVE_INDEX,
    TO_BLOCK,
    TO_CELL,
    Part,
)
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.feature_model import Feature, Origin
from featurenet_uvl.ir.layer_kinds import kinds_of
from featurenet_uvl.ir.layers import Layer, ShapeError, Zeros
from featurenet_uvl.solvers.session import MINISAT, Session
from featurenet_uvl.translators.encodings.builder import ClauseBuilder

Choices = tuple[tuple[Value, int], ...]
"""The values of an attribute, each with its variable."""


@dataclass(frozen=True, slots=True)
class KindVars:
    """One kind of layer that a cell can hold: the feature's variable, and those of its attributes' values."""

    kind: type[Layer]
    variable: int
    attributes: Mapping[str, Choices]


@dataclass(frozen=True, slots=True)
class CellVars:
    """The variables of one cell that are not dead; `targets` maps a relative index to its variable."""

    block: int
    cell: int
    variable: int
    inputs: tuple[tuple[KindVars, ...], tuple[KindVars, ...]]
    operations: tuple[tuple[KindVars, ...], tuple[KindVars, ...]]
    zeros: int | None
    combinations: Mapping[str, int]
    targets: Mapping[int, int]
    to_block: int | None
    feature: Feature


def find_cells(model: BooleanModel, builder: ClauseBuilder) -> tuple[tuple[CellVars, ...], ...]:
    """Return the cells of each block, without variables that unit propagation shows to be dead.

    Raises:
        ModelError: A layer of no known kind, or attributes that are not its kind's.
    """
    dead = _dead_by_propagation(builder)
    features = {f.name: f for f in model.model.features()}
    by_origin = {origin: name for name, origin in model.origins().items() if builder.variables[name] not in dead}
    _check_kinds(model)
    reader = _CellReader(by_origin, builder.variables, features, _attribute_values(by_origin))
    blocks: dict[int, list[CellVars]] = {}
    for origin in by_origin:
        if origin.feature == CELL and origin.attribute is None:
            if len(origin.indices) != 2:
                raise ModelError(
                    f"{model.root.span}: the rule set tensor-shapes needs {CELL} [n..m] inside {BLOCK} [n..m]"
                )
            blocks.setdefault(origin.indices[0], []).append(reader.read(origin.indices))
    if not blocks:
        raise ModelError(
            f"{model.root.span}: the rule set tensor-shapes found no {CELL} [n..m] inside {BLOCK} [n..m]; compile the"
            " source model instead of an unfolded one, or leave rule sets out (`rules`)"
        )
    return tuple(tuple(blocks[number]) for number in sorted(blocks))


def _dead_by_propagation(builder: ClauseBuilder) -> frozenset[int]:
    """Return the features that unit propagation alone shows to be in no configuration."""
    with Session(builder.clauses, builder.count, name=MINISAT) as session:
        return frozenset(v for v in builder.variables.values() if session.implied(v) is None)


def _attribute_values(by_origin: Mapping[Origin, str]) -> Mapping[tuple[str, tuple[int, ...], str], list[Origin]]:
    values: dict[tuple[str, tuple[int, ...], str], list[Origin]] = {}
    for origin in by_origin:
        if origin.attribute is not None and origin.value is not None:
            values.setdefault((origin.feature, origin.indices, origin.attribute), []).append(origin)
    return values


@dataclass(frozen=True, slots=True)
class _CellReader:
    by_origin: Mapping[Origin, str]
    variables: Mapping[str, int]
    features: Mapping[str, Feature]
    values: Mapping[tuple[str, tuple[int, ...], str], Sequence[Origin]]

    def read(self, indices: tuple[int, ...]) -> CellVars:
        block, cell = indices
        return CellVars(
            block,
            cell,
            self.variables[self.by_origin[Origin(CELL, indices)]],
            (self._kinds(Part.INPUT1, indices), self._kinds(Part.INPUT2, indices)),
            (self._kinds(Part.OPERATION1, indices), self._kinds(Part.OPERATION2, indices)),
            self._variable(Part.INPUT2.feature(Zeros.name), indices),
            {
                name: variable
                for name in COMBINATIONS
                if (variable := self._variable(Part.COMBINATION.feature(name), indices)) is not None
            },
            {
                int(value): variable
                for value, variable in self._choices(Part.OUTPUT.feature(TO_CELL), indices, RELATIVE_INDEX)
            },
            self._variable(Part.OUTPUT.feature(TO_BLOCK), indices),
            self.features[self.by_origin[Origin(CELL, indices)]],
        )

    def _variable(self, feature: str, indices: tuple[int, ...]) -> int | None:
        name = self.by_origin.get(Origin(feature, indices))
        return None if name is None else self.variables[name]

    def _choices(self, feature: str, indices: tuple[int, ...], attribute: str) -> Choices:
        origins = self.values.get((feature, indices, attribute), ())
        return tuple((o.value, self.variables[self.by_origin[o]]) for o in origins if o.value is not None)

    def _kinds(self, part: Part, indices: tuple[int, ...]) -> tuple[KindVars, ...]:
        found = []
        for name, kind in kinds_of(part).items():
            variable = self._variable(part.feature(name), indices)
            if variable is not None and kind is not Zeros:
                attributes = {f.name: self._choices(part.feature(name), indices, f.name) for f in fields(kind)}
                found.append(KindVars(kind, variable, attributes))
        return tuple(found)


def _check_kinds(model: BooleanModel) -> None:
    """Check that every option of a part that holds a layer is a known kind with exactly its attributes."""
    problems: list[str] = []
    for feature in model.model.features():
        origin = feature.origin
        if origin is None or origin.attribute is not None:
            continue
        for part in (*INPUTS, *OPERATIONS):
            if origin.feature == part.value and set(origin.indices) <= {1}:
                for child in feature.children:
                    problems.extend(_kind_problems(child, part.prefix, kinds_of(part)))
    if problems:
        raise ModelError(problems)


def _kind_problems(child: Feature, prefix: str, kinds: Mapping[str, type[Layer]]) -> Iterable[str]:
    name = child.origin.feature if child.origin is not None else child.name
    kind = kinds.get(name.removeprefix(prefix))
    if kind is None or not name.startswith(prefix):
        wish = ", ".join(prefix + known for known in kinds)
        yield f"{child.span}: found {name!r}, expected a layer that the decoder knows: {wish}"
        return
    expected = {f.name for f in fields(kind)}
    heads = {
        head.origin.attribute: head for head in child.children if head.origin is not None and head.origin.attribute
    }
    for missing in sorted(expected - set(heads)):
        yield f"{child.span}: found {name!r} without the attribute {missing!r}, expected {', '.join(sorted(expected))}"
    for unknown in sorted(set(heads) - expected):
        wish = f"one of {', '.join(sorted(expected))}" if expected else "none"
        yield f"{child.span}: found the attribute {name}.{unknown}, expected {wish}"
    if expected == set(heads):
        domains = {f.name: _values(heads[f.name]) for f in fields(kind)}
        for attribute, values in domains.items():
            for value in values:
                try:
                    kind(**{key: others[0] for key, others in domains.items()} | {attribute: value})
                except ShapeError as error:
                    yield f"{heads[attribute].span}: the domain of {name}.{attribute}: {error}"


def _values(head: Feature) -> list[Value]:
    origins = (child.origin for child in head.children)
    return [origin.value for origin in origins if origin is not None and origin.value is not None]
