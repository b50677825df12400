"""HTML by construction: what is not markup is escaped, so that no name of a user's file becomes a part of the page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import TypeAlias


class Markup(str):
    """Text that is HTML already. Made by `element` and `joined`, and of the package's own files."""

    __slots__ = ()


Child: TypeAlias = Markup | str | int | float | None

_VOID = frozenset({"br", "img", "input", "link", "meta"})


def element(tag: str, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """An element. Names of attributes may end in `_`; other underscores are hyphens; None and False leave one out.

    >>> element("td", "a < b", class_="count", data_value=None)
    '<td class="count">a &lt; b</td>'
    >>> element("p", element("b", "1"), " & 2")
    '<p><b>1</b> &amp; 2</p>'
    """
    opening = "".join([f"<{tag}", *(_attribute(name, value) for name, value in attributes.items()), ">"])
    if tag in _VOID:
        assert not children, tag
        return Markup(opening)
    return Markup(f"{opening}{joined(children)}</{tag}>")


def _attribute(name: str, value: str | int | float | bool | None) -> str:
    key = name.removesuffix("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {key}" if value is True else f' {key}="{escape(clean(str(value)))}"'


def joined(children: Iterable[Child], separator: str = "") -> Markup:
    """Children one after another, those that are no markup escaped."""
    parts = (
        child if isinstance(child, Markup) else escape(clean(str(child))) for child in children if child is not None
    )
    return Markup(separator.join(parts))


def clean(text: str) -> str:
    r"""Without what a page cannot carry or would obey: control characters, lone surrogates, changes of direction.

    >>> clean("a\x00b\n")
    'a\ufffdb\n'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t\N{NO-BREAK SPACE}" else "\N{REPLACEMENT CHARACTER}" for c in text)


def data_block(identifier: str, value: object) -> Markup:
    r"""JSON within the page, for its script. Nothing in it can end the block or be read as markup.

    >>> data_block("x", "</script>")
    '<script type="application/json" id="x">"\\u003c/script\\u003e"</script>'
    """
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(f'<script type="application/json" id="{escape(identifier)}">{text}</script>')
