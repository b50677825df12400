"""The commands `experiments ...`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from featurenet_uvl.cli.commands.status import status
from featurenet_uvl.cli.console.engine_option import (
    Address,
    Cpus,
    EngineName,
    EngineOptions,
    Gpus,
    Memory,
    parse_engine,
)
from featurenet_uvl.cli.console.options import DataDir, Json, Quiet, Workers
from featurenet_uvl.cli.console.progress import ProgressLine, counted, resumable, show_trials, shown_time
from featurenet_uvl.cli.console.streams import put, put_json, say
from featurenet_uvl.system.streams import printable

if TYPE_CHECKING:
    from featurenet_uvl.experiments.costs import Estimate
    from featurenet_uvl.experiments.preset import Preset
    from featurenet_uvl.report.content.study import Study

experiments = typer.Typer()

_MAX_MISSING = 2
"""Missing parts of the results that are printed; the page has all."""


@experiments.callback()
def about() -> None:
    """Rerun the paper's experiments and make its tables and figures."""


@experiments.command("run")
def run(
    preset: Annotated[
        str,
        typer.Option(
            "--preset", metavar="NAME|PATH", help="smoke, laptop, night, paper, lenet5, or a .cfg file of yours."
        ),
    ] = "smoke",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="The results folder. Else results/<preset>.")
    ] = None,
    data_dir: DataDir = None,
    workers: Workers = None,
    engine: EngineName = "local",
    address: Address = None,
    cpus: Cpus = None,
    gpus: Gpus = None,
    memory: Memory = None,
    engine_options: EngineOptions = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Train networks again that failed or reached a limit.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Draw the samples, predict the time of the training, and stop.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Compile, sample, decode, train, and write a web page, tables and figures.

    Repeating the command continues a stopped run, and trains no network twice.
    """
    from featurenet_uvl.experiments.preset_file import load_preset
    from featurenet_uvl.experiments.run import Listener, run_experiment
    from featurenet_uvl.training.engines.local import available_cores

    chosen = load_preset(preset)
    if engine == "local" and workers is None:
        workers = chosen.limits.workers
    where = parse_engine(
        engine, workers=workers, address=address, cpus=cpus, gpus=gpus, memory=memory, others=engine_options
    )
    count = (workers or available_cores()) if engine == "local" else None
    with resumable(), ProgressLine(quiet=quiet) as line:
        listener = Listener(
            phase=line.begin,
            progress=lambda progress: show_trials(line, progress),
            estimates=lambda estimates: _say_estimates(line, estimates, count, in_full=dry_run, quiet=quiet),
        )
        result = run_experiment(
            chosen,
            output,
            data_dir=data_dir,
            engine=where,
            retry_failed=retry_failed,
            dry_run=dry_run,
            listener=listener,
        )
    if result.study is None:
        if as_json:
            put_json({"folder": str(result.folder), "estimates": [asdict(part) for part in result.estimates]})
        return
    _show(result.study, result.folder, result.files, quiet=quiet, as_json=as_json)
    _say_all(_next(chosen, result.study, count), quiet=quiet)


@experiments.command("report")
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The results folder of a run, finished or not.")],
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write a web page, tables and figures of the results so far, and list the missing results.

    Nothing is trained, and a run that uses the folder is not disturbed.
    """
    from featurenet_uvl.experiments.collect import collect
    from featurenet_uvl.report.write import write_report

    with ProgressLine(quiet=quiet) as line:
        line.begin("reading", str(folder))
        study = collect(folder)
        line.begin("writing", "page, tables and figures")
        files = write_report(study, folder)
    _show(study, folder, files, quiet=quiet, as_json=as_json)


experiments.command("status")(status)


def _show(study: Study, folder: Path, files: Sequence[Path], *, quiet: bool, as_json: bool) -> None:
    from featurenet_uvl.report.content.document import study_json
    from featurenet_uvl.report.page.summary import closing_lines
    from featurenet_uvl.report.write import PAGE

    if as_json:
        put_json({"folder": str(folder), "files": [str(path) for path in files], "report": study_json(study)})
    else:
        lines = (*closing_lines(study), f"report: {folder / PAGE}, to open in a browser")
        put("".join(f"{printable(line)}\n" for line in lines))
    _say_all((f"note: {text}" for text in study.notes), quiet=quiet)
    _say_all((f"missing: {text}" for text in study.missing[:_MAX_MISSING]), quiet=quiet)
    if len(study.missing) > _MAX_MISSING:
        say(f"and {len(study.missing) - _MAX_MISSING:,} more are missing; the page has all", quiet=quiet)


def _say_estimates(
    line: ProgressLine, estimates: Sequence[Estimate], workers: int | None, *, in_full: bool, quiet: bool
) -> None:
    line.end()
    _say_all(_estimate_lines(estimates, workers, in_full=in_full), quiet=quiet)


def _say_all(lines: Iterable[str], *, quiet: bool) -> None:
    for line in lines:
        say(line, quiet=quiet)


def _estimate_lines(estimates: Sequence[Estimate], workers: int | None, *, in_full: bool) -> Iterator[str]:
    """Yield the predicted time of the whole, after that of each part if `in_full`.

    `workers` is None for a cluster, whose number of networks at a time is unknown.
    """
    total = sum(part.cpu_s for part in estimates)
    for part in estimates if in_full else ():
        notes = [f"slowest {part.slowest}, {shown_time(part.slowest_cpu_s)}"] if part.slowest else []
        notes += [f"{part.left_out} left out as too slow"] if part.left_out else []
        notes += [f"{part.unknown} not timed"] if part.unknown else []
        yield f"  {part.part}: {counted(part.networks, 'network')}, {shown_time(part.cpu_s)} of one core" + "".join(
            f"; {note}" for note in notes
        )
    errors = [(part.timed, *part.error) for part in estimates if part.timed is not None and part.error is not None]
    if errors and in_full:
        timed, low, high = max(e[0] for e in errors), min(e[1] for e in errors), max(e[2] for e in errors)
        yield (
            f"  predicted from {timed} timed networks per data set; nine of ten of them took {low:.1f} to {high:.1f}"
            " times what the others predict"
        )
    elapsed = "" if workers is None else f"{shown_time(total / workers)} with {workers} at a time, "
    yield f"expected: {elapsed}{shown_time(total)} of one core in all"


def _next(preset: Preset, study: Study, workers: int | None) -> tuple[str, ...]:
    """Name the next larger preset, its data, and about how long it takes on this machine."""
    from featurenet_uvl.experiments.preset_file import ORDER, load_preset
    from featurenet_uvl.report.content.document import cpu_seconds

    if preset.name not in ORDER[:-1]:
        return ()
    following = load_preset(ORDER[ORDER.index(preset.name) + 1])
    needed = [f"{name}.npz" for name in following.data_names if name != "digits"]
    needs = f"needs {' and '.join(needed)} (--data-dir, else Keras' cache or download)" if needed else "needs no data"
    takes = ""
    if following.cpu_hours and preset.cpu_hours:
        pace = cpu_seconds(study) / (preset.cpu_hours * 3600)
        at_a_time = "of one core" if workers is None else f"here with {workers} at a time"
        takes = f", about {shown_time(following.cpu_hours * 3600 * pace / (workers or 1))} {at_a_time}"
    return (f"next: --preset {following.name}: {following.about}; {needs}{takes}",)
