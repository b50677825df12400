"""Parts that other packages offer in entry-point groups: find them, load them, and name the one that is at fault.

Any code may stand behind an entry point. An error in it is not this project's own, and must not break a command that
does without the part.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from featurenet_uvl.errors import FeatureNetError, ToolError, UnsupportedError

_SHOWN = 300
"""Characters of an error that a message quotes."""


def offered_names(group: str, own: Container[str]) -> tuple[str, ...]:
    """Return the names that other packages offer in a group, in alphabetical order.

    Args:
        group: The entry-point group.
        own: The names of this project, which are not theirs to take.
    """
    return tuple(sorted({entry.name for entry in entry_points(group=group) if entry.name not in own}))


def offer_label(group: str, name: str, kind: str) -> str:
    """Return the kind, name and package of a part that another package offers, for messages.

    Args:
        group: The entry-point group.
        name: The name of the part.
        kind: The kind of part, such as `sampler`.
    """
    packages = {package_of(entry): None for entry in entry_points(group=group, name=name)}
    return f"{kind} {name}{next(iter(packages), '')}"


def package_of(entry: EntryPoint) -> str:
    """Return the package of an entry point in parentheses, to stand behind its name; nothing if it is in none."""
    return "" if entry.dist is None else f" (package {entry.dist.name})"


def load_offer(group: str, name: str, kind: str) -> tuple[Any, str] | None:
    """Load the part of this name; return it with its place in its package, or None if no package offers it.

    Args:
        group: The entry-point group.
        name: The name of the part.
        kind: The kind of part, such as `sampler`, for messages.

    Raises:
        UnsupportedError: Two packages offer it, or it cannot be loaded.
    """
    entries = {entry.value: entry for entry in entry_points(group=group, name=name)}
    if not entries:
        return None
    if len(entries) > 1:
        places = " and ".join(sorted(entries))
        raise UnsupportedError(f"{kind} {name}: found it at {places}, expected one; uninstall one package")
    (entry,) = entries.values()
    return load(entry.load, f"{kind} {name}{package_of(entry)}: cannot be loaded from {entry.value}"), entry.value


def load(function: Any, message: str) -> Any:
    """Return the result of a function that imports another package.

    Raises:
        UnsupportedError: The function raises any error; the text begins with `message`.
    """
    try:
        with foreign_code(message):
            return function()
    except ToolError as error:
        raise UnsupportedError(str(error)) from error


@contextmanager
def foreign_code(message: str) -> Iterator[None]:
    """Turn an unexpected error of another package's code into one line that begins with `message`.

    Raises:
        ToolError: The code raises an error that no contract allows, or tries to end the program.

    >>> with foreign_code("sampler theirs: failed"):
    ...     [].pop()
    Traceback (most recent call last):
    featurenet_uvl.errors.ToolError: sampler theirs: failed: IndexError: pop from empty list
    """
    try:
        yield
    except (FeatureNetError, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        kind = "" if isinstance(error, ImportError | AttributeError) else f"{type(error).__name__}: "
        text = " ".join(f"{kind}{error}".split())
        raise ToolError(f"{message}: {text[:_SHOWN]}") from error
