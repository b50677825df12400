"""Texts from files of the user, made harmless for Markdown's readers, LaTeX and spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Mapping

_FORMULA = tuple("=+-@＝＋－＠")
"""Starts of a cell that a spreadsheet takes for a formula."""

_MARKDOWN = re.compile(r"[\\`|\[\]]|\*(?=\S)|(?<=\S)\*|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#?\w+;)")
"""Marks that Markdown would obey: of code, emphasis, cells, links, HTML and its characters by name."""


def one_line(text: str) -> str:
    r"""Return the text with blanks in place of line ends and control characters.

    >>> one_line("a\nb")
    'a b'
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def spreadsheet_text(text: str) -> str:
    """Return a text for a cell of a CSV file, on one line, with a quotation mark in front if it would be a formula.

    >>> [spreadsheet_text(text) for text in ("S1/007", "=1+1", "-0.5", "-x")]
    ['S1/007', "'=1+1", '-0.5', "'-x"]
    """
    text = one_line(text)
    if not text.lstrip().startswith(_FORMULA):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def markdown_text(text: str) -> str:
    r"""Return a text for a line or cell of Markdown, with a backslash before each mark.

    >>> markdown_text("<b> a|b, 1 < 2, LeNet_5")
    '\\<b> a\\|b, 1 < 2, LeNet_5'
    """
    return _MARKDOWN.sub(lambda match: f"\\{match.group()}", one_line(text))


_LATEX: Mapping[str, str] = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "–": "--",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


def latex_text(text: str) -> str:
    r"""Return a text for LaTeX, with the characters escaped that it treats as commands.

    >>> latex_text("S1_5 & 97 %")
    'S1\\_5 \\& 97 \\%'
    """
    return re.sub(r"[\\~^<>±×–&%$#_{}]", lambda match: _LATEX[match.group()], one_line(text))
