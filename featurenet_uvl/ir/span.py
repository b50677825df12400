"""Where in the user's files a thing comes from."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A place in a file: lines and columns count from 1; 0 means that the format gives none.

    A tuple, because every node has one: a frozen dataclass takes three times as long to make.

    >>> str(Span("dnn.uvl", 3, 9))
    'dnn.uvl:3:9'
    """

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.path
        return f"{self.path}:{self.line}" + (f":{self.column}" if self.column else "")


NOWHERE = Span("<built>")
"""The span of nodes that no file holds, as in tests and models built in Python."""
