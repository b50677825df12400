"""Drawings of networks, packed so that a page can hold thousands; the page unpacks each when a reader opens it."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass, field

from featurenet_uvl.drawing.svg import architecture_svg
from featurenet_uvl.drawing.text import architecture_text
from featurenet_uvl.ir.architecture import Architecture


@dataclass(slots=True)
class Drawings:
    """Packed drawings by number. Equal networks share one drawing."""

    packed: list[str] = field(default_factory=list)
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def number(self, architecture: Architecture, title: str) -> int:
        """Return the number of a network's drawing in `packed`."""
        key = (architecture.hash(), title)
        if key not in self._numbers:
            self._numbers[key] = len(self.packed)
            self.packed.append(pack(architecture, title))
        return self._numbers[key]


def pack(architecture: Architecture, title: str) -> str:
    """Return a drawing as SVG and as text: JSON, compressed by gzip, in base 64. Equal input gives equal text."""
    content = {
        "svg": architecture_svg(architecture, title),
        "text": architecture_text(architecture, title),
    }
    packed = gzip.compress(json.dumps(content, sort_keys=True).encode(), compresslevel=9, mtime=0)
    return base64.b64encode(packed).decode("ascii")


def unpack(packed: str) -> dict[str, str]:
    """Return the `svg` and `text` that `pack` packed, as the page's script does."""
    content: dict[str, str] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return content
