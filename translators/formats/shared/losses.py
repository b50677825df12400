"""Losses: content that a format cannot carry and its writer leaves out, if the caller agrees to that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.formats.shared.renaming import rename_features

T = TypeVar("T")


def lose(problem: str, losses: list[str] | None) -> None:
    """Raise UnsupportedError for content that a format cannot hold, or record the omission in `losses`."""
    if losses is None:
        raise UnsupportedError(problem)
    losses.append(f"{problem}; left out")


def attempt(step: Callable[[], T], losses: list[str] | None, loss: str) -> T | None:
    """Run a step of a writer; return None if its content is unsupported and may be left out.

    Args:
        step: Writes one piece of content.
        losses: Gets a line per piece that is left out; None if nothing may be lost.
        loss: The fate of the piece, for the line, such as "left out".

    Raises:
        UnsupportedError: The content is unsupported, and nothing may be lost.
    """
    try:
        return step()
    except UnsupportedError as error:
        if losses is None:
            raise
        losses.append(f"{error}; {loss}")
        return None


def with_writable_names(model: FeatureModel, spell: Callable[[str], str], losses: list[str] | None) -> FeatureModel:
    """Return the model with other names for features whose names a format cannot spell; itself if nothing may be lost.

    Args:
        model: The model to write.
        spell: Returns the nearest name that the format can spell, which is the name itself if it can.
        losses: Gets a line per renamed feature; None if nothing may be lost.
    """
    if losses is None:
        return model
    names = [feature.name for feature in model.features()]
    taken = set(names)
    renamed: dict[str, str] = {}
    for feature in model.features():
        name = spell(feature.name)
        if name == feature.name:
            continue
        while name in taken:
            name += "_"
        taken.add(name)
        renamed[feature.name] = name
        losses.append(f"{feature.span}: the feature {feature.name!r} is written as {name!r}, its name has no spelling")
    return rename_features(model, renamed) if renamed else model
