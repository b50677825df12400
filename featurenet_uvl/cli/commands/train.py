"""The command `train`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from featurenet_uvl.cli.console.at_most import AtMost, WeightLimit, parse_at_most
from featurenet_uvl.cli.console.data_option import (
    Channels,
    DataOption,
    ImageSize,
    SplitSeed,
    TestShare,
    parse_data,
)
from featurenet_uvl.cli.console.engine_option import (
    Address,
    Cpus,
    EngineName,
    EngineOptions,
    Gpus,
    Memory,
    TrialMemory,
    TrialTime,
    parse_engine,
)
from featurenet_uvl.cli.console.options import DataDir, Json, Quiet, Seed, Workers
from featurenet_uvl.cli.console.progress import ProgressLine, counted, resumable, show_trials
from featurenet_uvl.cli.console.streams import put, put_json, say
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.system.streams import printable

if TYPE_CHECKING:
    from featurenet_uvl.ir.architecture import Architecture
    from featurenet_uvl.training.data.dataset import Dataset
    from featurenet_uvl.training.trials.trial import TrialResult


def train(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="NETWORK...", help="JSON or TOML files, folders of JSON files, or named networks such as lenet5."
        ),
    ],
    data: DataOption,
    store: Annotated[
        Path, typer.Option("--store", help="The file of results; unpacked images lie beside it in <name>.data.")
    ],
    data_dir: DataDir = None,
    image_size: ImageSize = None,
    channels: Channels = None,
    test_share: TestShare = None,
    split_seed: SplitSeed = 0,
    epochs: Annotated[int, typer.Option("--epochs", help="Passes over the training images.")] = 12,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Images per step.")] = 128,
    train_size: Annotated[int | None, typer.Option("--train-size", help="Number of training images. Else all.")] = None,
    test_size: Annotated[int | None, typer.Option("--test-size", help="Number of test images. Else all.")] = None,
    seed: Seed = 0,
    validation_size: Annotated[
        int,
        typer.Option("--validation-size", help="Training images to hold out and test on separately."),
    ] = 0,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Use only operations that give the same bits each time.")
    ] = False,
    workers: Workers = None,
    time_limit: TrialTime = None,
    memory_limit: TrialMemory = None,
    at_most: AtMost = None,
    weight_limit: WeightLimit = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Train networks again that failed or reached a limit.")
    ] = False,
    tensorboard: Annotated[
        Path | None,
        typer.Option("--tensorboard", metavar="DIR", help="Write TensorBoard logs, one folder per network."),
    ] = None,
    engine: EngineName = "local",
    address: Address = None,
    cpus: Cpus = None,
    gpus: Gpus = None,
    memory: Memory = None,
    engine_options: EngineOptions = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train and test networks, and store each result as it arrives.

    Repeating the command continues a stopped run. No network is trained twice, even if two files describe it
    differently.
    """
    from featurenet_uvl.training.data.dataset import load_dataset
    from featurenet_uvl.training.engines.job import Limits
    from featurenet_uvl.training.pool import run_trials
    from featurenet_uvl.training.store import images_folder
    from featurenet_uvl.training.trials.protocol import Protocol
    from featurenet_uvl.training.trials.trial import TrialSpec, now

    images = images_folder(store)
    where = parse_engine(
        engine, workers=workers, address=address, cpus=cpus, gpus=gpus, memory=memory, others=engine_options
    )
    sizes = parse_at_most(at_most, weight_limit, quiet=quiet)
    limits = Limits(time_limit, memory_limit, sizes.weights, sizes.macs)
    protocol = Protocol(
        *(data, train_size, test_size, epochs, batch_size),
        seed=seed,
        validation_images=validation_size,
        deterministic=deterministic,
    )
    asked = parse_data(data, image_size, channels, test_share, split_seed)
    files = _read_files(sources)
    with resumable(), ProgressLine(quiet=quiet) as line:
        line.begin("loading", data)
        dataset = load_dataset(asked, data_dir, images)
        if dataset.is_own:
            say(str(dataset), quiet=quiet)
        networks = {**files, **_named(sources, dataset)}
        _check_fit(networks, dataset)
        protocol = replace(protocol, data=dataset.name)
        line.begin("training", f"{counted(len(networks), 'network')} on {dataset.name}, {counted(epochs, 'epoch')}")
        began = now()
        results = run_trials(
            [TrialSpec.of_architecture(name, network) for name, network in networks.items()],
            protocol,
            store,
            data=dataset,
            engine=where,
            limits=limits,
            retry_failed=retry_failed,
            tensorboard=tensorboard,
            on_progress=lambda progress: show_trials(line, progress),
        )
    if as_json:
        put_json([{**asdict(result), "macs": _macs(result, networks)} for result in results])
    else:
        put(_table(results, networks))
    say(_closing(results, store, began), quiet=quiet or as_json)


