"""The options of training engines, and the limits of each network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from featurenet_uvl.errors import UsageError

if TYPE_CHECKING:
    from featurenet_uvl.training.engines.base import Engine

EngineName: TypeAlias = Annotated[
    str,
    typer.Option("--engine", metavar="NAME", help="Where to train: local, ray, or a package's own."),
]
Address: TypeAlias = Annotated[
    str | None,
    typer.Option("--address", metavar="HOST:PORT", help="Ray: head of the cluster. Else the cluster of this machine."),
]
Cpus: TypeAlias = Annotated[float | None, typer.Option("--cpus", help="Ray: CPU cores for each network. Else 1.")]
Gpus: TypeAlias = Annotated[
    float | None, typer.Option("--gpus", help="Ray: GPUs for each network, such as 1 or 0.25. Else none.")
]
Memory: TypeAlias = Annotated[
    float | None, typer.Option("--memory", metavar="MB", help="Ray: memory to keep free for each network.")
]
TrialTime: TypeAlias = Annotated[
    float | None,
    typer.Option("--time-limit", help="Seconds per network. A slower one is stopped and reported."),
]
TrialMemory: TypeAlias = Annotated[
    float | None,
    typer.Option("--memory-limit", metavar="MB", help="Memory per network. A larger one is stopped and reported."),
]

EngineOptions: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--engine-option", metavar="NAME=VALUE", help="An option of a package's own engine; repeatable."),
]


def parse_engine(
    name: str,
    *,
    workers: int | None,
    address: str | None,
    cpus: float | None,
    gpus: float | None,
    memory: float | None,
    others: Iterable[str] | None = None,
) -> Engine:
    """Return the engine that the options describe.

    Raises:
        UsageError: No engine has this name, an option belongs to another engine, or a value is out of range.
    """
    from featurenet_uvl.training.engines.registry import find_engine, make_engine

    values = {"workers": workers, "address": address, "cpus": cpus, "gpus": gpus, "memory": memory}
    given = {option: str(value) for option, value in values.items() if value is not None}
    known = find_engine(name).options
    wrong = [f"--{option}" for option in given if option not in known]
    if wrong:
        expected = ", ".join(f"--{option}" if option in values else f"--engine-option {option}=..." for option in known)
        raise UsageError(f"found {', '.join(wrong)} with --engine {name}, expected its options: {expected or 'none'}")
    for text in others or ():
        option, equals, value = text.partition("=")
        if not (option and equals):
            raise UsageError(f"--engine-option: found {text!r}, expected NAME=VALUE")
        if option in given:
            raise UsageError(f"--engine-option: found {option} twice, expected one value")
        given[option] = value
    return make_engine(name, given)
