"""One trial on a machine of a Ray cluster: it runs in a worker process, as on a single machine."""

from __future__ import annotations

import getpass
import os
import socket
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.training.data.dataset import Dataset, keep_arrays
from featurenet_uvl.training.data.source import PARTS
from featurenet_uvl.training.engines.base import Finished, Running
from featurenet_uvl.training.engines.job import Job
from featurenet_uvl.training.engines.local import LocalSession
from featurenet_uvl.training.engines.worker import without_main_module
from featurenet_uvl.training.trials.trial import TrialSpec

Seen: TypeAlias = tuple[str, str, int, float | None]
"""Progress of a running trial: place, time of its start, finished epochs, test accuracy after the last of them."""


class Board:
    """An actor that remembers the progress of the running trials. Losing it loses no result."""

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = {}

    def tell(self, key: str, seen: Seen | None) -> None:
        """Record the progress of a trial, or forget the trial if `seen` is None."""
        if seen is None:
            self._seen.pop(key, None)
        else:
            self._seen[key] = seen

    def read(self) -> Mapping[str, Seen]:
        return dict(self._seen)


@dataclass(frozen=True, slots=True)
class RemoteTrial:
    """A trial on its way to another machine."""

    job: Job
    spec: TrialSpec
    version: str
    """Version of featurenet_uvl on the machine of the run."""
    images: Sequence[Any]
    """References to the four arrays of images in Ray's store."""
    board: Any
    """Handle of the `Board` actor."""


def installed_version() -> str:
    return version("featurenet_uvl")


def run_remote(trial: RemoteTrial) -> Finished:
    """Train one network in its own process, with limits, failures and environment as those of `LocalEngine`.

    Raises:
        FeatureNetError: This machine has another version of featurenet_uvl.
        DataError: The images cannot be unpacked here.
    """
    if installed_version() != trial.version:
        raise FeatureNetError(
            f"{socket.gethostname()}: found featurenet_uvl {installed_version()}, expected {trial.version} as where "
            "the run was started"
        )
    gpus = os.environ.get("CUDA_VISIBLE_DEVICES")
    environment = None if gpus is None else {"CUDA_VISIBLE_DEVICES": gpus}
    job = replace(trial.job, data=_data_here(trial), environment=environment)
    key = trial.spec.hash
    with without_main_module(), LocalSession(job, 1) as session:
        session.start(trial.spec)
        finished: Sequence[Finished] = ()
        while not finished:
            for running in session.running:
                trial.board.tell.remote(key, _seen(running))
            finished = session.finished()
    trial.board.tell.remote(key, None)
    result = finished[0].result
    provenance = {**result.provenance, "host": socket.gethostname()}
    return replace(finished[0], result=replace(result, provenance=provenance))


def _seen(running: Running) -> Seen:
    return f"{running.place} on {socket.gethostname()}", running.since, running.epochs, running.test_accuracy


def _data_here(trial: RemoteTrial) -> Dataset:
    """Return the images, unpacked on this machine once for all runs and trials."""
    import ray

    data = trial.job.data
    folder = Path(tempfile.gettempdir()) / f"featurenet-uvl-{getpass.getuser()}" / f"{data.name}-{data.hash}"
    return keep_arrays(data, folder, lambda: dict(zip(PARTS, ray.get(list(trial.images)), strict=True)))
