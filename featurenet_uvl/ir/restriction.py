"""A restriction: constraints and bounds on a model that lives in another file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from featurenet_uvl.ir.feature_model import Constraint
from featurenet_uvl.ir.span import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Restriction:
    """A UVL file whose root is an imported root, as read: it adds constraints to the imported model.

    `model_path` is the imported file (a model or another restriction), resolved beside this one. Constraints speak of
    the imported model's features by their own names, the alias taken off; they may also name single instances by
    their unfolded names. `bounds` are upper limits of multi-features, from the root's attribute `bound {Block 5}`.
    """

    path: str
    model_path: str
    constraints: tuple[Constraint, ...] = ()
    bounds: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    span: Span = field(default=NOWHERE, compare=False)
