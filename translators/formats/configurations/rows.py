"""The parts that the formats of configurations share: problems with their places, and checks of names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from featurenet_uvl.errors import ReadError, UnsupportedError, first_lines
from featurenet_uvl.ir.sample import Selections

_MAX_PROBLEMS = 50
"""Problems of one file that a message lists."""
_MAX_LISTED = 5
"""Names that one problem lists."""


@dataclass(slots=True)
class Problems:
    """The problems of one file, reported together in the order of their places."""

    path: str
    found: list[tuple[int, int, str]] = field(default_factory=list)
    """Line, column and message of each."""

    def report(self, line: int, column: int, message: str) -> None:
        self.found.append((line, column, message))

    def raise_any(self) -> None:
        """Raise ReadError with all problems so far, if there are any."""
        lines = [f"{self.path}:{line}:{column}: {message}" for line, column, message in sorted(self.found)]
        if lines:
            raise ReadError(first_lines(lines, _MAX_PROBLEMS, f"{self.path}: "))


def only_row(selections: Selections, holder: str) -> list[bool]:
    """Return the one configuration of a list, for formats that hold one per file.

    Raises:
        UnsupportedError: The list has several configurations, or none.
    """
    if len(selections) != 1:
        raise UnsupportedError(
            f"found {len(selections)} configurations, expected one, as {holder} holds: write one file for each, or a"
            " format that holds a list, such as csv or pdt"
        )
    row: list[bool] = selections.selected[0].tolist()
    return row


def check_names(names: Sequence[str], forbidden: str, holder: str) -> None:
    """Raise UnsupportedError for the first name that a format cannot hold: empty, or with a forbidden character."""
    for name in names:
        bad = next((character for character in name if character in forbidden), None)
        if not name or bad is not None:
            reason = "an empty name" if bad is None else f"{bad!r} in the name {shown(name)}"
            raise UnsupportedError(f"found {reason}, which {holder} cannot carry: rename the feature")


def missing_message(known: Collection[str], expected: Sequence[str]) -> str | None:
    """Return the complaint about features without an entry, or None if each has one."""
    missing = [name for name in expected if name not in known]
    if not missing:
        return None
    listed = ", ".join(shown(name) for name in missing[:_MAX_LISTED])
    more = f" and {len(missing) - _MAX_LISTED} more" if len(missing) > _MAX_LISTED else ""
    return f"found no entry for {listed}{more}, expected one for each feature of the file"


def shown(text: str) -> str:
    """Return the text in quotation marks, shortened if it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")
