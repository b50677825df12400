"""Standard input by the name `-`, and texts that steer no terminal."""

from __future__ import annotations

import sys

from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.system.files import decode_text, read_stream, read_text

STREAM = "-"
"""The path that stands for standard input, or standard output."""


def read_input(path: str) -> tuple[str, str]:
    """Return the text of a file or of stdin, and its name in messages."""
    if path != STREAM:
        return read_text(path), path
    if sys.stdin is None:
        raise FeatureNetError("<stdin>: is closed, expected an input")
    return decode_text(read_stream(sys.stdin.buffer, "<stdin>"), "<stdin>"), "<stdin>"


def printable(text: str) -> str:
    r"""Return the text with line ends and control characters spelt out: a file's content cannot steer the terminal.

    >>> printable("a\nb")
    'a\\nb'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
