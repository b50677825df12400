"""The colours of pictures. Each text colour has a contrast of at least 4.5 to 1 on each fill."""

from __future__ import annotations

from collections.abc import Mapping

from featurenet_uvl.drawing.picture import Tone

BACKGROUND, INK, FAINT, EDGE = "#ffffff", "#1f2430", "#4a5162", "#4a5162"

_FILLS: Mapping[Tone, tuple[str, str]] = {
    Tone.CONVOLUTION: ("#cfe2ff", "#4a78c2"),
    Tone.POOLING: ("#d3f0d8", "#4d9a5c"),
    Tone.DENSE: ("#ffe3c2", "#c5812f"),
    Tone.OPERATION: ("#e9dcf9", "#8a62bd"),
    Tone.PASSING: ("#ffffff", "#8b93a5"),
    Tone.JOIN: ("#fdf3b8", "#ae9a2a"),
    Tone.OUTPUT: ("#fbd7dc", "#c05564"),
    Tone.IMAGE: ("#d6eef0", "#3f8f96"),
    Tone.CELL: ("#ffffff", "#8b93a5"),
    Tone.BLOCK: ("#eff1f5", "#c3c8d2"),
}


def colours_of(tone: Tone) -> tuple[str, str, bool]:
    """Return the fill, the outline, and whether the outline is dashed."""
    fill, stroke = _FILLS[tone]
    return fill, stroke, tone is Tone.PASSING
