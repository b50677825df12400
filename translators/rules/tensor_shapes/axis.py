"""One axis of a tensor through a layer: cut off, divide, add, and look up all other resizings in tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from featurenet_uvl.translators.encodings.binary import Bits, add, digit, divide, subtract
from featurenet_uvl.translators.encodings.gates import FALSE, Function, Gates
from featurenet_uvl.translators.rules.tensor_shapes.layer_choice import SAME_SIZE, Resizing, Selected, Window, resizing
from featurenet_uvl.translators.rules.tensor_shapes.tensor import Tensor

Table = tuple[int | None, ...]


def resize(gates: Gates, selected: Selected, tensor: Tensor, axis: int, active: int, reset: int) -> tuple[Bits, int]:
    """Return height or width after a layer, less one, and its largest possible value.

    Args:
        gates: Takes the clauses.
        selected: The layers of which one is selected.
        tensor: The tensor before the layer.
        axis: 0 for height, 1 for width.
        active: A literal; if it holds, the layer must fit.
        reset: A literal; if it holds, the result is 0.
    """
    largest = tensor.largest[axis]
    ways = {resizing(layer, axis, largest + 1) for layer in selected.layers()} or {SAME_SIZE}
    claims = _Claims(gates, selected, tensor, axis)
    bits = _slide(gates, claims, [_window(way) for way in ways], active, reset)
    for table in sorted((way for way in ways if not isinstance(way, Window)), key=repr):
        bits = _look_up(gates, claims, table, bits, active)
    return bits, max(_image(way, largest) for way in ways)


@dataclass(frozen=True, slots=True)
class _Claims:
    """Literals for the effect of the selected layer on one axis."""

    gates: Gates
    selected: Selected
    tensor: Tensor
    axis: int

    @property
    def bits(self) -> Bits:
        return self.tensor.sizes[self.axis]

    def literal(self, claim: Callable[[Resizing], bool]) -> int:
        """Return a literal that holds if the selected layer's resizing satisfies `claim`; vectors keep their size."""
        count = self.tensor.largest[self.axis] + 1
        result = self.selected.does(lambda layer: claim(resizing(layer, self.axis, count)))
        return self.gates.both(result, -self.tensor.is_vector) if self.selected.resizes_vectors() else result


def _slide(gates: Gates, claims: _Claims, windows: list[Window], active: int, reset: int) -> Bits:
    """Return (n - cut) // step + more, for n = size - 1."""
    cut = _bits(claims, max(way.cut for way in windows), lambda way: way.cut)
    moved, is_below = subtract(gates, claims.bits, cut)
    gates.add(-is_below, -active)
    steps = sorted({way.step for way in windows} - {1})
    options = [(claims.literal(_has_step(step)), divide(gates, moved, step)) for step in steps]
    bits = tuple(
        gates.pick([(reset, FALSE), *((literal, digit(quotient, i)) for literal, quotient in options)], bit)
        for i, bit in enumerate(moved)
    )
    more = max(way.more for way in windows)
    if not more:
        return bits
    width = max(_image(way, claims.tensor.largest[claims.axis]) for way in windows).bit_length()
    return add(gates, bits, _bits(claims, more, lambda way: way.more), width)


def _window(way: Resizing) -> Window:
    return way if isinstance(way, Window) else SAME_SIZE


def _has_step(step: int) -> Callable[[Resizing], bool]:
    return lambda way: _window(way).step == step


def _bits(claims: _Claims, largest: int, number: Callable[[Window], int]) -> Bits:
    """Return a number of the selected layer in binary."""
    return tuple(
        claims.literal(lambda way, i=i: bool(number(_window(way)) >> i & 1))  # type: ignore[misc]
        for i in range(largest.bit_length())
    )


def _look_up(gates: Gates, claims: _Claims, table: Table, bits: Bits, active: int) -> Bits:
    """Return the sizes of the table if its layer is selected, else the digits as they are."""
    condition = claims.literal(lambda way: way == table)
    gates.add(-condition, -active, -gates.function(claims.bits, _lacks(table)))
    width = max(len(bits), max(image or 1 for image in table).bit_length())
    found = [gates.function(claims.bits, _digit_of(table, i)) for i in range(width)]
    return tuple(gates.pick([(condition, found[i])], digit(bits, i)) for i in range(width))


@lru_cache
def _lacks(table: Table) -> Function:
    return lambda size: table[size] is None if size < len(table) else None


@lru_cache
def _digit_of(table: Table, i: int) -> Function:
    def value(size: int) -> bool | None:
        image = table[size] if size < len(table) else None
        return None if image is None else bool(image - 1 >> i & 1)

    return value


def _image(way: Resizing, largest: int) -> int:
    """Return the largest result, less one, for sizes up to `largest` + 1."""
    if isinstance(way, Window):
        return (way.resize(largest + 1) or 1) - 1
    return max((image for image in way if image is not None), default=1) - 1
