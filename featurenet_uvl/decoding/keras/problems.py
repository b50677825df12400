"""A collector of decoding problems, so that one message reports all of them."""

from __future__ import annotations

from types import TracebackType

from featurenet_uvl.errors import DecodeError


class Problems:
    """The problems found so far, one line each.

    >>> problems = Problems()
    >>> with problems.of("layer 'x'"):
    ...     raise DecodeError("found 1, expected 2")
    >>> problems.lines
    ["layer 'x': found 1, expected 2"]
    """

    def __init__(self) -> None:
        self.lines: list[str] = []

    def of(self, place: str) -> _Place:
        """Return a context that records a DecodeError of its block, with this place, and continues after the block."""
        return _Place(self, place)

    def raise_all(self) -> None:
        """Raise DecodeError with all lines, if there are any."""
        if self.lines:
            raise DecodeError("\n".join(self.lines))


class _Place:
    def __init__(self, problems: Problems, place: str) -> None:
        self._problems, self._place = problems, place

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, DecodeError):
            return False
        self._problems.lines += [f"{self._place}: {line}" for line in str(error).splitlines()]
        return True
