"""Networks trained and tested: here and now, or many at a time with a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias, TypedDict, Unpack

from featurenet_uvl.api.arguments import file_path, number, shown, truth, whole
from featurenet_uvl.api.data import DataLike, loaded_data
from featurenet_uvl.api.network import Network
from featurenet_uvl.api.results import Results
from featurenet_uvl.decoding.named import architecture_names
from featurenet_uvl.errors import FeatureNetError, UsageError
from featurenet_uvl.ir.layers import format_shape
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.engines.base import Engine
from featurenet_uvl.training.engines.job import NO_LIMITS, Limits
from featurenet_uvl.training.engines.local import LocalEngine, available_cores
from featurenet_uvl.training.engines.worker import describe, without_main_module
from featurenet_uvl.training.evaluate import evaluate as evaluate_one
from featurenet_uvl.training.pool import Progress, run_trials
from featurenet_uvl.training.store import images_folder
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus, now
from featurenet_uvl.training.trials.twins import result_of_twin, twins_of

Callbacks: TypeAlias = Sequence[Any] | Callable[[Network], Sequence[Any]]

Networks: TypeAlias = Network | str | PathLike[str] | Iterable[Network | str | PathLike[str]]


class Settings(TypedDict, total=False):
    """How networks are trained, as `training.protocol.Protocol` says, whose defaults are the paper's."""

    epochs: int
    batch_size: int
    learning_rate: float
    momentum: float
    train_images: int
    test_images: int
    validation_images: int
    seed: int
    deterministic: bool


_WHOLE = ("epochs", "batch_size", "train_images", "test_images", "validation_images", "seed")


def evaluate(
    networks: Networks,
    data: DataLike = "digits",
    *,
    data_dir: str | PathLike[str] | None = None,
    callbacks: Callbacks = (),
    tensorboard: str | PathLike[str] | None = None,
    on_result: Callable[[TrialResult], None] | None = None,
    **settings: Unpack[Settings],
) -> Results:
    """Train and test networks in this process, one after the other, and store nothing.

    Args:
        networks: One, or any number of them, each as a `Network` or as the path of its JSON file.
        data: `digits`, which is embedded, `mnist`, `cifar10`, `fashion_mnist` or `cifar100`; the path of an `.npz` file
            or of a folder with a folder of images per class; `(x, y)`, or `((x_train, y_train), (x_test, y_test))`, as
            arrays; a `Data` that says how to read them; or a result of `training.data.load_dataset`.
        data_dir: A folder with files such as `mnist.npz`; else Keras' cache, or its download.
        callbacks: Keras callbacks for each network, or a function that gives a network its own. Their `val_loss` and
            `val_accuracy` are those of the images held out (`validation_images`); no callback sees a measurement of the
            test images.
        tensorboard: A folder for TensorBoard's logs, with one folder per network in it.
        on_result: Called after each network.
        settings: `epochs`, `batch_size`, `learning_rate`, `momentum`, `train_images`, `test_images`,
            `validation_images`, `seed`, `deterministic`.

    Returns:
        One result per network; one that fails or diverges is a row that says why. Configurations that are the same
        network are trained once, unless a function gives each its own callbacks; the provenance of the others' results
        names the one that was trained.

    Raises:
        UsageError: An argument has no meaning, or a network is for other images.
        DataError: The data are wrong, or have fewer images than requested.
    """
    chosen = _networks(networks)
    results: list[TrialResult] = []
    with loaded_data(data, data_dir) as images:
        protocol = _protocol(images, settings)
        _check_fit(chosen, images)
        specs = [TrialSpec.of_architecture(network.name, network.architecture) for network in chosen]
        twins, known = {} if callable(callbacks) else twins_of(specs), dict[str, TrialResult]()
        for network, spec in zip(chosen, specs, strict=True):
            twin = twins.get(spec.hash, (spec,))[0]
            if twin.hash in known:
                results.append(result_of_twin(spec, twin, known[twin.hash]))
            else:
                logs = None if tensorboard is None else Path(file_path(tensorboard)) / network.name
                results.append(_result(network, protocol, images, callbacks, logs))
                known[spec.hash] = results[-1]
            if on_result is not None:
                on_result(results[-1])
    return Results(tuple(results))


