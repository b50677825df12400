"""One half of a cell: its input layer, then its operation."""

from __future__ import annotations

from collections.abc import Sequence

from featurenet_uvl.translators.encodings.gates import FALSE, Gates
from featurenet_uvl.translators.rules.tensor_shapes.axis import resize
from featurenet_uvl.translators.rules.tensor_shapes.cells import CellVars, KindVars
from featurenet_uvl.translators.rules.tensor_shapes.last_axis import Form, Units
from featurenet_uvl.translators.rules.tensor_shapes.layer_choice import Selected
from featurenet_uvl.translators.rules.tensor_shapes.tensor import Tensor, add_ladder


def half(gates: Gates, form: Form, cell: CellVars, which: int, tensor: Tensor, active: int) -> Tensor:
    """Return the tensor after the input layer and the operation of one half, which is in use if `active` holds."""
    for kinds in (cell.inputs[which], cell.operations[which]):
        tensor = _Place(gates, form, Selected(gates, kinds), active).apply(tensor)
    return tensor


def elements(gates: Gates, form: Form, tensor: Tensor) -> Units:
    """Return the channels of a matrix, or the number of elements of a vector."""
    if not tensor.vector_has_sizes:
        return tensor.units
    height, width = (tuple(gates.both(bit, tensor.is_vector) for bit in bits) for bits in tensor.sizes)
    return form.elements(gates, (height, width), tensor.units, tensor)


class _Place:
    """A place for one of several layers, in use if `active` holds."""

    def __init__(self, gates: Gates, form: Form, selected: Selected, active: int) -> None:
        self.gates = gates
        self.form = form
        self.selected = selected
        self.active = active

    def apply(self, tensor: Tensor) -> Tensor:
        """Return the tensor after the layer, and forbid shapes that the layer cannot take."""
        self._forbid([kind for kind in self.selected.kinds if not kind.kind.takes_vector], tensor.is_vector)
        self._forbid([kind for kind in self.selected.kinds if not kind.kind.takes_matrix], -tensor.is_vector)
        setting = self.selected.one_of(lambda kind: kind.units_attribute is not None)
        flattening = self.selected.one_of(lambda kind: kind.flattens)
        sets_lengths = tensor.vector_has_sizes and setting != FALSE
        reset = self.gates.both(tensor.is_vector, setting) if sets_lengths else FALSE
        height, width = (resize(self.gates, self.selected, tensor, axis, self.active, reset) for axis in (0, 1))
        is_vector = self.gates.either(tensor.is_vector, flattening)
        numbers = [number for _, number in self.selected.units()]
        channels = max([tensor.channels, *numbers]) if tensor.channels else 0
        flat = (height[1] + 1) * (width[1] + 1) * channels if flattening != FALSE else 0
        return Tensor(
            is_vector,
            (height[0], width[0]),
            self._units(tensor, setting),
            (height[1], width[1]),
            channels,
            max([tensor.elements, flat, *(numbers if is_vector != FALSE else [])]),
            tensor.vector_has_sizes or flattening != FALSE,
        )

    def _forbid(self, kinds: Sequence[KindVars], shape: int) -> None:
        """Forbid this shape for the tensor before any of these layers."""
        if kinds and shape != FALSE:
            self.gates.add(-self.gates.either(*(kind.variable for kind in kinds)), -self.active, -shape)

    def _units(self, tensor: Tensor, setting: int) -> Units:
        """Return the last axis after the layer: kept, or set by an attribute."""
        choices = self.selected.units()
        if not choices:
            return tensor.units
        numbers = [(literal, self.form.keys(number)) for literal, number in choices]
        result = {}
        for key in sorted({*tensor.units, *(key for _, keys in numbers for key in keys)}):
            result[key] = literal = self.gates.new()
            makers = [choice for choice, keys in numbers if key in keys]
            for choice, keys in numbers:
                if key in keys and not any(self.form.weaker(other) == key for other in keys):
                    self.gates.add(-choice, literal)
            self.gates.add(-setting, *makers, -literal)
            self.gates.equal_if([-setting], literal, tensor.units.get(key, FALSE))
        add_ladder(self.gates, self.form, result)
        return result
