"""Trials on the machines of a Ray cluster. Each runs as it would on one machine; this one stores the results.

Ray is imported by the functions here, never by the module: it is the extra `ray`.
"""

from __future__ import annotations

import importlib
import logging
import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

from featurenet_uvl.errors import FeatureNetError, UsageError
from featurenet_uvl.training.engines.base import WAITING, Finished, Running
from featurenet_uvl.training.engines.job import Job
from featurenet_uvl.training.engines.ray_trial import Board, RemoteTrial, installed_version, run_remote
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus, now

CONNECT_S = 5.0
"""How long the address may take to answer at all."""

HEALTH_S = 60.0
"""How long the cluster may take to say that it is one."""

WAIT_S = 1.0
"""Between two looks at how far the running trials are."""

SETTINGS: Mapping[str, str] = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS_SKIP_REGEX": ".*"}
"""Of Ray in this process, where the user has not set them: no reports to its makers, and no words on stdout, where it
writes when a machine dies."""


@dataclass(frozen=True, slots=True)
class RayEngine:
    """A Ray cluster, and what one trial asks of it.

    Raises:
        UsageError: A request that is out of range.
    """

    address: str = "auto"
    """`HOST:PORT` of the cluster's head; `auto` for the cluster that this machine is part of."""
    cpus: float = 1.0
    gpus: float = 0.0
    """A part of one, such as 0.25, is shared by trials."""
    memory_mb: float | None = None
    """What to keep free for each trial when they are placed; a limit on it is `Limits.memory_mb`."""
    retries: int = 3
    """How often Ray begins a trial again whose machine or process dies."""

    def __post_init__(self) -> None:
        values = (("cpus", self.cpus, 0.01), ("gpus", self.gpus, 0), ("memory", self.memory_mb, 1))
        problems = [
            f"{name} a trial: found {value:g}, expected {least:g} or more"
            for name, value, least in values
            if value is not None and not (value >= least and math.isfinite(value))
        ]
        if self.gpus > 1 and self.gpus != int(self.gpus):
            problems.append(f"gpus a trial: found {self.gpus:g}, expected a part of one or a whole number")
        if self.retries < 0:
            problems.append(f"retries: found {self.retries}, expected 0 or more")
        if problems:
            raise UsageError("\n".join(problems))

    @property
    def description(self) -> str:
        return f"Ray at {self.address}, {self.request} a trial"

    @property
    def request(self) -> str:
        """What one trial asks for, for people."""
        parts = [f"{self.cpus:g} CPU"]
        if self.gpus:
            parts.append(f"{self.gpus:g} GPU")
        if self.memory_mb is not None:
            parts.append(f"{self.memory_mb:g} MB")
        return ", ".join(parts)

    def check(self) -> None:
        """That Ray is installed and the cluster answers; the connection stays.

        Raises:
            UsageError, FeatureNetError: As `session`.
        """
        _connected(self.address)

    def session(self, job: Job) -> RaySession:
        return RaySession(self, _connected(self.address), job)