def train(
    networks: Networks,
    store: str | PathLike[str],
    data: DataLike = "digits",
    *,
    data_dir: str | PathLike[str] | None = None,
    workers: int | None = None,
    engine: Engine | None = None,
    limits: Limits = NO_LIMITS,
    retry_failed: bool = False,
    tensorboard: str | PathLike[str] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    **settings: Unpack[Settings],
) -> Results:
    """Train and test networks in processes of their own, several at the same time, and store each result as it comes.

    The same call again, or the command `train`, continues from where it was stopped, and trains nothing twice.

    Args:
        networks: One, or any number of them, each as a `Network` or as the path of its JSON file.
        store: The file of results; made if it is missing. Unpacked images go beside it, to `<name>.data`.
        data: As for `evaluate`.
        data_dir: As for `evaluate`.
        workers: Number of networks that are trained at the same time; None trains one per core.
        engine: Trains them elsewhere, such as a `training.ray_engine.RayEngine`, instead of `workers` here.
        limits: Of time, memory and weights of each network; one over a limit is a row that says so.
        retry_failed: Train networks again that failed or reached a limit.
        tensorboard: As for `evaluate`.
        on_progress: Called at the start and after each result.
        settings: As for `evaluate`.

    Raises:
        UsageError, DataError: As `evaluate`.
        StoreError: The store is in use, damaged, of another version, or cannot be written.
    """
    chosen, place = _networks(networks), Path(file_path(store))
    cache = images_folder(place)
    if engine is None:
        engine = LocalEngine(available_cores() if workers is None else whole("workers", workers, least=1))
    elif workers is not None:
        raise UsageError("found workers with an engine, expected one of them")
    with loaded_data(data, data_dir, cache) as images, without_main_module():
        protocol = _protocol(images, settings)
        _check_fit(chosen, images)
        results = run_trials(
            [TrialSpec.of_architecture(network.name, network.architecture) for network in chosen],
            protocol,
            place,
            data=images,
            engine=engine,
            limits=limits,
            retry_failed=retry_failed,
            tensorboard=None if tensorboard is None else Path(file_path(tensorboard)),
            on_progress=on_progress,
        )
    return Results(tuple(results))


def _networks(networks: object) -> tuple[Network, ...]:
    """Return networks, with those read that are given by the paths of their files."""
    is_one = isinstance(networks, Network | str | PathLike) or not isinstance(networks, Iterable)
    chosen: list[Network] = []
    for network in (networks,) if is_one else tuple(networks):  # type: ignore[arg-type]  # it is iterable
        if isinstance(network, str | PathLike) and network not in architecture_names():
            network = Network.read(network)
        if not isinstance(network, Network):
            raise UsageError(
                f"networks: found {shown(network)}, expected a Network or the path of its file, or several; "
                "`Network.named` makes one of the package's"
            )
        chosen.append(network)
    names = [network.name for network in chosen]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"networks: found {', '.join(twice)} more than once, expected each name once")
    return tuple(chosen)


def _protocol(data: Dataset, settings: Settings) -> Protocol:
    unknown = sorted(set(settings) - set(Settings.__annotations__))
    if unknown:
        raise UsageError(f"found {', '.join(unknown)}, expected {', '.join(Settings.__annotations__)}")
    values: dict[str, Any] = {}
    for name, value in settings.items():
        if name in _WHOLE:
            values[name] = None if value is None else whole(name, value, least=0)
        else:
            values[name] = truth(name, value) if name == "deterministic" else number(name, value)
    protocol = Protocol(data.name, **values)
    data.check(protocol)
    return protocol


def _check_fit(networks: Iterable[Network], data: Dataset) -> None:
    for network in networks:
        if (network.input_shape, network.classes) != (data.input_shape, data.classes):
            raise UsageError(
                f"network {network.name}: found one for {format_shape(network.input_shape)} images and "
                f"{network.classes} classes, expected {format_shape(data.input_shape)} and {data.classes} as data set "
                f"{data.name} has: compile with input_shape={data.input_shape}, classes={data.classes}"
            )


def _result(
    network: Network, protocol: Protocol, data: Dataset, callbacks: Callbacks, tensorboard: Path | None
) -> TrialResult:
    """Return the result of one network; an error while building or training it is a row."""
    own = callbacks(network) if callable(callbacks) else callbacks
    try:
        return evaluate_one(network.architecture, protocol, data, own, tensorboard=tensorboard, name=network.name)
    except FeatureNetError:
        raise
    except Exception as error:
        spec = TrialSpec.of_architecture(network.name, network.architecture)
        return TrialResult(network.name, spec.hash, TrialStatus.FAILED, describe(error), finished_at=now())
