"""A UVL text as logical lines: comments are blanks, and a line with an open bracket ends after the closing one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from featurenet_uvl.errors import ReadError
from featurenet_uvl.ir.span import Span

_SPECIAL = re.compile(
    r"""//[^\n]* | /\*(?:.*?\*/)? | "[^"\n]*" | (?<![A-Za-z0-9_#§%?\\'äüöß;])'[^'\n]*' | [(\[{] | [)\]}] | \n""",
    re.DOTALL | re.VERBOSE,
)
_MARK = re.compile(r"""[/"'(\[{)\]}]""")
_TAB_WIDTH = 8
"""Columns between two tab stops."""
MAX_LINE = 1 << 20
"""Characters of a logical line: each may be a token, which takes a hundred bytes."""


class Line(NamedTuple):
    """One logical line: the place of its first character, its indentation in columns, and its text without margins."""

    number: int
    column: int
    indent: int
    text: str

    def span(self, path: str) -> Span:
        return Span(path, self.number, self.column)


def logical_lines(text: str, path: str) -> list[Line]:
    """Return the lines that are not blank; a comment becomes as many blanks, so that places stay true.

    A tab goes to the next multiple of eight columns, as in the official lexer; comments do not count as indentation.

    Raises:
        ReadError: A block comment or a bracket is never closed, or a line has more than MAX_LINE characters.
    """
    if "\r" in text:
        text = re.sub(r"\r\n?", "\n", text)
    lines = list(_lines(text + "\n", path))
    for line in lines if len(text) > MAX_LINE else ():
        if len(line.text) > MAX_LINE:
            raise ReadError(
                f"{line.span(path)}: found a line of {len(line.text)} characters, expected at most {MAX_LINE}"
            )
    return lines


def _lines(text: str, path: str) -> Iterator[Line]:
    """Yield the logical lines.

    Most lines have no bracket, quote or comment: the text between those that do is split in one step.
    """
    start, number = 0, 1
    while start < len(text):
        mark = _MARK.search(text, start)
        end = len(text) if mark is None else text.rfind("\n", start, mark.start()) + 1 or start
        rows = text[start:end].split("\n")
        yield from _plain_lines(rows, number)
        start, number = end, number + len(rows) - 1
        if mark is not None:
            line, start, number = _marked_line(text, start, number, path)
            if line is not None:
                yield line


def _plain_lines(rows: list[str], number: int) -> Iterator[Line]:
    for row in rows:
        words = row.lstrip(" \t")
        if words:
            indent = len(row) - len(words)
            yield Line(number, indent + 1, _width(row[:indent]), words.rstrip(" \t"))
        number += 1


def _marked_line(text: str, start: int, number: int, path: str) -> tuple[Line | None, int, int]:
    """Return the logical line from this offset (None if it is blank), the offset of the next line, and its number."""
    newlines = 0
    comments: list[tuple[int, int]] = []
    brackets: list[int] = []
    for match in _SPECIAL.finditer(text, start):
        word = match.group()
        if word == "\n":
            newlines += 1
            if not brackets:
                return _line(text, start, match.start(), number, comments), match.end(), number + newlines
        elif word == "/*":
            raise ReadError(f"{_place(text, match.start(), path)}: found a comment without its end, expected */")
        elif word.startswith("/"):
            comments.append(match.span())
            newlines += word.count("\n")
        elif word in "([{":
            brackets.append(match.start())
            if len(brackets) > MAX_LINE:
                place = _place(text, brackets[0], path)
                raise ReadError(f"{place}: found more than {MAX_LINE} open brackets, expected fewer")
        elif word in ")]}" and brackets:
            brackets.pop()
    place = _place(text, brackets[0], path)
    raise ReadError(f"{place}: found {text[brackets[0]]!r} without its end, expected the closing bracket")


def _line(text: str, start: int, end: int, number: int, comments: list[tuple[int, int]]) -> Line | None:
    raw = text[start:end]
    parts, seen = [], start
    for first, last in comments:
        parts += [text[seen:first], "\n".join(" " * len(line) for line in text[first:last].split("\n"))]
        seen = last
    content = "".join([*parts, text[seen:end]]).rstrip(" \t\n")
    stripped = content.lstrip(" \t\n")
    if not stripped:
        return None
    margin = content[: len(content) - len(stripped)]
    column = len(margin) - (margin.rfind("\n") + 1) + 1
    return Line(number + margin.count("\n"), column, _width(raw[: len(raw) - len(raw.lstrip(" \t"))]), stripped)


@lru_cache(maxsize=256)
def _width(margin: str) -> int:
    width = 0
    for character in margin:
        width += _TAB_WIDTH - width % _TAB_WIDTH if character == "\t" else 1
    return width


def _place(text: str, offset: int, path: str) -> Span:
    return Span(path, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
