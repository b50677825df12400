"""The rule set `tensor-shapes`: every layer and every combination can take the tensors that it gets.

Convolution, pooling, padding and flattening need a matrix, with padding `valid` one that the kernel fits; `Sum` and
`Product` need equal shapes. The arithmetic is that of `featurenet_uvl.ir.layers`, tabulated over the sizes that can be
reached; how shapes become literals says `_tensor.py`.

Source: Ghamizi et al. 2019, section 3, the last three constraints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations, product

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.layers import Layer, Shape
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.rules._cells import CellVars, KindVars, find_cells
from featurenet_uvl.translators.rules._tensor import (
    FALSE,
    Clauses,
    Exponents,
    Sizes,
    Tensor,
    add_exponents,
    constant_tensor,
    factorise,
    map_sizes,
    matrix_units,
    maxima,
    new_tensor,
    pairs,
    select,
    set_units,
    size_exponents,
    unit_pairs,
)

Pair = tuple[Tensor, Tensor]
"""What the first and the second half of a cell get."""

Source = tuple[Sequence[int], Tensor]
"""A tensor, and the literals under which it is the one that is meant."""


def add_tensor_shapes(model: BooleanModel, builder: ClauseBuilder, input_shape: Shape) -> None:
    """Adds clauses that exclude exactly the networks whose shapes do not fit, over determined auxiliaries.

    Args:
        input_shape: (height, width, channels) of the images.

    Raises:
        ModelError: The model's layers are not those of `ir.layers`.
        UnsupportedError: A cell can end in Concat.
    """
    clauses = Clauses(builder)
    image = constant_tensor(input_shape)
    block_inputs: Pair = (image, image)
    for block in find_cells(model, builder):
        outputs: list[Tensor] = []
        for cell in block:
            first, second = _cell_inputs(clauses, block, cell, outputs, block_inputs)
            outputs.append(_cell_output(clauses, cell, first, second))
        block_inputs = _block_outputs(clauses, block, outputs)


def _cell_inputs(
    clauses: Clauses, block: Sequence[CellVars], cell: CellVars, outputs: Sequence[Tensor], block_inputs: Pair
) -> Pair:
    """The tensors of the two halves: those of the first and the last earlier cell that aims here, or the block's."""
    aims = [
        (earlier.targets[distance], tensor)
        for earlier, tensor in zip(block, outputs)
        if (distance := cell.cell - earlier.cell - 1) in earlier.targets
    ]
    if not aims:
        return block_inputs
    nobody = [cell.variable, *(-literal for literal, _ in aims)]
    first = select(clauses, cell.variable, [*_first_of(aims), (nobody, block_inputs[0])])
    second = select(clauses, cell.variable, [*_first_of(aims[::-1]), (nobody, block_inputs[1])])
    return first, second


def _first_of(candidates: Sequence[tuple[int, Tensor]]) -> Iterator[Source]:
    """Each candidate under the condition that it is chosen and none before it is."""
    for i, (literal, tensor) in enumerate(candidates):
        yield [literal, *(-other for other, _ in candidates[:i])], tensor


def _block_outputs(clauses: Clauses, block: Sequence[CellVars], outputs: Sequence[Tensor]) -> Pair:
    """What the next block gets: the outputs of the first and the last cell that sends to it."""
    senders = [(cell.to_block, tensor) for cell, tensor in zip(block, outputs) if cell.to_block is not None]
    if not senders:
        nothing = Tensor(FALSE, ({}, {}), {}, {})
        return nothing, nothing
    exists = clauses.define_or(*(literal for literal, _ in senders))
    first = select(clauses, exists, list(_first_of(senders)))
    second = select(clauses, exists, list(_first_of(senders[::-1])))
    return first, second


def _cell_output(clauses: Clauses, cell: CellVars, first: Tensor, second: Tensor) -> Tensor:
    if "Concat" in cell.combinations:
        raise UnsupportedError(
            f"{cell.feature.span}: {cell.feature.name} can end in Combination_Concat, which the rule set tensor-shapes"
            " cannot express in this version; forbid it, as s1.uvl does, or compile without rule sets"
        )
    _must_have_shape(clauses, cell.variable, first)
    output = _half(clauses, cell, 0, first, cell.variable)
    if not cell.inputs[1]:
        return output
    active = cell.variable if cell.zeros is None else clauses.define_and(cell.variable, -cell.zeros)
    _must_have_shape(clauses, active, second)
    other = _half(clauses, cell, 1, second, active)
    for left, right in pairs(output, other):
        clauses.equal_if([active], left, right)
    return output


def _must_have_shape(clauses: Clauses, exists: int, tensor: Tensor) -> None:
    clauses.add(-exists, tensor.is_vector, *tensor.axes[0].values())


def _half(clauses: Clauses, cell: CellVars, half: int, tensor: Tensor, active: int) -> Tensor:
    """The tensor after the input layer and the operation of one half, which computes something where `active` holds."""
    tensor = _apply(clauses, tensor, cell.inputs[half], active, active)
    return _apply(clauses, tensor, cell.operations[half], cell.variable, active)


