"""The options that say where networks are trained, and under which limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from featurenet_uvl.errors import UsageError

if TYPE_CHECKING:
    from featurenet_uvl.training.engines.base import Engine

EngineName: TypeAlias = Annotated[
    str, typer.Option("--engine", metavar="local|ray", help="Where to train: this machine, or a Ray cluster.")
]
Address: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--address", metavar="HOST:PORT", help="Head of the Ray cluster. Else the one this machine is part of."
    ),
]
Cpus: TypeAlias = Annotated[float | None, typer.Option("--cpus", help="Ray: CPU cores for each network. Else 1.")]
Gpus: TypeAlias = Annotated[
    float | None, typer.Option("--gpus", help="Ray: GPUs for each network, such as 1 or 0.25. Else none.")
]
Memory: TypeAlias = Annotated[
    float | None, typer.Option("--memory", metavar="MB", help="Ray: memory to keep free for each network.")
]
TrialTime: TypeAlias = Annotated[
    float | None, typer.Option("--time-limit", help="Seconds for each network; longer is a row that says so.")
]
TrialMemory: TypeAlias = Annotated[
    float | None,
    typer.Option("--memory-limit", metavar="MB", help="Memory of each network's process; more is a row that says so."),
]
TrialWeights: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--weight-limit", help="Weights of each network; one with more is not built, and is a row that says so."
    ),
]


def parse_engine(
    name: str,
    *,
    workers: int | None,
    address: str | None,
    cpus: float | None,
    gpus: float | None,
    memory: float | None,
) -> Engine:
    """Where to train, as the options say.

    Raises:
        UsageError: An unknown engine, an option of the other engine, or a number out of range.
    """
    from featurenet_uvl.training.engines.local import LocalEngine, available_cores
    from featurenet_uvl.training.engines.ray_cluster import RayEngine

    requests = {"--address": address, "--cpus": cpus, "--gpus": gpus, "--memory": memory}
    if name == "ray":
        if workers is not None:
            raise UsageError("found --workers with --engine ray, expected --cpus: a cluster trains as many as fit")
        return RayEngine(
            "auto" if address is None else address, 1.0 if cpus is None else cpus, gpus or 0.0, memory_mb=memory
        )
    if name != "local":
        raise UsageError(f"--engine: found {name!r}, expected local or ray")
    wrong = [option for option, value in requests.items() if value is not None]
    if wrong:
        raise UsageError(f"found {', '.join(wrong)} without --engine ray, expected both or none")
    return LocalEngine(available_cores() if workers is None else workers)