class RaySession:
    """The trials of one run on a cluster; a context manager that leaves none behind."""

    def __init__(self, engine: RayEngine, ray: Any, job: Job) -> None:
        self._engine = engine
        self._ray = ray
        self._job = replace(job, threads=max(1, int(engine.cpus)))
        self._pending: dict[Any, Running] = {}
        self._looked = -WAIT_S
        if not self._slots():
            found = ", ".join(_node_text(node) for node in self._nodes()) or "no node"
            raise FeatureNetError(
                f"Ray at {engine.address}: found {found}, expected a node with {engine.request} for a trial"
            )
        self._board = ray.remote(Board).options(num_cpus=0, max_restarts=-1, max_task_retries=0).remote()
        self._images = [ray.put(array) for array in job.data.arrays().values()]
        memory = None if engine.memory_mb is None else int(engine.memory_mb * 1e6)
        self._run = ray.remote(run_remote).options(
            num_cpus=engine.cpus, num_gpus=engine.gpus, memory=memory, max_retries=engine.retries
        )

    def __enter__(self) -> RaySession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for reference in self._pending:
            with suppress(self._ray.exceptions.RayError):
                self._ray.cancel(reference, force=True)
        self._pending.clear()
        with suppress(self._ray.exceptions.RayError):
            self._ray.kill(self._board)

    @property
    def capacity(self) -> int:
        """One more than the cluster has room for now, so that a machine never waits for the store."""
        return max(1, self._slots()) + 1

    @property
    def running(self) -> Sequence[Running]:
        return list(self._pending.values())

    def start(self, spec: TrialSpec) -> None:
        """Hands a trial to the cluster."""
        trial = RemoteTrial(self._job, spec, installed_version(), self._images, self._board)
        self._pending[self._run.remote(trial)] = Running(spec, WAITING)

    def finished(self) -> Sequence[Finished]:
        """Waits until a trial ends or has got further; the trials that are over.

        Raises:
            DataError: A machine found the images gone.
            FeatureNetError: A machine cannot run trials at all, or the cluster is gone.
        """
        while True:
            ready, _ = self._ray.wait(list(self._pending), num_returns=1, timeout=WAIT_S)
            if ready:
                more, _ = self._ray.wait(list(self._pending), num_returns=len(self._pending), timeout=0)
                return [self._received(reference) for reference in {*ready, *more}]
            if self._look():
                return []

    def _received(self, reference: Any) -> Finished:
        running = self._pending[reference]
        errors = self._ray.exceptions
        try:
            finished = self._ray.get(reference)
        except errors.RayTaskError as error:
            cause = error.cause
            if isinstance(cause, FeatureNetError):
                raise cause from error
            raise FeatureNetError(
                f"Ray at {self._engine.address}: found a machine that cannot run trials ({_line(cause)}), expected "
                "the same featurenet_uvl and Python on all"
            ) from error
        except errors.RayError as error:
            seconds = round(time.monotonic() - running.started, 3)
            reason = f"its Ray worker ended, {self._engine.retries} tries later too: {_line(error)}"
            spec = running.spec
            finished = Finished(
                spec,
                TrialResult(spec.name, spec.hash, TrialStatus.FAILED, reason[:500], seconds=seconds, finished_at=now()),
            )
        del self._pending[reference]
        assert isinstance(finished, Finished)
        return finished

    def _look(self) -> bool:
        """Reads how far the running trials are; whether anything is new."""
        try:
            seen = self._ray.get(self._board.read.remote(), timeout=WAIT_S)
        except self._ray.exceptions.RayError:
            return False  # the board was on a machine that died, and is started again
        changed = False
        for running in self._pending.values():
            found = seen.get(running.spec.hash)
            if found is not None and found != (running.place, running.since, running.epochs, running.test_accuracy):
                running.place, running.since, running.epochs, running.test_accuracy = found
                changed = True
        return changed

    def _nodes(self) -> list[Mapping[str, float]]:
        return [node["Resources"] for node in self._ray.nodes() if node["Alive"]]

    def _slots(self) -> int:
        """How many trials have room at a time in the whole cluster."""
        request = {"CPU": self._engine.cpus, "GPU": self._engine.gpus, "memory": (self._engine.memory_mb or 0) * 1e6}
        return sum(_room(node, request) for node in self._nodes())


def _room(node: Mapping[str, float], request: Mapping[str, float]) -> int:
    """How many trials a node has room for.

    >>> _room({"CPU": 8, "GPU": 1}, {"CPU": 2, "GPU": 0.5, "memory": 0})
    2
    """
    return min(int(node.get(name, 0) / wanted + 1e-9) for name, wanted in request.items() if wanted)


def _node_text(node: Mapping[str, float]) -> str:
    gpus = f", {node['GPU']:g} GPU" if node.get("GPU") else ""
    return f"a node with {node.get('CPU', 0):g} CPU{gpus}, {node.get('memory', 0) / 1e6:,.0f} MB"


def _connected(address: str) -> Any:
    """Ray, connected to the cluster; the connection stays for the next run of this process.

    Raises:
        FeatureNetError: Ray is not installed, or nothing that answers as a cluster is at the address.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        ray = importlib.import_module("ray")
    except ImportError as error:
        raise FeatureNetError(
            f"engine ray: found no usable Ray ({_line(error)}), expected it installed: "
            "pip install 'featurenet_uvl[ray]'"
        ) from error
    if ray.is_initialized():
        return ray
    if address != "auto":
        _check_address(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, configure_logging=True)
    except (ConnectionError, RuntimeError, ValueError, OSError, AssertionError) as error:
        raise FeatureNetError(
            f"Ray at {address}: found no cluster ({_line(error)}), expected one; start it with: ray start --head"
        ) from error
    return ray


def _check_address(address: str) -> None:
    """Ray itself tries for minutes to reach an address that is dead, and ends the process then.

    Raises:
        UsageError: The text is no address.
        FeatureNetError: Nothing answers there, or something that is no Ray cluster.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise UsageError(f"Ray address: found {address!r}, expected auto or HOST:PORT such as 192.168.0.1:6379")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_S).close()
    except OSError as error:
        raise FeatureNetError(
            f"Ray at {address}: found no answer ({_line(error)}), expected a cluster; "
            "start it there with: ray start --head"
        ) from error
    command = (sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address)
    try:
        code = subprocess.run(command, capture_output=True, timeout=HEALTH_S, check=False).returncode
    except subprocess.TimeoutExpired:
        code = -1
    if code:
        raise FeatureNetError(
            f"Ray at {address}: found something that does not answer as a Ray cluster of this version, expected one; "
            "ray status shows what runs there"
        )


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:300]
