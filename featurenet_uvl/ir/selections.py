"""Configurations of a Boolean model as files list them: which of some named features each selects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from featurenet_uvl.errors import ModelError


@dataclass(frozen=True, slots=True)
class Selections:
    """Configurations over the same features: row i says of each name, in order, whether configuration i selects it.

    Invariants, checked by `verify`: names are unique, and each row has one value a name. Rows may repeat.

    >>> Selections.of(("App", "Log"), [{"App"}, {"App", "Log"}]).rows
    ((True, False), (True, True))
    """

    names: tuple[str, ...]
    rows: tuple[tuple[bool, ...], ...]

    @classmethod
    def of(cls, names: Sequence[str], selected: Iterable[Iterable[str]]) -> Selections:
        """The configurations that select exactly these names.

        Raises:
            ModelError: A selected name is none of the names; or two names are equal.
        """
        known = set(names)
        rows: list[tuple[bool, ...]] = []
        for number, features in enumerate(selected, 1):
            chosen = set(features)
            for name in sorted(chosen - known):
                raise ModelError(f"configuration {number}: found unknown feature {name!r}, expected one of the model")
            rows.append(tuple(name in chosen for name in names))
        result = cls(tuple(names), tuple(rows))
        result.verify()
        return result

    def __len__(self) -> int:
        return len(self.rows)

    def selected(self, index: int) -> tuple[str, ...]:
        """The names that configuration `index` (from 0) selects, in order."""
        return tuple(name for name, value in zip(self.names, self.rows[index], strict=True) if value)

    def verify(self) -> None:
        """Raises ModelError for a name that occurs twice, or a row of another length."""
        if len(set(self.names)) < len(self.names):
            raise ModelError("two features of a list of configurations share a name, expected unique names")
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.names):
                raise ModelError(
                    f"configuration {number}: found {len(row)} values, expected {len(self.names)}, one a feature"
                )
