"""The tokens of UVL: names, numbers, texts and signs with their places; and names as UVL spells them.

Source: the lexer grammar of uvl-parser 2.5. A sign before a digit belongs to the number (`a -1` is two values in a
row), `[1]` is a cardinality, and neither kind of quote has an escape.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

from featurenet_uvl.errors import ReadError, UnsupportedError
from featurenet_uvl.ir.span import Span

GROUP_KEYWORDS = frozenset({"or", "alternative", "optional", "mandatory"})
TYPE_KEYWORDS = frozenset({"Boolean", "Integer", "Real", "String"})
FUNCTION_KEYWORDS = frozenset({"len", "sum", "avg", "floor", "ceil"})
_OTHER_KEYWORDS = "include features imports namespace as constraint constraints cardinality Type Arithmetic true false"
KEYWORDS = frozenset({*GROUP_KEYWORDS, *TYPE_KEYWORDS, *FUNCTION_KEYWORDS, *_OTHER_KEYWORDS.split()})
"""Words that are names only in double quotes."""

MINOR_LEVELS = ("group-cardinality", "feature-cardinality", "aggregate-function", "string-constraints")
STRICT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_#§%?\\'äüöß;]*")
"""A name that needs no quotes."""
MAX_NUMBER_LENGTH = 400
"""Characters of a number in a model file."""
_MAX_SHOWN = 80
"""Characters of a token that a message shows."""
NEVER_QUOTED = "\r\n\0\ufeff"
"""Characters that UVL has in neither kind of quotes."""

_INTEGER = r"(?:0|-?[1-9][0-9]*)"
_COMMON = (
    rf"(?P<keyword>{'|'.join(MINOR_LEVELS)})"
    rf"|(?P<name>{STRICT_NAME.pattern})"
    r"|(?P<text>'[^'\r\n]+')"
)
_SIGNS = r"(?P<sign><=>|=>|==|!=|<=|>=|[<>!&|+\-*/()\[\]{},.])|(?P<blank>[ \t\n]+)"
_PLAIN = re.compile(
    rf'{_COMMON}|(?P<quoted>"[^"\r\n.]+")'
    rf"|(?P<cardinality>\[{_INTEGER}(?:\.\.(?:{_INTEGER}|\*))?\])"
    rf"|(?P<number>-?[0-9]*\.[0-9]+|{_INTEGER})|{_SIGNS}"
)
_INDEXED = re.compile(
    rf'{_COMMON}|(?P<quoted>"[^"\r\n]+")|(?P<number>[0-9]*\.[0-9]+|0|[1-9][0-9]*)|{_SIGNS}'  # `c-1` is a difference
)


class Token(NamedTuple):
    """A token: its kind, its text without quotes, and the offset of its first character.

    `kind` is name, quoted, keyword, text, number, cardinality, end, or the sign itself.
    """

    kind: str
    text: str
    offset: int

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= _MAX_SHOWN else f"{self.text[:_MAX_SHOWN]}..."
        match self.kind:
            case "end":
                return "the end"
            case "quoted":
                return f'name "{shown}"'
            case "name" | "keyword" | "text":
                return f"{self.kind} {shown!r}"
            case "number" | "cardinality":
                return f"{self.kind} {shown}"
            case _:
                return repr(self.kind)


class Tokens:
    """The tokens of a text, and a position among them.

    Args:
        text: One or more lines, with blanks in place of comments.
        span: The place of the first character.
        indexed: Whether to read an indexed constraint, in which a minus is always a sign and `[1]` an index.

    Raises:
        ReadError: A character starts no token.
    """

    def __init__(self, text: str, span: Span, *, indexed: bool = False) -> None:
        self.span = span
        self.position = 0
        self._text = text
        self._line_ends = [match.start() for match in re.finditer("\n", text)]
        self._items = self._split(_INDEXED if indexed else _PLAIN)

    def _split(self, pattern: re.Pattern[str]) -> list[Token]:
        items, offset, size = [], 0, len(self._text)
        for match in pattern.finditer(self._text):
            if match.start() != offset:
                break
            kind, word = match.lastgroup or "", match.group()
            if kind == "name":
                items.append(Token("keyword" if word in KEYWORDS else kind, word, offset))
            elif kind == "sign":
                items.append(Token(word, word, offset))
            elif kind in ("quoted", "text"):
                items.append(Token(kind, word[1:-1], offset))
            elif kind != "blank":
                items.append(Token(kind, word, offset))
            offset = match.end()
        if offset < size:
            raise self._bad_character(offset)
        items.append(Token("end", "", size))
        return items

    def _bad_character(self, offset: int) -> ReadError:
        place, character, rest = self.place(offset), self._text[offset], self._text[offset + 1 :].split("\n", 1)[0]
        if character not in "\"'":
            return ReadError(f"{place}: found character {character!r}, expected a name, value or operator")
        what = "name" if character == '"' else "text"
        end = rest.find(character)
        if end < 0:
            return ReadError(
                f"{place}: found a {what} without its closing quote, expected {character} on the same line"
            )
        if end == 0:
            return ReadError(f"{place}: found an empty {what}, expected at least one character between the quotes")
        return ReadError(
            f"{place}: found a dot in the name {character}{rest[:end]}{character}, expected none, as in UVL"
        )

    def place(self, offset: int) -> Span:
        """Return the place of a character of the text."""
        line, column = self.span.line, self.span.column
        before = bisect_left(self._line_ends, offset)
        if before:
            return Span(self.span.path, line + before, offset - self._line_ends[before - 1])
        return Span(self.span.path, line, column + offset if column else 0)

    def peek(self, ahead: int = 0) -> Token:
        try:
            return self._items[self.position + ahead]
        except IndexError:
            return self._items[-1]

    def take(self) -> Token:
        token = self.peek()
        self.position += 1
        return token

    def take_if(self, kind: str) -> bool:
        """Take the next token if it is of this kind; return whether it was."""
        if self.peek().kind != kind:
            return False
        self.position += 1
        return True

    def expect(self, kind: str, what: str = "") -> Token:
        """Take the next token, which must be of this kind; `what` names the kind in messages."""
        if self.peek().kind != kind:
            raise self.unexpected(what or repr(kind))
        return self.take()

    def unexpected(self, expected: str) -> ReadError:
        """Return the error for the next token, which differs from the expected one."""
        token, hint = self.peek(), ""
        if token.kind == "keyword":
            hint = f'; a name that is a keyword stands in double quotes, "{token.text}"'
        elif token.kind == "number" and token.text.startswith("-"):
            hint = f"; to subtract, write a blank after the minus, - {token.text[1:]}"
        return ReadError(f"{self.place(token.offset)}: found {token}, expected {expected}{hint}")

    def number(self, token: Token) -> int | float:
        """Return the value of a number token."""
        if len(token.text) > MAX_NUMBER_LENGTH:
            raise ReadError(
                f"{self.place(token.offset)}: found a number of {len(token.text)} characters,"
                f" expected at most {MAX_NUMBER_LENGTH}"
            )
        return float(token.text) if "." in token.text else int(token.text)

    def reference(self, what: str = "a name") -> tuple[list[Token], Span]:
        """Read `a.b.c`; return its parts and the place of the first."""
        parts = [self._name(what)]
        while self.take_if("."):
            parts.append(self._name("a name after the dot"))
        return parts, self.place(parts[0].offset)

    def _name(self, what: str) -> Token:
        token = self.peek()
        if token.kind not in ("name", "quoted"):
            raise self.unexpected(what)
        if "." in token.text:
            raise ReadError(
                f'{self.place(token.offset)}: found a dot in the name "{token.text}", expected none, as in UVL'
            )
        return self.take()


def format_name(name: str, span: Span) -> str:
    """Return the name as UVL spells it, in double quotes if it needs them.

    Raises:
        UnsupportedError: UVL has no spelling for it: it is empty or holds a dot, a double quote or a line break.

    >>> from featurenet_uvl.ir.span import NOWHERE
    >>> format_name("sum", NOWHERE), format_name("total", NOWHERE)
    ('"sum"', 'total')
    """
    if STRICT_NAME.fullmatch(name) and name not in KEYWORDS:
        return name
    if not name or any(character in f'".{NEVER_QUOTED}' for character in name):
        raise UnsupportedError(
            f"{span}: found the name {name!r}, expected one without dots, double quotes and line breaks,"
            " which UVL cannot escape"
        )
    return f'"{name}"'


def format_path(path: str, span: Span) -> str:
    """Return a dotted path as UVL spells it."""
    return ".".join(format_name(part, span) for part in path.split("."))
