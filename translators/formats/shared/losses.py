"""What a writer leaves out because its format cannot carry it, where the user has agreed to losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.formats.shared.renaming import rename_features

T = TypeVar("T")


def attempt(step: Callable[[], T], losses: list[str] | None, loss: str) -> T | None:
    """The result of a step; None, and a warning added to `losses`, where it is unsupported.

    Args:
        step: Writes one thing.
        losses: None if nothing may be lost.
        loss: What happens instead, such as "left out".

    Raises:
        UnsupportedError: From the step, if nothing may be lost.
    """
    try:
        return step()
    except UnsupportedError as error:
        if losses is None:
            raise
        losses.append(f"{error}; {loss}")
        return None


def with_writable_names(model: FeatureModel, spell: Callable[[str], str], losses: list[str] | None) -> FeatureModel:
    """The model with other names for features whose names a format lacks; itself if nothing may be lost.

    Args:
        model: The model to write.
        spell: The nearest name that the format has; the name itself where it has that.
        losses: Gets one warning a name.
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
