"""The clause list under construction."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import AUXILIARY_PREFIX, Cnf, VarMap
from featurenet_uvl.ir.feature_model import Origin
from featurenet_uvl.ir.span import NOWHERE, ClauseSources, Source, SourceKind
from featurenet_uvl.translators.limits import LIMITS, CompileLimits

_NO_SOURCE = Source(SourceKind.CONSTRAINT, NOWHERE)


@dataclass(slots=True)
class ClauseBuilder:
    """Clauses over features (numbered first) and auxiliaries.

    The caller must add clauses in both directions for each auxiliary that it makes, so that the features determine it.
    The builder leaves tautologies out and merges repeated literals.
    """

    features: Sequence[str]
    limits: CompileLimits = LIMITS
    variables: dict[str, int] = field(init=False)
    clauses: list[tuple[int, ...]] = field(default_factory=list)
    blocks: dict[tuple[int, ...], int] = field(default_factory=dict)
    """Variables that are true if and only if one of these literals is, for encodings to share."""
    count: int = field(init=False)
    source: Source = _NO_SOURCE
    """The part of the source model that the next clauses come from; set it by `begin`."""
    _sources: list[Source] = field(default_factory=list)
    _ends: array[int] = field(default_factory=lambda: array("L"))

    def __post_init__(self) -> None:
        self.variables = {name: number for number, name in enumerate(self.features, 1)}
        self.count = len(self.features)

    def begin(self, source: Source) -> None:
        """Note that the clauses from here on come from this part of the source model."""
        self._end_run()
        self.source = source

    def _end_run(self) -> None:
        if len(self.clauses) == (self._ends[-1] if self._ends else 0):
            return
        if self._sources and self._sources[-1] is self.source:
            self._ends[-1] = len(self.clauses)
        else:
            self._sources.append(self.source)
            self._ends.append(len(self.clauses))

    def sources(self) -> ClauseSources:
        """Return the source of each clause so far."""
        self._end_run()
        return ClauseSources(tuple(self._sources), self._ends[:])

    def new(self) -> int:
        """Return a new auxiliary variable."""
        self.count += 1
        return self.count

    def add(self, literals: Iterable[int]) -> None:
        """Add a clause.

        Raises:
            LimitError: The clauses are too many.
        """
        clause = tuple(dict.fromkeys(literals))
        present = set(clause)
        if not any(-literal in present for literal in clause):
            self.clauses.append(clause)
            if len(self.clauses) > self.limits.max_clauses:
                raise LimitError(
                    f"{self.source.span}: found more than {self.limits.max_clauses} clauses up to here, expected fewer;"
                    " lower the limits of multi-features (`bounds`), the domains, or the numbers that are counted up to"
                )

    def define_and(self, literals: Sequence[int]) -> int:
        """Return a literal that is true if and only if all of these are."""
        if len(literals) == 1:
            return literals[0]
        output = self.new()
        for literal in literals:
            self.add((-output, literal))
        self.add((output, *(-literal for literal in literals)))
        return output

    def define_or(self, literals: Sequence[int]) -> int:
        """Return a literal that is true if and only if at least one of these is."""
        return -self.define_and([-literal for literal in literals])

    def finish(self, origins: Sequence[Origin]) -> Cnf:
        """Return the formula of all clauses.

        Args:
            origins: The part of the source model that each feature stands for.
        """
        auxiliaries = (f"{AUXILIARY_PREFIX}{n}" for n in range(1, self.count - len(self.features) + 1))
        variables = VarMap((*self.features, *auxiliaries), len(self.features), tuple(origins))
        return Cnf(variables, tuple(self.clauses), self.sources())
