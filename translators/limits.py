"""The sizes at which a translation changes its encoding, or ends with a message."""

from __future__ import annotations

from dataclasses import dataclass, fields

from featurenet_uvl.errors import UsageError


@dataclass(frozen=True, slots=True)
class CompileLimits:
    """Sizes up to which a translation goes on as it is.

    Beyond some of them it takes an encoding that grows more slowly, so that the clauses, but never the configurations,
    depend on them; beyond others it raises an error that names the place. The defaults suit 4 GB of memory.

    Raises:
        UsageError: A limit is no number from 0 on.
    """

    max_table: int = 64
    """Most combinations of values of a comparison that becomes a table; a larger linear one becomes a diagram."""
    max_diagram_edges: int = 50_000
    """Most edges of the diagram of a linear comparison, counters included; a larger sum is added up in binary."""
    max_together: int = 1_000
    """Most combinations of instances for which a constraint is copied whole; for more it is split into clauses."""
    max_split_clauses: int = 64
    """Most clauses of a constraint that is split; one with more stays in one piece."""
    max_pairwise: int = 1_000
    """Most children of an alternative with one clause per pair; more get a counter, which grows with their number."""
    max_pairwise_values: int = 16
    """Most values of an attribute with one clause per pair; more get names for blocks of neighbouring values."""
    max_term_values: int = 3
    """Most values of each term in a sum of conditions with weights; a sum with a longer term is decided by values."""
    max_listed: int = 16
    """Most literals of a set of values that stands as it is; a longer one is written over ranges."""
    max_direct_clauses: int = 32
    """Most clauses of a count that is written without auxiliaries."""
    max_distributed: int = 24
    """Most clauses of a disjunction that is distributed; a larger one gets names for its parts."""
    max_repeated: int = 4
    """Most clauses, and most literals per clause, of a part that each level of a nested formula repeats."""

    max_values: int = 10_000
    """Most values of a typed feature's domain; each is a feature, with some four clauses."""
    max_conflicts: int = 50_000
    """Most conflicts of a solver that decides whether constraints leave a value; else the value counts as left."""
    max_unfolded: int = 500_000
    """Most features of an unfolded model."""
    max_copied_nodes: int = 500_000
    """Most nodes of all copies of one constraint over multi-features."""
    max_indexed_copies: int = 100_000
    """Most copies of an indexed constraint: one per combination of its free variables' values."""
    max_indexed_nodes: int = 1_000_000
    """Most nodes of all copies of an indexed constraint, with quantifiers written out."""
    max_combinations: int = 20_000
    """Most combinations of values of a comparison that is not linear."""
    max_rows: int = 2_000_000
    """Most combinations in all tables of one constraint together, over all instances."""
    max_image_side: int = 1_024
    """Most rows, and most columns, of the images whose sizes the rule set `tensor-shapes` follows through a network."""
    max_channels: int = 65_536
    """Most channels of these images."""
    max_clauses: int = 10_000_000
    """Most clauses of a formula; this many need 2 GB of memory."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not int or value < 0:
                raise UsageError(f"limit {field.name}: found {value!r}, expected a whole number from 0 on")


LIMITS = CompileLimits()
"""The limits of a translation for which the caller names none."""
