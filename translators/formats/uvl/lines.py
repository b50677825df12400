"""A UVL text as logical lines: comments blanked out, lines with an open bracket continued on the next one."""

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
MAX_LINE = 1 << 20
"""How many characters a logical line may have: each may be a word, which takes a hundred bytes."""


class Line(NamedTuple):
    """One logical line: where its first character stands, how far it is indented, and its text without margins."""

    number: int
    column: int
    indent: int
    text: str

    def span(self, path: str) -> Span:
        return Span(path, self.number, self.column)


def logical_lines(text: str, path: str) -> list[Line]:
    """The lines that hold something; a comment keeps its length in blanks, so that places stay true.

    A tab goes to the next multiple of eight columns, as in the official lexer; comments do not count as indentation.

    Raises:
        ReadError: A block comment or a bracket is never closed, or a line has more than MAX_LINE characters.
    """
    lines = list(_lines(re.sub(r"\r\n?", "\n", text) + "\n", path))
    for line in lines:
        if len(line.text) > MAX_LINE:
            raise ReadError(
                f"{line.span(path)}: found a line of {len(line.text)} characters, expected at most {MAX_LINE}"
            )
    return lines


def _lines(text: str, path: str) -> Iterator[Line]:
    start = position = newlines = 0
    number = 1
    comments: list[tuple[int, int]] = []
    brackets: list[int] = []
    while True:
        if position == start:  # at the begin of a line; most have nothing special and need no second look
            end = text.find("\n", start)
            if end >= 0 and _MARK.search(text, start, end) is None:
                words = text[start:end].strip(" \t")
                if words:
                    margin = text[start : text.index(words[0], start)]
                    yield Line(number, len(margin) + 1, _width(margin), words)
                start = position = end + 1
                number += 1
                continue
        match = _SPECIAL.search(text, position)
        if match is None:
            break
        position = match.end()
        word = match.group()
        if word == "\n":
            newlines += 1
            if not brackets:
                line = _line(text, start, match.start(), number, comments)
                if line is not None:
                    yield line
                start, number, newlines, comments = match.end(), number + newlines, 0, []
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
    if brackets:
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
