"""The command `experiments status`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from featurenet_uvl.cli.console.options import Json
from featurenet_uvl.cli.console.progress import shown_time
from featurenet_uvl.cli.console.streams import put, put_json
from featurenet_uvl.errors import UsageError
from featurenet_uvl.system.streams import printable

if TYPE_CHECKING:
    from featurenet_uvl.training.run_state import RunState
    from featurenet_uvl.training.status import ProtocolStatus, Status
    from featurenet_uvl.training.trials.protocol import Protocol

STORE = "trials.sqlite"
RESULTS = Path("results")
_SHOWN = 5
"""Reasons, and names per reason, that are printed at most; `--json` has all."""


def status(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A results folder. Else the latest in results.")
    ] = None,
    store: Annotated[Path | None, typer.Option("--store", help="A file of results, such as that of train.")] = None,
    as_json: Json = False,
) -> None:
    """Show the state of a run from another terminal: trained, running, failed, best, rate, time left.

    The run is not disturbed. If none is going on, this tells how the last one ended.
    """
    from featurenet_uvl.training.status import read_status

    if folder is not None and store is not None:
        raise UsageError(f"found {folder} and --store {store}, expected one of them")
    found = read_status(store or (folder or _latest()) / STORE)
    if as_json:
        put_json(found.to_json())
    else:
        put("".join(f"{line}\n" for line in _lines(found)))


def _latest() -> Path:
    """Return the folder in `results` whose run wrote last."""
    stores = [path for path in RESULTS.glob(f"*/{STORE}*") if path.is_file()]
    if not stores:
        raise UsageError(f"{RESULTS}: found no results folder, expected one; name it, or a file with --store")
    return max(stores, key=lambda path: path.stat().st_mtime).parent


def _lines(found: Status) -> Iterator[str]:
    yield from _row("store", str(found.store))
    if found.run is None:
        yield from _row("run", "none has been seen")
    else:
        yield from _run_lines(found.run)
    for number, protocol in enumerate(found.protocols):
        is_current = found.run is not None and protocol.protocol.hash() == found.run.protocol_hash
        yield from _protocol_lines(protocol, found.run if is_current and number == 0 else None)


def _row(name: str, text: str) -> Iterator[str]:
    yield f"{name:<10}{printable(text)}"


def _run_lines(run: RunState) -> Iterator[str]:
    who = f"process {run.process} on {run.host}, {run.engine}, since {_clock(run.started_at)}"
    match run.is_alive:
        case True:
            yield from _row("run", f"going: {who} ({shown_time(_seconds_since(run.started_at))})")
        case None:
            yield from _row("run", f"on another machine, its last word at {_clock(run.updated_at)}: {who}")
        case _ if run.outcome == "running":
            yield from _row("run", f"killed: {who}; its last word at {_clock(run.updated_at)}")
            yield from _row("", "the same command goes on from there")
            return
        case _:
            yield from _row("run", f"{run.outcome} at {_clock(run.updated_at)}: {who}")
            return
    from featurenet_uvl.training.engines.base import WAITING

    left = f"; {shown_time(run.seconds_left)} left" if run.seconds_left is not None else ""
    rate = "none has ended yet" if run.rate_per_minute is None else f"{run.rate_per_minute:.3g} per minute"
    yield from _row("rate", f"{rate}{left}")
    for number, trial in enumerate(run.running):
        number_of_epoch = min(trial.epochs + 1, run.protocol["epochs"])
        epochs = "" if trial.place == WAITING else f", epoch {number_of_epoch} of {run.protocol['epochs']}"
        accuracy = "" if trial.test_accuracy is None else f", accuracy so far {trial.test_accuracy:.4f}"
        since = f"since {_clock(trial.since)} ({shown_time(_seconds_since(trial.since))}), {trial.place}"
        yield from _row("" if number else "running", f"{trial.name} {since}{epochs}{accuracy}")


def _protocol_lines(status: ProtocolStatus, run: RunState | None) -> Iterator[str]:
    yield from _row("protocol", f"{_described(status.protocol)} ({status.protocol.hash()})")
    of = "" if run is None else f" of {run.total:,}"
    done = f"{status.done if run is None else run.done:,}"
    failed = ", ".join(f"{count:,} {kind}" for kind, count in sorted(status.failed.items()))
    best = "" if status.best is None else f"; best accuracy {status.best.test_accuracy:.4f} ({status.best.name})"
    yield from _row("trained", f"{done}{of}, {failed or '0 failed'}{best}")
    for number, (reason, names) in enumerate(status.reasons.items()):
        if number == _SHOWN:
            yield from _row("", f"and {len(status.reasons) - _SHOWN:,} more reasons")
            break
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        yield from _row("" if number else "failed", f"{', '.join(names[:_SHOWN])}{more}: {reason}")


def _described(protocol: Protocol) -> str:
    images = "all" if protocol.train_images is None else f"{protocol.train_images:,}"
    parts = [protocol.data, f"{images} training images", f"{protocol.epochs} epochs"]
    if protocol.validation_images:
        parts.append(f"{protocol.validation_images:,} held out")
    return ", ".join([*parts, f"seed {protocol.seed}"])


def _clock(moment: str) -> str:
    """Return the local time of a moment in UTC, with the date unless it is today."""
    local = datetime.fromisoformat(moment).astimezone()
    return local.strftime("%H:%M:%S" if local.date() == datetime.now().astimezone().date() else "%Y-%m-%d %H:%M")


def _seconds_since(moment: str) -> float:
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())
