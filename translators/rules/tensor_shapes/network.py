"""The rule set `tensor-shapes`: every layer and every combination fits the tensors before it.

Convolution, pooling, padding and flattening need a matrix, with padding `valid` one that the kernel fits; `Sum` and
`Product` need equal shapes, `Concat` needs equal heights and widths, or two vectors. The arithmetic is that of
`featurenet_uvl.ir.layers`, tabulated over the reachable sizes; `tensor.py` says how shapes become literals.

Source: Ghamizi et al. 2019, section 3, the last three constraints.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.cell_features import CONCAT
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.ir.span import Source, SourceKind
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.encodings.gates import FALSE, TRUE, Gates
from featurenet_uvl.translators.rules.tensor_shapes.cell_half import elements, half
from featurenet_uvl.translators.rules.tensor_shapes.cells import CellVars, find_cells
from featurenet_uvl.translators.rules.tensor_shapes.last_axis import BinaryDigits, Form, PrimeExponents, Units, plus
from featurenet_uvl.translators.rules.tensor_shapes.tensor import (
    Candidate,
    Tensor,
    constant_tensor,
    no_tensor,
    require_equal,
    select,
)

Pair = tuple[Tensor, Tensor]
"""The tensors that the first and the second half of a cell get."""


def add_tensor_shapes(model: BooleanModel, builder: ClauseBuilder, input_shape: Shape) -> None:
    """Add clauses that exclude exactly the networks whose shapes do not fit; the features determine all auxiliaries.

    Args:
        input_shape: (height, width, channels) of the images.

    Raises:
        ModelError: The model's layers are not those of `ir.layers`.
    """
    blocks = find_cells(model, builder)
    can_concatenate = any(CONCAT in cell.combinations for block in blocks for cell in block)
    network = _Network(Gates(builder), BinaryDigits() if can_concatenate else PrimeExponents())
    image = constant_tensor(input_shape, network.form)
    block_inputs, is_given = (image, image), TRUE
    for block in blocks:
        outputs: list[Tensor] = []
        for cell in block:
            builder.begin(Source(SourceKind.RULE, cell.feature.span, f"tensor-shapes: {cell.feature.name}"))
            outputs.append(network.cell(cell, *network.inputs(block, cell, outputs, block_inputs, is_given)))
        block_inputs, is_given = network.block_outputs(block, outputs)


class _Network:
    """A walk through the cells in the order of the data."""

    def __init__(self, gates: Gates, form: Form) -> None:
        self.gates = gates
        self.form = form

    def inputs(
        self,
        block: Sequence[CellVars],
        cell: CellVars,
        outputs: Sequence[Tensor],
        block_inputs: Pair,
        is_given: int,
    ) -> Pair:
        """Return the tensors of both halves: of the first and the last earlier cell that aims here, or of the block.

        Args:
            is_given: A literal; whether any cell sends a tensor to the block.
        """
        aims = [
            (earlier.targets[distance], tensor)
            for earlier, tensor in zip(block, outputs)
            if (distance := cell.cell - earlier.cell - 1) in earlier.targets
        ]
        self.gates.add(-cell.variable, *(literal for literal, _ in aims), is_given)
        if not aims:
            return block_inputs
        nobody = [cell.variable, *(-literal for literal, _ in aims)]
        first = self._select(cell.variable, [*_first_of(aims), (nobody, block_inputs[0])])
        if len(aims) == 1 and block_inputs[0] is block_inputs[1]:
            return first, first
        return first, self._select(cell.variable, [*_first_of(aims[::-1]), (nobody, block_inputs[1])])

    def block_outputs(self, block: Sequence[CellVars], outputs: Sequence[Tensor]) -> tuple[Pair, int]:
        """Return the outputs of the first and the last cell that send to the next block, and whether any does."""
        senders = [(cell.to_block, tensor) for cell, tensor in zip(block, outputs) if cell.to_block is not None]
        if not senders:
            return (no_tensor(), no_tensor()), FALSE
        is_given = self.gates.either(*(literal for literal, _ in senders))
        first = self._select(is_given, list(_first_of(senders)))
        if len(senders) == 1:
            return (first, first), is_given
        return (first, self._select(is_given, list(_first_of(senders[::-1])))), is_given

    def _select(self, exists: int, candidates: Sequence[Candidate]) -> Tensor:
        return select(self.gates, self.form, exists, candidates)

    def cell(self, cell: CellVars, first: Tensor, second: Tensor) -> Tensor:
        """Return the tensor after the cell, and forbid shapes that its layers or its combination cannot take."""
        one = half(self.gates, self.form, cell, 0, first, cell.variable)
        if not cell.inputs[1]:
            return self._output(one, None, FALSE)
        active = cell.variable if cell.zeros is None else self.gates.both(cell.variable, -cell.zeros)
        other = half(self.gates, self.form, cell, 1, second, active)
        concat = self.gates.both(cell.combinations.get(CONCAT, FALSE), active)
        self.gates.equal_if([active], one.is_vector, other.is_vector)
        for axis in (0, 1):
            self._equal_sizes([active, -one.is_vector], one, other, axis)
        counts = tuple(elements(self.gates, self.form, tensor) for tensor in (one, other))
        require_equal(self.gates, [active, -concat], *counts)
        return self._output(one, other, concat, counts)

    def _equal_sizes(self, condition: Sequence[int], one: Tensor, other: Tensor, axis: int) -> None:
        left, right = (dict(enumerate(tensor.sizes[axis])) for tensor in (one, other))
        for i in sorted({*left, *right}):
            self.gates.equal_if(condition, left.get(i, FALSE), right.get(i, FALSE))

    def _output(self, one: Tensor, other: Tensor | None, concat: int, counts: Sequence[Units] = ()) -> Tensor:
        """Return the first half's tensor, longer by the second half's elements if the cell concatenates both.

        With binary numbers, a vector leaves the cell as its length alone.
        """
        if isinstance(self.form, PrimeExponents):
            return one
        units = counts[0] if counts else elements(self.gates, self.form, one)
        channels, length = one.channels, one.elements
        if other is not None and concat != FALSE:
            added = {key: self.gates.both(concat, literal) for key, literal in counts[1].items()}
            channels, length = channels + other.channels, length + other.elements
            units = plus(self.gates, units, added, max(channels, length))
        sizes = one.sizes
        if one.vector_has_sizes:
            sizes = (
                tuple(self.gates.both(bit, -one.is_vector) for bit in sizes[0]),
                tuple(self.gates.both(bit, -one.is_vector) for bit in sizes[1]),
            )
        return Tensor(one.is_vector, sizes, units, one.largest, channels, length)


def _first_of(candidates: Sequence[tuple[int, Tensor]]) -> Iterator[Candidate]:
    """Yield each candidate with the condition that it is the first one whose literal holds."""
    for i, (literal, tensor) in enumerate(candidates):
        yield [literal, *(-other for other, _ in candidates[:i])], tensor
