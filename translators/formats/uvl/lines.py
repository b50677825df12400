"""A UVL text as logical lines: comments are blanks, and a line with an open bracket ends after the closing one.

A line keeps its comments as remarks; `uvl.comments` gives them to the nodes of the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from textwrap import dedent
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

MAX_UNCLOSED = 10
"""Brackets without an end after which the rest of a file is not read."""


class Remark(NamedTuple):
    """A comment of a logical line, without its marks, as lines of text.

    `offset` is its place in the text of the line, negative above it; `is_alone` says that nothing stands before it on
    its line of the file.
    """

    lines: tuple[str, ...]
    offset: int = -1
    is_alone: bool = True


class Line(NamedTuple):
    """One logical line: the place of its first character, its indentation in columns, and its text without margins.

    `remarks` are the comments above and within it, in their order.
    """

    number: int
    column: int
    indent: int
    text: str
    remarks: tuple[Remark, ...] = ()

    def span(self, path: str) -> Span:
        return Span(path, self.number, self.column)


def logical_lines(text: str, path: str, problems: list[str]) -> tuple[list[Line], tuple[Remark, ...]]:
    """Return the lines that are not blank, and the comments below the last of them.

    A comment becomes as many blanks, so that places stay true.

    A tab goes to the next multiple of eight columns, as in the official lexer; comments do not count as indentation.
    After a bracket that is never closed, reading goes on with the line of the file below it.

    Args:
        text: The content of a file.
        path: The file, for messages.
        problems: Gets a line per bracket that is never closed.

    Raises:
        ReadError: A block comment is never closed, or a line has more than MAX_LINE characters.
    """
    if "\r" in text:
        text = re.sub(r"\r\n?", "\n", text)
    above: list[Remark] = []
    lines = list(_lines(text + "\n", path, above, problems))
    for line in lines if len(text) > MAX_LINE else ():
        if len(line.text) > MAX_LINE:
            raise ReadError(
                f"{line.span(path)}: found a line of {len(line.text)} characters, expected at most {MAX_LINE}"
            )
    return lines, tuple(above)


def _lines(text: str, path: str, above: list[Remark], problems: list[str]) -> Iterator[Line]:
    """Yield the logical lines; `above` holds the remarks that are still without one.

    Most lines have no bracket, quote or comment: the text between those that do is split in one step.
    """
    start, number = 0, 1
    while start < len(text):
        mark = _MARK.search(text, start)
        end = len(text) if mark is None else text.rfind("\n", start, mark.start()) + 1 or start
        rows = text[start:end].split("\n")
        for line in _plain_lines(rows, number):
            yield _commented(line, above) if above else line
        start, number = end, number + len(rows) - 1
        if mark is not None:
            line, start, number = _marked_line(text, start, number, path, problems)
            if line.text:
                yield _commented(line, above) if above else line
            else:
                above.extend(line.remarks)


def _commented(line: Line, above: list[Remark]) -> Line:
    """Return the line with the remarks above it, which are then no longer without one."""
    remarks = (*above, *line.remarks)
    above.clear()
    return line._replace(remarks=remarks)


def _plain_lines(rows: list[str], number: int) -> Iterator[Line]:
    for row in rows:
        words = row.lstrip(" \t")
        if words:
            indent = len(row) - len(words)
            yield Line(number, indent + 1, _width(row[:indent]), words.rstrip(" \t"))
        number += 1


def _marked_line(text: str, start: int, number: int, path: str, problems: list[str]) -> tuple[Line, int, int]:
    """Return the logical line from this offset, perhaps without text, the offset of the next line, and its number."""
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
    return _unclosed_line(text, start, number, path, brackets[0], problems)


def _unclosed_line(
    text: str, start: int, number: int, path: str, bracket: int, problems: list[str]
) -> tuple[Line, int, int]:
    """Report a bracket that is never closed, and return as `_marked_line` does: the feature before a brace, or nothing.

    Raises:
        ReadError: It is the last of MAX_UNCLOSED: each is looked for up to the end of the text.
    """
    problems.append(
        f"{_place(text, bracket, path)}: found {text[bracket]!r} without its end, expected the closing bracket"
    )
    if len(problems) >= MAX_UNCLOSED:
        raise ReadError(problems)
    end = text.find("\n", bracket)
    before = text[start:bracket]
    is_feature = text[bracket] == "{" and "\n" not in before.strip() and "/" not in before
    line = _line(text, start, bracket if is_feature else start, number, [])
    return line, end + 1, number + text.count("\n", start, end + 1)


def _line(text: str, start: int, end: int, number: int, comments: list[tuple[int, int]]) -> Line:
    raw = text[start:end]
    parts, seen = [], start
    for first, last in comments:
        parts += [text[seen:first], "\n".join(" " * len(line) for line in text[first:last].split("\n"))]
        seen = last
    content = "".join([*parts, text[seen:end]]).rstrip(" \t\n")
    stripped = content.lstrip(" \t\n")
    margin = content[: len(content) - len(stripped)] if stripped else raw
    column = len(margin) - (margin.rfind("\n") + 1) + 1
    remarks = []
    for first, last in comments:
        before = content[: first - start]
        is_alone = not before[before.rfind("\n") + 1 :].strip()
        offset = first - start - len(margin) if stripped else -1
        remarks.append(Remark(_remark_lines(text[first:last]), offset, is_alone))
    indent = _width(raw[: len(raw) - len(raw.lstrip(" \t"))])
    return Line(number + margin.count("\n"), column, indent, stripped, tuple(remarks))


def _remark_lines(comment: str) -> tuple[str, ...]:
    """Return the text of a comment without its marks.

    >>> _remark_lines("// why"), _remark_lines("/* how\\n    and why */")
    ((' why',), (' how', ' and why'))
    """
    if comment.startswith("//"):
        return (comment[2:],)
    first, *others = comment[2:-2].split("\n")
    below = dedent("\n".join(others)).split("\n") if others else []
    lines = [first.rstrip(), *(f" {line}".rstrip() for line in below)]
    while len(lines) > 1 and not lines[-1]:
        lines.pop()
    return tuple(lines if lines[0] or len(lines) == 1 else lines[1:])


@lru_cache(maxsize=256)
def _width(margin: str) -> int:
    width = 0
    for character in margin:
        width += _TAB_WIDTH - width % _TAB_WIDTH if character == "\t" else 1
    return width


def _place(text: str, offset: int, path: str) -> Span:
    return Span(path, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
