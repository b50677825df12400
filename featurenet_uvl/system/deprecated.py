"""Old names that still work for one minor release, and warn."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

GONE_IN = "0.3"
"""The version in which the old names of today no longer work."""


def warn_renamed(old: str, new: str, *, stacklevel: int = 2) -> None:
    """Warn that something is called by its old name.

    Args:
        old: The name that was used.
        new: What to use instead.
        stacklevel: How many callers lie between this function and the code to be changed, plus one.
    """
    warnings.warn(f"{old} is now {new}; the old name goes away in {GONE_IN}", DeprecationWarning, stacklevel + 1)


def renamed(old: str, module: str, name: str) -> Callable[..., Any]:
    """Return a function for an old name: it warns and calls the new one, which it imports then.

    Args:
        old: The full old name.
        module: The full name of the module that has the function now.
        name: The function's name there.

    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     renamed("old.parse_size", "featurenet_uvl.ir.layers", "parse_shape")("28x28x1")
    (28, 28, 1)
    >>> str(caught[0].message)
    'old.parse_size is now featurenet_uvl.ir.layers.parse_shape; the old name goes away in 0.3'
    """

    def call(*args: Any, **keywords: Any) -> Any:
        warn_renamed(old, f"{module}.{name}")
        return getattr(import_module(module), name)(*args, **keywords)

    return call


def moved(module: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a module's `__getattr__` that finds names which have moved to other modules, and warns.

    Args:
        module: The full name of the module that had the names.
        homes: By name, the full name of the module that has it now.

    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     moved("featurenet_uvl.old", {"FeatureNetError": "featurenet_uvl.errors"})("FeatureNetError")
    <class 'featurenet_uvl.errors.FeatureNetError'>
    >>> str(caught[0].message)
    'featurenet_uvl.old.FeatureNetError is now featurenet_uvl.errors.FeatureNetError; the old name goes away in 0.3'
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warn_renamed(f"{module}.{name}", f"{homes[name]}.{name}")
        return getattr(import_module(homes[name]), name)

    return find