def _apply(clauses: Clauses, tensor: Tensor, kinds: Sequence[KindVars], selected: int, active: int) -> Tensor:
    """The tensor after the one of these layers that is selected.

    Args:
        selected: Holds exactly where one of the layers is selected.
        active: Holds where the layer must be able to take the tensor; it implies `selected`.
    """
    for kind in kinds:
        if not kind.kind.takes_vector:
            clauses.add(-kind.variable, -active, -tensor.is_vector)
        if not kind.kind.takes_matrix:
            clauses.add(-kind.variable, -active, tensor.is_vector)
    flattening = [kind.variable for kind in kinds if kind.kind.flattens]
    flattened = clauses.define_or(*flattening) if flattening else FALSE
    axes = tuple(_resize(clauses, kinds, axis, tensor.axes[axis], selected, active) for axis in (0, 1))
    is_vector = clauses.define_or(tensor.is_vector, flattened)
    units = _units(clauses, tensor, kinds, flattened, selected)
    return Tensor(is_vector, (axes[0], axes[1]), units, _channels(tensor, kinds))


def _resize(clauses: Clauses, kinds: Sequence[KindVars], axis: int, sizes: Sizes, selected: int, active: int) -> Sizes:
    """One axis after the layer. Layers that do the same to all reachable sizes share one literal."""
    tables: dict[tuple[int | None, ...], list[tuple[int, ...]]] = {}
    for kind in kinds:
        for table, condition in _tables(kind, axis, tuple(sizes)):
            tables.setdefault(table, []).append(condition)
    if list(tables) == [tuple(sizes)] or not sizes:
        return sizes
    functions: list[tuple[int, Callable[[int], int | None]]] = []
    for table, conditions in tables.items():
        literal = selected if len(tables) == 1 else _one_of(clauses, conditions)
        functions.append((literal, dict(zip(sizes, table)).__getitem__))
    for (one, _), (other, _) in combinations(functions, 2):
        clauses.add(-one, -other)
    for literal, _ in functions:
        clauses.add(-literal, selected)
    return map_sizes(clauses, sizes, functions, selected, active)


def _one_of(clauses: Clauses, conditions: Sequence[tuple[int, ...]]) -> int:
    """A literal implied by each of the conditions; the callers make such literals exclude each other."""
    if len(conditions) == 1 and len(conditions[0]) == 1:
        return conditions[0][0]
    literal = clauses.new()
    for condition in conditions:
        clauses.add(*(-part for part in condition), literal)
    return literal


def _tables(
    kind: KindVars, axis: int, sizes: tuple[int, ...]
) -> Iterator[tuple[tuple[int | None, ...], tuple[int, ...]]]:
    """What the layer does to each size, with the literals under which it does so; 0 stands for no size (a vector)."""
    domains = {name: tuple(value for value, _ in kind.attributes[name]) for name in kind.attributes}
    stack: list[tuple[tuple[int, ...], dict[str, Value]]] = [((), {})]
    while stack:
        literals, chosen = stack.pop()
        open_names = [name for name in kind.kind.size_attributes if name not in chosen]
        found = {
            _table(_layer(kind.kind, domains, {**chosen, **dict(zip(open_names, rest))}), axis, sizes)
            for rest in product(*(domains[name] for name in open_names))
        }
        if len(found) == 1:
            yield found.pop(), literals or (kind.variable,)
            continue
        name = open_names[0]
        for value, literal in reversed(kind.attributes[name]):
            stack.append(((*literals, literal), {**chosen, name: value}))


def _layer(kind: type[Layer], domains: Mapping[str, tuple[Value, ...]], chosen: Mapping[str, Value]) -> Layer:
    """A layer with these attributes; those that do not change sizes get their first value."""
    return kind(**{name: chosen.get(name, values[0]) for name, values in domains.items()})


@lru_cache(maxsize=10_000)
def _table(layer: Layer, axis: int, sizes: tuple[int, ...]) -> tuple[int | None, ...]:
    if layer.flattens:
        return (0,) * len(sizes)
    return tuple(layer.resize(axis, size) for size in sizes)


def _units(clauses: Clauses, tensor: Tensor, kinds: Sequence[KindVars], flattened: int, selected: int) -> Exponents:
    """The last axis after the layer: kept, set by an attribute, or the product of all three axes."""
    keeping = [k.variable for k in kinds if not k.kind.flattens and k.kind.units_attribute is None]
    setting = _settings(kinds)
    if flattened == FALSE and not setting:
        return tensor.units
    kept = clauses.define_or(*keeping) if keeping else FALSE
    sources: list[tuple[int, Exponents]] = [(kept, tensor.units)] if keeping else []
    if flattened != FALSE:
        area = add_exponents(clauses, size_exponents(clauses, tensor.axes[0]), size_exponents(clauses, tensor.axes[1]))
        sources.append((flattened, add_exponents(clauses, area, matrix_units(tensor))))
    tops = [{prime: len(literals) for prime, literals in units.items()} for _, units in sources]
    numbers = [factorise(int(number)) for number, _ in setting]
    result = new_tensor(clauses, ((), ()), maxima([*tops, *numbers]), {}, False).units
    for condition, units in sources:
        for left, right in unit_pairs(result, units):
            clauses.equal_if([condition], left, right)
    for number, literal in setting:
        set_units(clauses, literal, result, int(number))
    for literals in result.values():
        clauses.add(-literals[0], selected)
    return result


def _settings(kinds: Sequence[KindVars]) -> list[tuple[Value, int]]:
    """The sizes to which these layers can set the last axis, each with its literal."""
    return [choice for k in kinds if k.kind.units_attribute for choice in k.attributes[k.kind.units_attribute]]


def _channels(tensor: Tensor, kinds: Sequence[KindVars]) -> Mapping[int, int]:
    """The largest exponents of the channels, if the tensor is a matrix after the layer."""
    keeps = any(not kind.kind.flattens and kind.kind.units_attribute is None for kind in kinds)
    numbers = [factorise(int(number)) for number, _ in _settings(kinds)]
    return maxima([tensor.channels, *numbers] if keeps else numbers)
