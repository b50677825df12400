"""The option `--at-most` of every command that takes networks, and its old name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from featurenet_uvl.cli.console.streams import say
from featurenet_uvl.errors import UsageError
from featurenet_uvl.system.deprecated import GONE_IN

if TYPE_CHECKING:
    from featurenet_uvl.decoding.size_limits import SizeLimits

AtMost: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--at-most",
        metavar="SIZE=N",
        help="Largest network: weights=N or macs=N (multiply-accumulates for one image), such as macs=1e6; repeatable.",
    ),
]
WeightLimit: TypeAlias = Annotated[
    int | None, typer.Option("--weight-limit", help="The old name of --at-most weights=N.")
]


def parse_at_most(texts: Sequence[str] | None, weight_limit: int | None = None, *, quiet: bool = False) -> SizeLimits:
    """Return the limits that the options state; the old option warns.

    Raises:
        UsageError: A limit has another form, or one is there twice.
    """
    from featurenet_uvl.decoding.size_limits import parse_size_limits

    given = list(texts or ())
    if weight_limit is not None:
        if any(text.startswith("weights=") for text in given):
            raise UsageError("found --weight-limit and --at-most weights=..., expected the latter alone")
        given.append(f"weights={weight_limit}")
    limits = parse_size_limits(given)
    if weight_limit is not None:
        say(f"warning: --weight-limit is now --at-most weights=...; it goes away in {GONE_IN}", quiet=quiet)
    return limits
