"""Pictures as SVG: with text as text, names for screen readers, and no styles that could affect a page around them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from featurenet_uvl.drawing.colours import BACKGROUND, EDGE, FAINT, INK, colours_of
from featurenet_uvl.drawing.layout import draw_network
from featurenet_uvl.drawing.picture import FONT_SIZE, Box, Edge, Picture, Text
from featurenet_uvl.ir.architecture import Architecture

FONTS = "Helvetica, Arial, 'Liberation Sans', sans-serif"
ARROW = 4.0
"""Half the width of an arrow's head, in pixels."""


def architecture_svg(architecture: Architecture, title: str = "Network") -> str:
    """Return a network as an SVG image, for a file or for a place in an HTML page.

    Args:
        architecture: The network.
        title: The picture's title.

    Raises:
        DecodeError: The shapes of the network do not fit.
    """
    return to_svg(draw_network(architecture, title))


def to_svg(picture: Picture) -> str:
    """Return a picture as SVG; equal pictures give equal bytes."""
    width, height = _number(picture.width), _number(picture.height)
    key = hashlib.sha256(f"{picture.title}\n{picture.description}".encode()).hexdigest()[:8]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" aria-labelledby="n{key}-title n{key}-desc" font-family="{FONTS}" font-size="{FONT_SIZE:g}">',
        f'<title id="n{key}-title">{_text(picture.title)}</title>',
        f'<desc id="n{key}-desc">{_text(picture.description)}</desc>',
        f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>',
        *map(_line, picture.heading),
        *(part for box in (*picture.blocks, *picture.cells) for part in _box(box)),
        *(part for edge in picture.edges for part in _edge(edge)),
        *(part for box in picture.boxes for part in _box(box)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _box(box: Box) -> Iterator[str]:
    fill, stroke, is_dashed = colours_of(box.tone)
    dashes = ' stroke-dasharray="3 3"' if is_dashed else ""
    yield f"<g data-key={quoteattr(box.key)}><title>{_text(box.title)}</title>"
    yield (
        f'<rect x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(box.width)}" height="{_number(box.height)}"'
        f' rx="4" fill="{fill}" stroke="{stroke}"{dashes}/>'
    )
    yield from map(_line, box.texts)
    yield "</g>"


def _line(text: Text) -> str:
    weight = ' font-weight="bold"' if text.is_bold else ""
    colour = FAINT if text.is_faint else INK
    return (
        f'<text x="{_number(text.x)}" y="{_number(text.y)}" text-anchor="{text.anchor.value}" fill="{colour}"{weight}>'
        f"{_text(text.text)}</text>"
    )


def _edge(edge: Edge) -> Iterator[str]:
    (x1, y1), (x2, y2) = edge.start, edge.end
    keys = f"data-source={quoteattr(edge.source)}" + (f" data-target={quoteattr(edge.target)}" if edge.target else "")
    middle = _number((y1 + y2) / 2)
    ends = f"M{_number(x1)} {_number(y1)}"
    way = (
        f"V{_number(y2)}" if x1 == x2 else f"C{_number(x1)} {middle} {_number(x2)} {middle} {_number(x2)} {_number(y2)}"
    )
    yield f'<path {keys} d="{ends}{way}" fill="none" stroke="{EDGE}" stroke-width="1.4"/>'
    if edge.target:
        tip = f"{_number(x2)} {_number(y2)}"
        base = f"{_number(x2 - ARROW)} {_number(y2 - 1.7 * ARROW)}L{_number(x2 + ARROW)} {_number(y2 - 1.7 * ARROW)}"
        yield f'<path d="M{tip}L{base}Z" fill="{EDGE}"/>'


def _text(text: str) -> str:
    """Return text escaped for XML, with a replacement for the control characters that XML forbids."""
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
