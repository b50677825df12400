"""The errors that a user can meet: each names the place, what was found, what was expected, and a way out if any.

Messages name arguments of the library in backticks: `bounds`, `force`. The command line puts its options in their place
(`cli/console/wording.py`); no message outside of it names an option.
"""

from __future__ import annotations

from collections.abc import Sequence


def first_lines(lines: Sequence[str], limit: int, before: str = "", after: str = " more problems") -> list[str]:
    """Return the first lines of a long list, and one line with the number of the others.

    Args:
        lines: One line per problem.
        limit: Lines that are kept. One line more is kept, too: a line that counts it would be as long.
        before: Text before the number, such as the place of the problems.
        after: Text behind it.

    >>> first_lines(["a", "b", "c", "d"], 2, "f: "), first_lines(["a", "b", "c"], 2, "f: ")
    (['a', 'b', 'f: and 2 more problems'], ['a', 'b', 'c'])
    """
    more = len(lines) - limit
    return [*lines] if more <= 1 else [*lines[:limit], f"{before}and {more:,}{after}"]


MAX_LINE = 2_000
"""Characters of a line of an error; a longer one, which quotes the input, loses its middle."""
MAX_LINES = 120
"""Lines of an error, more than any reader lists; one more line counts the others."""
_START, _END = 1_200, 600
"""Characters that are kept of both ends of a line that is too long."""


def _short(line: str) -> str:
    if len(line) <= MAX_LINE:
        return line
    return f"{line[:_START]} [{len(line) - _START - _END:,} characters] {line[-_END:]}"


class FeatureNetError(Exception):
    """Root of every error that is the fault of the input, the environment or the request, never the project's own.

    However long the input is that a message quotes, its lines stay short, and there are few of them.

    Args:
        message: One line that begins with its place.
        exit_code: Exit code of the command line for this error.
    """

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__("\n".join(map(_short, first_lines(message.split("\n"), MAX_LINES))))


class ReadError(FeatureNetError):
    """A file that is missing, malformed or of another kind than expected.

    All problems of one file are reported together: `problems` has one line for each, first cause first. Beyond
    `MAX_LINES`, the last one counts the others.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        lines = [problems] if isinstance(problems, str) else first_lines(problems, MAX_LINES)
        self.problems: tuple[str, ...] = tuple(map(_short, lines))
        super().__init__("\n".join(self.problems))


class ModelError(ReadError):
    """A well-formed model that means nothing: an unknown feature, a name used twice, an index without a range."""


class UnsupportedError(FeatureNetError):
    """A construct that a pass or a writer cannot handle. None of them ever drops it in silence."""


class UnsatisfiableError(FeatureNetError):
    """No configuration exists."""

    exit_code = 3


class DecodeError(FeatureNetError):
    """A solution that is not a configuration of the model, or a configuration that is not a network."""


class DataError(FeatureNetError):
    """A data set that is missing, of the wrong shape, or damaged."""


class StoreError(FeatureNetError):
    """A result store that cannot be read or written, or belongs to another version or run."""


class ToolError(FeatureNetError):
    """Another program or package that is missing, cannot be run, fails, or gives a wrong answer."""


class LimitError(FeatureNetError):
    """A limit of time, memory or size was reached before the work was done."""

    exit_code = 4


class UsageError(FeatureNetError):
    """A request that contradicts itself or names something that does not exist."""

    exit_code = 2
