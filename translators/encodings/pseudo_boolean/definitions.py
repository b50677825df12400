"""Names for formulas, which rewriting makes."""

from __future__ import annotations

from dataclasses import dataclass, field

from featurenet_uvl.ir.boolean_model import Definition
from featurenet_uvl.ir.cnf import AUXILIARY_PREFIX
from featurenet_uvl.ir.expression import Constant, Expression, FeatureRef, Not
from featurenet_uvl.ir.span import Source
from featurenet_uvl.translators.limits import LIMITS, CompileLimits
from featurenet_uvl.translators.terms.simplify import fold


@dataclass(slots=True)
class Definitions:
    """Names for formulas, one per formula. `taken` are the names of features, `source` that of the next definition."""

    taken: frozenset[str]
    limits: CompileLimits = LIMITS
    found: list[Definition] = field(default_factory=list)
    names: dict[Expression, FeatureRef] = field(default_factory=dict)
    number: int = 0
    source: Source | None = None

    def define(self, formula: Expression, dual: Expression | None = None) -> Expression:
        """Return a literal or a constant that is equivalent to the formula; `dual` as in `Definition`."""
        formula = fold(formula)
        literal = formula.operand if isinstance(formula, Not) else formula
        if isinstance(literal, Constant | FeatureRef):
            return formula
        if formula not in self.names:
            self.names[formula] = FeatureRef(self._new_name())
            name = self.names[formula].name
            self.found.append(Definition(name, formula, None if dual is None else fold(dual), self.source))
        return self.names[formula]

    def _new_name(self) -> str:
        self.number += 1
        while f"{AUXILIARY_PREFIX}{self.number}" in self.taken:
            self.number += 1
        return f"{AUXILIARY_PREFIX}{self.number}"
