"""The largest networks that somebody wants: limits of weights and of multiply-accumulates (MACs)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from featurenet_uvl.errors import LimitError, UsageError
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.system.counted import counted
from featurenet_uvl.system.json_values import shown

_NUMBER = re.compile(r"([0-9][0-9_]{0,30}(?:\.[0-9]{1,30})?(?:[eE]\+?[0-9]{1,2})?)([kMG]?)")
_THOUSANDS: Mapping[str, int] = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """The most weights and MACs that a network may have; None: any number."""

    weights: int | None = None
    macs: int | None = None

    def keep(self, network: Architecture) -> bool:
        """Return whether a network keeps both limits."""
        return (self.weights is None or network.weights() <= self.weights) and (
            self.macs is None or network.macs() <= self.macs
        )

    def __str__(self) -> str:
        limits = ((self.weights, "weight"), (self.macs, "MAC"))
        return " and ".join(f"at most {counted(limit, thing)}" for limit, thing in limits if limit is not None)


def parse_size_limits(texts: Iterable[str]) -> SizeLimits:
    """Return the limits in texts NAME=N, such as `weights=20_000`, `macs=1e6` and `macs=2.5M`.

    Raises:
        UsageError: A text has another form, a name comes twice, or a number is not a whole one from 1.

    >>> parse_size_limits(["weights=20k", "macs=1e6"])
    SizeLimits(weights=20000, macs=1000000)
    """
    names = [field.name for field in fields(SizeLimits)]
    found: dict[str, int] = {}
    for text in texts:
        name, equals, number = text.partition("=")
        if not equals or name not in names:
            expected = " or ".join(f"{name}=N" for name in names)
            raise UsageError(f"`at_most`: found {shown(text)}, expected {expected}, for example macs=1e6")
        if name in found:
            raise UsageError(f"`at_most`: found {name} twice, expected one limit of them")
        found[name] = _whole(name, number)
    return SizeLimits(**found)


def _whole(name: str, text: str) -> int:
    match = _NUMBER.fullmatch(text)
    value = Decimal(match[1].replace("_", "")) * _THOUSANDS[match[2]] if match else Decimal(0)
    if value < 1 or value != int(value):
        raise UsageError(
            f"`at_most`: found {name}={shown(text)}, expected a whole number from 1, such as 20000, 20_000, 20k or 1e6"
        )
    return int(value)


def within(networks: Mapping[str, Architecture], limits: SizeLimits) -> dict[str, Architecture]:
    """Return the networks that keep the limits, in their order.

    Raises:
        LimitError: None of them does. The message has the smallest numbers that there are.
    """
    kept = {name: network for name, network in networks.items() if limits.keep(network)}
    if networks and not kept:
        weights = min(network.weights() for network in networks.values())
        macs = min(network.macs() for network in networks.values())
        raise LimitError(
            f"`at_most`: found no network with {limits}, expected one at least; the fewest of"
            f" {counted(len(networks), 'network')} are {counted(weights, 'weight')} and {counted(macs, 'MAC')}"
        )
    return kept
