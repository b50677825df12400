"""The clause list under construction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import AUXILIARY_PREFIX, Cnf, VarMap
from featurenet_uvl.ir.feature_model import Origin
from featurenet_uvl.ir.span import NOWHERE, Span

MAX_CLAUSES = 10_000_000
"""They take 2 GB."""


@dataclass(slots=True)
class ClauseBuilder:
    """Clauses over features (numbered first) and auxiliaries.

    Every auxiliary that a user of this class makes must be determined by the features: clauses in both directions.
    Tautologies are left out and repeated literals merged.
    """

    features: Sequence[str]
    variables: dict[str, int] = field(init=False)
    clauses: list[tuple[int, ...]] = field(default_factory=list)
    count: int = field(init=False)
    place: Span = NOWHERE
    """Where what is being written stands in the source model, for the message that it is too much."""

    def __post_init__(self) -> None:
        self.variables = {name: number for number, name in enumerate(self.features, 1)}
        self.count = len(self.features)

    def new(self) -> int:
        """A new auxiliary variable."""
        self.count += 1
        return self.count

    def add(self, literals: Iterable[int]) -> None:
        clause = tuple(dict.fromkeys(literals))
        present = set(clause)
        if not any(-literal in present for literal in clause):
            self.clauses.append(clause)
            if len(self.clauses) > MAX_CLAUSES:
                raise LimitError(
                    f"{self.place}: found more than {MAX_CLAUSES} clauses up to here, expected fewer; lower the limits"
                    " of multi-features (`bounds`), the domains, or the numbers that are counted up to"
                )

    def define_and(self, literals: Sequence[int]) -> int:
        """A literal that is true exactly if all of these are."""
        if len(literals) == 1:
            return literals[0]
        output = self.new()
        for literal in literals:
            self.add((-output, literal))
        self.add((output, *(-literal for literal in literals)))
        return output

    def define_or(self, literals: Sequence[int]) -> int:
        """A literal that is true exactly if one of these is."""
        return -self.define_and([-literal for literal in literals])

    def finish(self, origins: Sequence[Origin]) -> Cnf:
        auxiliaries = (f"{AUXILIARY_PREFIX}{n}" for n in range(1, self.count - len(self.features) + 1))
        variables = VarMap((*self.features, *auxiliaries), len(self.features), tuple(origins))
        return Cnf(variables, tuple(self.clauses))
