"""HTML by construction: all text but markup is escaped, so that no name in a user's file can become part of the
page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import TypeAlias


class Markup(str):
    """Text that is HTML already, made by `element` and `joined`, or read from files of the package."""

    __slots__ = ()


Child: TypeAlias = Markup | str | int | float | None

_VOID = frozenset({"br", "img", "input", "link", "meta"})


def element(tag: str, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """Return an element. Attribute names may end in `_`; other underscores become hyphens; None and False omit one.

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
    """Join children, escaping those that are not markup."""
    parts = (
        child if isinstance(child, Markup) else escape(clean(str(child))) for child in children if child is not None
    )
    return Markup(separator.join(parts))


def clean(text: str) -> str:
    r"""Replace control characters, lone surrogates and changes of direction, which a page cannot hold or would obey.

    >>> clean("a\x00b\n")
    'a\ufffdb\n'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t\N{NO-BREAK SPACE}" else "\N{REPLACEMENT CHARACTER}" for c in text)


def data_block(identifier: str, value: object) -> Markup:
    r"""Return JSON within the page, for its script. Nothing in it can end the block or act as markup.

    >>> data_block("x", "</script>")
    '<script type="application/json" id="x">"\\u003c/script\\u003e"</script>'
    """
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(f'<script type="application/json" id="{escape(identifier)}">{text}</script>')
