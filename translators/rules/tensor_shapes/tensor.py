"""Tensor shapes as literals.

A shape is: whether it is a vector; height and width less one, in binary; and the last axis in one of the forms of
`last_axis.py`. The features determine all literals; those of a tensor that does not exist are false.

A flattened tensor keeps height and width beside its channels. The rules compute the number of its elements only if it
meets another vector.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.translators.encodings.binary import Bits, constant, digit
from featurenet_uvl.translators.encodings.gates import FALSE, TRUE, Gates
from featurenet_uvl.translators.rules.tensor_shapes.last_axis import Form, Key, Units


@dataclass(frozen=True, slots=True)
class Tensor:
    """A shape with the largest values that it can take.

    A matrix has (height + 1, width + 1, units), a vector (height + 1) * (width + 1) * units elements.
    """

    is_vector: int
    sizes: tuple[Bits, Bits]
    units: Units
    largest: tuple[int, int]
    """Largest height and width, less one."""
    channels: int
    """Largest last axis of a matrix."""
    elements: int
    """Most elements of a vector."""
    vector_has_sizes: bool = False
    """Whether height and width of a vector can differ from 0."""

    def literals(self) -> Iterable[int]:
        """Yield the literals that can be true of an existing tensor."""
        for literal in (self.is_vector, *self.sizes[0], *self.sizes[1], *self.units.values()):
            if literal != FALSE:
                yield literal


def constant_tensor(shape: Shape, form: Form) -> Tensor:
    """Return the matrix of this shape (height, width, channels)."""
    height, width, channels = shape
    units = dict.fromkeys(sorted(form.keys(channels)), TRUE)
    sizes = (constant(height - 1), constant(width - 1))
    return Tensor(FALSE, sizes, units, (height - 1, width - 1), channels, 0)


def no_tensor() -> Tensor:
    """Return the input of a block to which no cell sends."""
    return Tensor(FALSE, ((), ()), {}, (0, 0), 0, 0)


Candidate = tuple[Sequence[int], Tensor]
"""The literals that all hold if a tensor is the selected one, and the tensor."""


def select(gates: Gates, form: Form, exists: int, candidates: Sequence[Candidate]) -> Tensor:
    """Return the candidate whose condition holds, or no tensor if `exists` is false; conditions exclude each other."""
    tensors = [tensor for _, tensor in candidates]
    if all(tensor is tensors[0] for tensor in tensors):
        return tensors[0]
    conditions = [condition for condition, _ in candidates]
    vector = _selected(gates, exists, conditions, [tensor.is_vector for tensor in tensors])
    sizes = tuple(
        tuple(
            _selected(gates, exists, conditions, [digit(tensor.sizes[axis], i) for tensor in tensors])
            for i in range(max(len(tensor.sizes[axis]) for tensor in tensors))
        )
        for axis in (0, 1)
    )
    keys = sorted({key for tensor in tensors for key in tensor.units})
    units = {
        key: _selected(gates, exists, conditions, [tensor.units.get(key, FALSE) for tensor in tensors]) for key in keys
    }
    add_ladder(gates, form, units)
    largest = tuple(max(tensor.largest[axis] for tensor in tensors) for axis in (0, 1))
    return Tensor(
        vector,
        (sizes[0], sizes[1]),
        units,
        (largest[0], largest[1]),
        max(tensor.channels for tensor in tensors),
        max(tensor.elements for tensor in tensors),
        any(tensor.vector_has_sizes for tensor in tensors),
    )


def _selected(gates: Gates, exists: int, conditions: Sequence[Sequence[int]], literals: Sequence[int]) -> int:
    if all(literal == FALSE for literal in literals):
        return FALSE
    result = gates.new()
    for condition, literal in zip(conditions, literals):
        gates.equal_if(condition, result, literal)
    gates.add(-result, exists)
    return result


def add_ladder(gates: Gates, form: Form, units: Units) -> None:
    """Add the implications between the keys of a number."""
    for key, literal in units.items():
        weaker: Key | None = form.weaker(key)
        if weaker is not None:
            gates.add(-literal, units.get(weaker, FALSE))


def require_equal(gates: Gates, condition: Sequence[int], left: Units, right: Units) -> None:
    """Add clauses by which two numbers are equal if the condition holds."""
    for key in sorted({*left, *right}):
        gates.equal_if(condition, left.get(key, FALSE), right.get(key, FALSE))
