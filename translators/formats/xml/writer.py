"""Write XML elements as FeatureIDE does."""

from __future__ import annotations

from xml.sax.saxutils import escape

_ESCAPES = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def element(depth: int, tag: str, *, is_open: bool = False, **attributes: str | None) -> str:
    """Return a start tag or an empty tag with its attributes in alphabetical order.

    `data_type` becomes `data-type`, and an attribute that is None is left out.

    >>> element(0, "graphics", value="1", key="layoutalgorithm")
    '<graphics key="layoutalgorithm" value="1"/>'
    """
    pairs = sorted((name.replace("_", "-"), value) for name, value in attributes.items() if value is not None)
    text = "".join(f' {name}="{escape(value, _ESCAPES)}"' for name, value in pairs)
    return "\t" * depth + f"<{tag}{text}{'>' if is_open else '/>'}"
