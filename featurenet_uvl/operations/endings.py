"""The kinds of files that the endings of outputs promise: an output whose ending names another kind is refused."""

from __future__ import annotations

from collections.abc import Iterator

from featurenet_uvl.errors import UsageError
from featurenet_uvl.translators.formats.configurations.registry import FORMATS as CONFIGURATIONS
from featurenet_uvl.translators.formats.registry import FORMATS as MODELS

DIMACS = "DIMACS"
SAMPLE = "configurations"


def _kinds() -> Iterator[tuple[str, str]]:
    """Yield the endings that name a kind of file, each with the kind."""
    yield from ((ending, SAMPLE) for ending in (entry.ending for entry in CONFIGURATIONS.values()) if ending != ".xml")
    for entry in MODELS.values():
        if entry.write is not None:
            yield from ((ending, "a feature model") for ending in entry.endings)
    yield from ((ending, DIMACS) for ending in (".dimacs", ".cnf"))
    yield from ((ending, "a network") for ending in (".toml", ".keras"))
    yield from ((ending, "a picture") for ending in (".svg", ".png"))


def sample_format(output: str) -> str:
    """Return the name of the format in which a sample is written: that of the ending, or else a sample file.

    Raises:
        UsageError: The ending names another kind of file, or a format that holds one configuration per file.

    >>> sample_format("mine.csv"), sample_format("mine.txt"), sample_format("-")
    ('csv', 'sample', 'sample')
    """
    for name, entry in CONFIGURATIONS.items():
        if output.lower().endswith(entry.ending):
            if not entry.holds_many:
                raise UsageError(
                    f"{output}: found the ending of {entry.title}, which holds one configuration; write a sample file,"
                    " of which the command configurations makes a folder"
                )
            return name
    check_ending(output, SAMPLE, "compile writes DIMACS, convert feature models")
    return "sample"


def check_ending(path: str, kind: str, way_out: str) -> None:
    """Raise for an output whose ending names another kind of file than the one that is written.

    Args:
        path: The output.
        kind: The kind that is written: `DIMACS` or `SAMPLE`.
        way_out: The commands that write other kinds, for the message.

    Raises:
        UsageError: The ending names another kind.

    >>> check_ending("net.dimacs", DIMACS, ""), check_ending("net.txt", DIMACS, "")
    (None, None)
    """
    for ending, other in _kinds():
        if other != kind and path.lower().endswith(ending):
            raise UsageError(f"{path}: found the ending of {other} for {kind}, expected another one; {way_out}")
