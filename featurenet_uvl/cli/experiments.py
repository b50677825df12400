"""The commands `experiments ...`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featurenet_uvl.cli.options import DataDir, Json, Quiet, Workers
from featurenet_uvl.cli.progress import ProgressLine, resumable
from featurenet_uvl.cli.status import status
from featurenet_uvl.cli.streams import put, put_json, say
from featurenet_uvl.cli.train import show_progress

if TYPE_CHECKING:
    from featurenet_uvl.experiments.run import RunResult

experiments = typer.Typer()

_ORDER = ("smoke", "laptop")
"""Presets, each with the next one after it."""


@experiments.callback()
def about() -> None:
    """Rerun the paper's experiments and make its tables and figures."""


@experiments.command("run")
def run(
    preset: Annotated[
        str, typer.Option("--preset", metavar="NAME|PATH", help="smoke, laptop, or a .cfg file of your own.")
    ] = "smoke",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Where results go. Else results/<preset>.")
    ] = None,
    data_dir: DataDir = None,
    workers: Workers = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Train again what failed or reached its time limit.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Compile, sample, decode, train, and write tables and figures.

    The same command again goes on where it was stopped, and trains nothing twice.
    """
    from featurenet_uvl.experiments.preset import load_preset
    from featurenet_uvl.experiments.run import run_experiment
    from featurenet_uvl.report.table1 import table1_markdown

    chosen = load_preset(preset)
    with resumable(), ProgressLine(quiet=quiet) as line:
        result = run_experiment(
            chosen,
            output,
            data_dir=data_dir,
            workers=workers,
            retry_failed=retry_failed,
            on_step=lambda step: say(step, quiet=quiet),
            on_progress=lambda progress: show_progress(line, progress),
        )
    if as_json:
        put_json(_facts(result))
    else:
        put(table1_markdown(result.table))
    say(f"results in {result.folder}: {', '.join(path.name for path in result.files)}", quiet=quiet)
    for text in _next(preset):
        say(text, quiet=quiet)


experiments.command("status")(status)


def _facts(result: RunResult) -> dict[str, Any]:
    return {
        "folder": str(result.folder),
        "features": result.features,
        "clauses": result.clauses,
        "diversity": asdict(result.diversity),
        "sample": [asdict(trial) for trial in result.sample],
        "baselines": [asdict(trial) for trial in result.baselines],
        "files": [str(path) for path in result.files],
    }


def _next(preset: str) -> tuple[str, ...]:
    """What to run next, and what it needs."""
    from featurenet_uvl.experiments.preset import load_preset

    if preset not in _ORDER[:-1]:
        return ()
    name = _ORDER[_ORDER.index(preset) + 1]
    following = load_preset(name)
    protocol = following.protocol
    images = "all" if protocol.train_images is None else f"{protocol.train_images:,}"
    source = f"needs {protocol.data}.npz (--data-dir, else Keras' cache or download)"
    return (
        f"next: --preset {name}: {following.sample_count} networks, {images} training images of {protocol.data},"
        f" {protocol.epochs} epochs; {source if protocol.data != 'digits' else 'needs no data'}",
    )
