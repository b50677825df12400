"""What the formats of configurations share: problems with their places, and features found by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from featurenet_uvl.errors import ReadError, UnsupportedError
from featurenet_uvl.ir.selections import Selections

_MAX_PROBLEMS = 50
_MAX_LISTED = 5


@dataclass(slots=True)
class Problems:
    """The problems of one file, reported together in the order of their places."""

    path: str
    found: list[tuple[int, int, str]] = field(default_factory=list)

    def report(self, line: int, column: int, message: str) -> None:
        self.found.append((line, column, message))

    def raise_any(self) -> None:
        """Raises ReadError with all problems so far, if there are any."""
        lines = [f"{self.path}:{line}:{column}: {message}" for line, column, message in sorted(self.found)]
        if len(lines) > _MAX_PROBLEMS:
            lines[_MAX_PROBLEMS:] = [f"{self.path}: and {len(lines) - _MAX_PROBLEMS} more problems"]
        if lines:
            raise ReadError(lines)


def only_row(selections: Selections, what: str) -> tuple[bool, ...]:
    """The one configuration of a list, for formats that hold one a file.

    Raises:
        UnsupportedError: There are several, or none.
    """
    if len(selections) != 1:
        raise UnsupportedError(
            f"found {len(selections)} configurations, expected one, as {what} holds: write one file for each, or a"
            " format that holds a list, such as csv or pdt"
        )
    return selections.rows[0]


def check_names(names: Sequence[str], forbidden: str, what: str) -> None:
    """Raises UnsupportedError for the first name that a format cannot carry: empty, or with a forbidden character."""
    for name in names:
        bad = next((character for character in name if character in forbidden), None)
        if not name or bad is not None:
            reason = "an empty name" if bad is None else f"{bad!r} in the name {shown(name)}"
            raise UnsupportedError(f"found {reason}, which {what} cannot carry: rename the feature")


def missing_message(known: Collection[str], expected: Sequence[str]) -> str | None:
    """The complaint about features without an entry, or None where each has one."""
    missing = [name for name in expected if name not in known]
    if not missing:
        return None
    listed = ", ".join(shown(name) for name in missing[:_MAX_LISTED])
    more = f" and {len(missing) - _MAX_LISTED} more" if len(missing) > _MAX_LISTED else ""
    return f"found no entry for {listed}{more}, expected one for each feature of the model"


def reordered(rows: Sequence[Sequence[bool]], places: Mapping[str, int], names: Sequence[str]) -> Selections:
    """The rows with their values in the order of `names`; `places` says where a name's value stands in a row."""
    order = [places[name] for name in names]
    if order == list(range(len(places))):
        return Selections(tuple(names), tuple(tuple(row) for row in rows))
    return Selections(tuple(names), tuple(tuple(row[place] for place in order) for row in rows))


def shown(text: str) -> str:
    """The text in quotation marks, shortened where it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")
