"""Comments of UVL: whose they are when a file is read, and how they are written.

A comment above a line belongs to the node of that line, one beside it too; one beside an attribute or a constraint
within a line belongs to that, and one on a line of its own to the attribute or constraint below. Comments above
`features` are the model's, and so are those at the end of the file; comments at the header of a section belong to the
first node of the section.

All are written with `//`, because the official lexer takes everything from the first `/*` to the last `*/` of a file
for one comment. A node keeps one line beside it; further ones go above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.comments import Comments
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language.tokens import NEVER_QUOTED
from featurenet_uvl.translators.formats.uvl.lines import Line, Remark

_LINE_END = re.compile(r"\r\n?|\n")

Entry = tuple[str, Comments]
"""A part of a list in brackets, with its comments."""


def comments_of(remarks: Sequence[Remark]) -> Comments:
    """Return the comments of the one node of a line.

    >>> comments_of([Remark((" a",)), Remark((" b",), 3, False), Remark((" c",), 9, False)])
    Comments(before=(' a', ' b'), after=(' c',))
    """
    *others, last = remarks
    if last.offset < 0 or len(last.lines) > 1:
        return Comments(tuple(line for remark in remarks for line in remark.lines))
    return Comments(tuple(line for remark in others for line in remark.lines), last.lines)


def shared_out(remarks: Sequence[Remark], starts: Sequence[int], end: int) -> tuple[Comments, dict[int, Comments]]:
    """Share the remarks of a line out among its node and the entries in its brackets.

    Args:
        remarks: The remarks, in order.
        starts: The offset of each entry, in order.
        end: The offset of the closing bracket.

    Returns:
        The comments of the node, and those of each entry that has some, by its number.
    """
    own: list[Remark] = []
    of_entries: dict[int, list[Remark]] = {}
    for remark in remarks:
        started = sum(start < remark.offset for start in starts)
        if remark.offset < 0 or remark.offset > end or not starts:
            own.append(remark)
        elif remark.is_alone and started < len(starts):
            of_entries.setdefault(started, []).append(remark._replace(offset=-1))
        elif started:
            of_entries.setdefault(started - 1, []).append(remark)
        else:
            own.append(remark)
    found = {number: comments_of(some) for number, some in of_entries.items()}
    return comments_of(own) if own else Comments(), found


def take_comments(sections: Mapping[str, list[Line]], below: Sequence[Remark]) -> Comments:
    """Return the comments of a file as a whole, and move those at the headers of sections to the line below them.

    Args:
        sections: The lines of each section by its keyword, its header first; some lines are replaced.
        below: The comments below the last line.
    """
    above = [r for name in ("namespace", "include", "imports") for line in sections.get(name, ()) for r in line.remarks]
    for name in ("features", "constraints"):
        header, *body = sections.get(name, ()) or (None,)
        remarks = header.remarks if header is not None else ()
        if name == "features":
            above += [remark for remark in remarks if remark.offset < 0]
            remarks = tuple(remark for remark in remarks if remark.offset >= 0)
        moved = tuple(remark._replace(offset=-1) for remark in remarks)
        if not body:
            below = (*moved, *below)
        elif moved:
            sections[name][1] = body[0]._replace(remarks=(*moved, *body[0].remarks))
    return Comments(*(tuple(line for remark in some for line in remark.lines) for some in (above, below)))


def comment_lines(lines: Iterable[str], indent: str, span: Span) -> Iterator[str]:
    """Yield comments as lines of a file.

    Raises:
        UnsupportedError: A comment holds a character that UVL has nowhere.

    >>> from featurenet_uvl.ir.span import NOWHERE
    >>> list(comment_lines((" why",), "", NOWHERE))
    ['// why']
    """
    for text in lines:
        for line in _LINE_END.split(text):
            bad = next((character for character in line if character in NEVER_QUOTED), None)
            if bad is not None:
                raise UnsupportedError(f"{span}: found {bad!r} in a comment, which UVL cannot hold")
            yield f"{indent}//{line}"


def commented(text: str, comments: Comments, indent: str, span: Span) -> list[str]:
    """Return the lines of a node: its comments above, then its text with the comment beside it."""
    if not any(comments):
        return [indent + text]
    after = [part for line in comments.after for part in _LINE_END.split(line)]
    lines = list(comment_lines((*comments.before, *after[:-1]), indent, span))
    beside = "".join(f" {line}" for line in comment_lines(after[-1:], "", span))
    return [*lines, f"{indent}{text}{beside}"]


def bracketed(brackets: str, entries: Sequence[Entry], indent: str, span: Span) -> str:
    """Return the entries in brackets, on one line if no entry has a comment.

    Args:
        brackets: The opening and the closing one.
        entries: Their texts with their comments.
        indent: The indentation of the line that has the brackets.
        span: Its place, for messages.

    >>> from featurenet_uvl.ir.comments import NO_COMMENTS
    >>> from featurenet_uvl.ir.span import NOWHERE
    >>> bracketed("{}", [("abstract", NO_COMMENTS), ("cost 3", NO_COMMENTS)], "", NOWHERE)
    '{abstract, cost 3}'
    """
    opening, closing = brackets[0], brackets[1]
    if not any(any(comments) for _, comments in entries):
        return f"{opening}{', '.join(text for text, _ in entries)}{closing}"
    lines = [opening]
    for number, (text, comments) in enumerate(entries, 1):
        lines += commented(text + "," * (number < len(entries)), comments, f"{indent}\t", span)
    return "\n".join([*lines, indent + closing])
