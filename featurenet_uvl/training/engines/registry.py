"""The training engines by name: those of this project, and those of other packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from featurenet_uvl.errors import ToolError, UnsupportedError, UsageError
from featurenet_uvl.system.plugins import foreign_code, load_offer, offer_label, offered_names
from featurenet_uvl.training.engines.base import Engine
from featurenet_uvl.training.engines.foreign import ForeignEngine
from featurenet_uvl.training.engines.local import LocalEngine, available_cores
from featurenet_uvl.training.engines.ray_cluster import RayEngine

GROUP = "featurenet_uvl.engines"
"""Entry-point group in which other packages offer engines: a name, and a `MakeEngine` or an `EngineOffer`."""

MakeEngine: TypeAlias = Callable[[Mapping[str, str]], Engine]
"""Function that makes an engine from the texts of its options by name; raises UsageError for values out of range."""

_T = TypeVar("_T", int, float)


@dataclass(frozen=True, slots=True)
class EngineOffer:
    """A kind of engine: how to make one, and the names of its options with one line of explanation each."""

    make: MakeEngine
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def _local(options: Mapping[str, str]) -> Engine:
    workers = _number("workers", options.get("workers"), int)
    return LocalEngine(available_cores() if workers is None else workers)


def _ray(options: Mapping[str, str]) -> Engine:
    cpus = _number("cpus", options.get("cpus"), float)
    gpus = _number("gpus", options.get("gpus"), float)
    memory_mb = _number("memory", options.get("memory"), float)
    return RayEngine(
        options.get("address", "auto"),
        1.0 if cpus is None else cpus,
        0.0 if gpus is None else gpus,
        memory_mb=memory_mb,
    )


ENGINES: Mapping[str, EngineOffer] = MappingProxyType(
    {
        "local": EngineOffer(_local, {"workers": "networks trained at a time; else one per core"}),
        "ray": EngineOffer(
            _ray,
            {
                "address": "HOST:PORT of the cluster's head; else the cluster that this machine is part of",
                "cpus": "CPU cores per network; else 1",
                "gpus": "GPUs per network, such as 1 or 0.25; else none",
                "memory": "MB that must be free for a network",
            },
        ),
    }
)
"""The engines of this project."""


def make_engine(name: str, options: Mapping[str, str] = MappingProxyType({})) -> Engine:
    """Return the engine of this name.

    Args:
        name: One of `engine_names()`.
        options: Texts of the engine's options by name.

    Raises:
        UsageError: No engine has this name, it does not know an option, or a value is out of range.
        UnsupportedError: Another package offers it, but it cannot be loaded.

    >>> make_engine("local", {"workers": "2"})
    LocalEngine(workers=2)
    """
    offer = find_engine(name)
    for option in options:
        if option not in offer.options:
            known = f"{'one of ' * (len(offer.options) > 1)}{', '.join(offer.options)}" or "none: it has no options"
            raise UsageError(f"engine {name}: found option {option!r}, expected {known}")
    return offer.make(options)


def engine_names() -> tuple[str, ...]:
    """Return the names of all engines: those of this project, then those of other packages."""
    return (*ENGINES, *offered_names(GROUP, ENGINES))


def find_engine(name: str) -> EngineOffer:
    """Return the offer of this name.

    Raises:
        UsageError: No engine has this name.
        UnsupportedError: Another package offers it, but it cannot be loaded.
    """
    if name in ENGINES:
        return ENGINES[name]
    offer = load_offer(GROUP, name, "engine")
    if offer is None:
        raise UsageError(f"found engine {name!r}, expected one of {', '.join(engine_names())}")
    loaded, place = offer
    found = loaded if isinstance(loaded, EngineOffer) else EngineOffer(loaded)
    if not callable(found.make) or not isinstance(found.options, Mapping):
        raise UnsupportedError(
            f"{offer_label(GROUP, name, 'engine')}: found {type(loaded).__name__} at {place}, expected a function of"
            " options, or an EngineOffer of one with its options by name"
        )
    return EngineOffer(_guarded(name, found.make), found.options)


def _guarded(name: str, make: MakeEngine) -> MakeEngine:
    """Return a function of another package that makes an engine; its errors, and those of the engine, name it."""
    label = offer_label(GROUP, name, "engine")

    def run(options: Mapping[str, str]) -> Engine:
        with foreign_code(f"{label}: cannot be made"):
            found = make(options)
        if not callable(getattr(found, "session", None)) or not callable(getattr(found, "check", None)):
            raise ToolError(f"{label}: found {type(found).__name__}, expected an Engine")
        return ForeignEngine(found, label)

    return run


def _number(name: str, text: str | None, kind: type[_T]) -> _T | None:
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError as error:
        article = "a whole number" if kind is int else "a number"
        raise UsageError(f"{name}: found {text!r}, expected {article}") from error