def _read_files(sources: Sequence[str]) -> Mapping[str, Architecture]:
    """Return the networks of files and folders that say for which images they are."""
    from featurenet_uvl.operations.network_folders import read_networks

    return read_networks([Path(source) for source in sources if not _fits_any(source)])


def _named(sources: Sequence[str], data: Dataset) -> Mapping[str, Architecture]:
    """Return the networks that are made for the images at hand, by their names."""
    from featurenet_uvl.operations.network_files import load_network

    asked = (source for source in sources if _fits_any(source))
    return {Path(source).stem: load_network(source, data.input_shape, data.classes) for source in asked}


def _fits_any(source: str) -> bool:
    """Whether a source is a network without images of its own: a named one, unless a file has its name, or a TOML."""
    from featurenet_uvl.decoding.named import architecture_names

    return source.endswith(".toml") or (source in architecture_names() and not os.path.exists(source))


def _check_fit(networks: Mapping[str, Architecture], data: Dataset) -> None:
    wanted = (data.input_shape, data.classes)
    for name, network in networks.items():
        if (network.input_shape, network.classes) != wanted:
            raise DecodeError(
                f"{name}: found a network for images {_shape(network.input_shape)} and {network.classes} classes,"
                f" expected {_shape(data.input_shape)} and {data.classes} as data set {data.name} has;"
                f" decode again with --input-shape {_shape(data.input_shape)} --classes {data.classes}"
            )


def _shape(shape: Iterable[int]) -> str:
    return "x".join(map(str, shape))


_MAX_ROWS = 10
"""Rows that the table has at most; of more results, it shows the most accurate."""

_COLUMNS = ("network", "status", "accuracy", "held out", "weights", "MACs", "epochs", "seconds", "reason")
_HELD_OUT = _COLUMNS.index("held out")


def _macs(result: TrialResult, networks: Mapping[str, Architecture]) -> int | None:
    """Return the network's multiply-accumulates, which rows of earlier versions do not have."""
    return networks[result.name].macs() if result.name in networks else result.macs


def _table(results: Sequence[TrialResult], networks: Mapping[str, Architecture]) -> str:
    """Return one row per network in columns, or the most accurate networks if they are many."""
    shown = sorted(results, key=lambda result: -(result.test_accuracy or 0.0))[:_MAX_ROWS]
    listed = results if len(results) <= _MAX_ROWS else shown
    rows = [_COLUMNS, *(_row(result, _macs(result, networks)) for result in listed)]
    if all(result.validation_accuracy is None for result in results):
        rows = [(*row[:_HELD_OUT], *row[_HELD_OUT + 1 :]) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    if len(results) > _MAX_ROWS:
        lines.append(f"and {len(results) - _MAX_ROWS:,} more, less accurate or not trained; --json prints all")
    return "".join(f"{line}\n" for line in lines)


def _closing(results: Sequence[TrialResult], store: Path, began: str) -> str:
    """Return one line that counts how the trials ended, and names the store.

    Args:
        results: The rows of all networks.
        store: The store.
        began: Moment when the run began; failed rows from before it are named with the option that tries them again.
    """
    from featurenet_uvl.training.trials.trial import TrialStatus
    from featurenet_uvl.training.trials.twins import taken_from_twins

    counts = Counter(str(result.status) for result in results)
    ends = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()))
    shared = taken_from_twins(results)
    twins = f"; {shared:,} of them the same network as another, whose result they took" if shared else ""
    again = (TrialStatus.FAILED, TrialStatus.LIMIT)
    kept = sum(result.status in again and "" < result.finished_at < began for result in results)
    hint = f"; {kept:,} failed or reached a limit in an earlier run: --retry-failed tries again" if kept else ""
    return f"{counted(len(results), 'network')}: {ends}{twins}{hint}; results in {store}"


def _row(result: TrialResult, macs: int | None) -> tuple[str, ...]:
    return (
        printable(result.name),
        str(result.status),
        "-" if result.test_accuracy is None else f"{result.test_accuracy:.4f}",
        "-" if result.validation_accuracy is None else f"{result.validation_accuracy:.4f}",
        "-" if result.weights is None else str(result.weights),
        "-" if macs is None else str(macs),
        str(result.epochs),
        f"{result.seconds:.1f}",
        printable(result.reason),
    )
