"""The effect of the selected layer of a place, as literals over its attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.layers import Layer
from featurenet_uvl.translators.encodings.binary import MAX_DIVISOR
from featurenet_uvl.translators.encodings.gates import Gates
from featurenet_uvl.translators.rules.tensor_shapes.cells import KindVars


@dataclass(frozen=True, slots=True)
class Window:
    """A resizing of the form (n - 1 - cut) // step + 1 + more, for sizes n above `cut`; the others do not fit."""

    cut: int
    step: int
    more: int

    def resize(self, size: int) -> int | None:
        """Return the new size, or None if the layer does not fit.

        >>> Window(4, 2, 0).resize(28)
        12
        """
        return (size - 1 - self.cut) // self.step + 1 + self.more if size > self.cut else None


SAME_SIZE = Window(0, 1, 0)

Resizing = Window | tuple[int | None, ...]
"""A window, or the new size for each size from 1: None if the layer does not fit."""


@lru_cache(maxsize=100_000)
def resizing(layer: Layer, axis: int, largest: int) -> Resizing:
    """Return the resizing of sizes 1 .. largest by a layer: a window if one fits all of them, else a table."""
    if layer.flattens or type(layer).resize is Layer.resize:
        return SAME_SIZE
    images = tuple(layer.resize(axis, size) for size in range(1, largest + 1))
    fitting = [image for image in images if image is not None]
    cut = largest - len(fitting)
    if not fitting:
        return Window(largest, 1, 0)
    for step in range(1, max(len(fitting), 1) + 1):
        window = Window(cut, step, fitting[0] - 1)
        if all(window.resize(size) == image for size, image in enumerate(images, 1)):
            is_encodable = window.more >= 0 and (step <= MAX_DIVISOR or step & (step - 1) == 0)
            return window if is_encodable else images
    return images


@dataclass(frozen=True, slots=True)
class Selected:
    """The layers of one place in a cell, of which one is selected, or none in a half that is not in use."""

    gates: Gates
    kinds: Sequence[KindVars]
    _known: dict[tuple[tuple[int, ...], ...], int] = field(default_factory=dict)

    def does(self, claim: Callable[[Layer], bool]) -> int:
        """Return a literal that holds if and only if the selected layer satisfies `claim`.

        The claim may depend on the kind and on its `size_attributes`.
        """
        trees = [(kind, _tree(kind, claim)) for kind in self.kinds]
        conjunctions = [c for kind, tree in trees for c in _conjunctions((kind.variable,), (), tree)]
        if all(len(conjunction) == 1 for conjunction in conjunctions):
            return self.gates.either(*(literal for (literal,) in conjunctions))
        key = tuple(conjunctions)
        if key not in self._known:
            self._known[key] = literal = self.gates.new()
            for conjunction in conjunctions:
                self.gates.add(*(-part for part in conjunction), literal)
            self.gates.add(-literal, *(kind.variable for kind, tree in trees if tree is not False))
            for kind, tree in trees:
                for clause in _exclusions((kind.variable,), (), tree):
                    self.gates.add(*clause, -literal)
        return self._known[key]

    def layers(self) -> Iterator[Layer]:
        """Yield every layer that can be selected here, with the attributes that sizes depend on."""
        for kind in self.kinds:
            yield from (layer for _, layer in _variants(kind))

    def resizes_vectors(self) -> bool:
        """Whether a layer that changes the sizes of matrices takes vectors, too."""
        resizing_kinds = (kind.kind for kind in self.kinds if kind.kind.resize is not Layer.resize)
        return any(kind.takes_vector and not kind.flattens for kind in resizing_kinds)

    def units(self) -> list[tuple[int, int]]:
        """Return the literals that set the last axis, each with the size."""
        setting = [kind for kind in self.kinds if kind.kind.units_attribute is not None]
        return [(literal, int(v)) for kind in setting for v, literal in kind.attributes[str(kind.kind.units_attribute)]]

    def one_of(self, kinds: Callable[[type[Layer]], bool]) -> int:
        """Return a literal that holds if and only if the selected layer is of a kind that satisfies `kinds`."""
        return self.gates.either(*(kind.variable for kind in self.kinds if kinds(kind.kind)))


_Tree = bool | tuple[tuple[int, "_Tree"], ...]
"""A constant, or the literals of an attribute's values, each with the subtree for it."""


def _variants(kind: KindVars) -> list[tuple[tuple[Value, ...], Layer]]:
    """Return the layers of a kind by their size attributes; other attributes have their first value."""
    names = kind.kind.size_attributes
    domains = {name: tuple(value for value, _ in choices) for name, choices in kind.attributes.items()}
    first = {name: values[0] for name, values in domains.items()}
    make: Callable[..., Layer] = kind.kind
    found = product(*(domains[name] for name in names))
    return [(values, _cached_layer(make, tuple({**first, **dict(zip(names, values))}.items()))) for values in found]


@lru_cache(maxsize=100_000)
def _cached_layer(make: Callable[..., Layer], attributes: tuple[tuple[str, Value], ...]) -> Layer:
    return make(**dict(attributes))


def _tree(kind: KindVars, claim: Callable[[Layer], bool]) -> _Tree:
    """Return the claim as decisions on attributes, each on the attribute that leaves fewest values undecided."""
    values = {key: claim(layer) for key, layer in _variants(kind)}
    choices = [kind.attributes[name] for name in kind.kind.size_attributes]

    def decide(rows: Mapping[tuple[Value, ...], bool], left: tuple[int, ...]) -> _Tree:
        if len(set(rows.values())) == 1:
            return next(iter(rows.values()))
        splits = []
        for k in left:
            parts = [
                (literal, {key: truth for key, truth in rows.items() if key[k] == value})
                for value, literal in choices[k]
            ]
            splits.append((sum(len(set(part.values())) > 1 for _, part in parts), k, parts))
        _, best, parts = min(splits, key=lambda split: split[:2])
        return tuple((literal, decide(part, tuple(k for k in left if k != best))) for literal, part in parts)

    return decide(values, tuple(range(len(choices))))


def _conjunctions(default: tuple[int, ...], path: tuple[int, ...], tree: _Tree) -> Iterator[tuple[int, ...]]:
    """Yield the paths to true leaves; a value's literal implies the kind's, which thus stands on an empty path only."""
    if tree is True:
        yield path or default
    elif tree is not False:
        for literal, below in tree:
            yield from _conjunctions(default, (*path, literal), below)


def _exclusions(default: tuple[int, ...], path: tuple[int, ...], tree: _Tree) -> Iterator[tuple[int, ...]]:
    """Yield clauses for the claim's literal: on each path, it demands one of the values that lead to a true leaf."""
    if isinstance(tree, bool):
        return
    leading = [literal for literal, below in tree if below is not False]
    if len(leading) < len(tree):
        yield (*(-literal for literal in path or default), *leading)
    for literal, below in tree:
        yield from _exclusions(default, (*path, literal), below)
