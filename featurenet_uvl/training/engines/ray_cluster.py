"""Trials on the machines of a Ray cluster. Each runs as it would on one machine; the machine of the run stores the
results.

The functions here import Ray, the module does not: Ray is installed by the extra `ray`.
"""

from __future__ import annotations

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
from featurenet_uvl.system.extras import require
from featurenet_uvl.system.signals import kept
from featurenet_uvl.training.engines.base import WAITING, Finished, Running
from featurenet_uvl.training.engines.job import Job
from featurenet_uvl.training.engines.ray_trial import Board, RemoteTrial, installed_version, run_remote
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus, now

CONNECT_S = 5.0
"""Longest time in seconds until the address accepts a connection."""

HEALTH_S = 60.0
"""Default of `RayEngine.health_s`."""

WAIT_S = 1.0
"""Seconds between two questions about the progress of running trials."""

SETTINGS: Mapping[str, str] = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS_SKIP_REGEX": ".*"}
"""Environment variables of Ray in this process, unless the user has set them. They stop reports to its makers, and the
lines that it prints on stdout when a machine dies."""


@dataclass(frozen=True, slots=True)
class RayEngine:
    """A Ray cluster, and the resources that one trial requests.

    Raises:
        UsageError: A request is out of range.
    """

    address: str = "auto"
    """`HOST:PORT` of the cluster's head; `auto` for the cluster that this machine is part of."""
    cpus: float = 1.0
    """CPU cores per trial; its worker has as many threads."""
    gpus: float = 0.0
    """GPUs per trial; trials share a GPU if this is a part of one, such as 0.25."""
    memory_mb: float | None = None
    """Memory in MB that must be free for a trial to be placed; `Limits.memory_mb` limits what it takes."""
    retries: int = 3
    """Restarts by Ray of a trial whose machine or process dies."""
    health_s: float = HEALTH_S
    """Seconds that the cluster may take to answer a health check."""

    def __post_init__(self) -> None:
        values = (("cpus", self.cpus, 0.01), ("gpus", self.gpus, 0), ("memory", self.memory_mb, 1))
        problems = [
            f"{name} per trial: found {value:g}, expected {least:g} or more"
            for name, value, least in values
            if value is not None and not (value >= least and math.isfinite(value))
        ]
        if self.gpus > 1 and self.gpus != int(self.gpus):
            problems.append(f"gpus per trial: found {self.gpus:g}, expected a part of one or a whole number")
        if self.retries < 0:
            problems.append(f"retries: found {self.retries}, expected 0 or more")
        if problems:
            raise UsageError("\n".join(problems))

    @property
    def description(self) -> str:
        return f"Ray at {self.address}, {self.request} per trial"

    @property
    def request(self) -> str:
        """Return the resources that one trial requests, for people."""
        parts = [f"{self.cpus:g} CPU"]
        if self.gpus:
            parts.append(f"{self.gpus:g} GPU")
        if self.memory_mb is not None:
            parts.append(f"{self.memory_mb:g} MB")
        return ", ".join(parts)

    def check(self) -> None:
        """Check that Ray is installed and the cluster answers. The connection stays open.

        Raises:
            ToolError, UsageError, FeatureNetError: As `session`.
        """
        _connected(self.address, self.health_s)

    def session(self, job: Job) -> RaySession:
        return RaySession(self, _connected(self.address, self.health_s), job)


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
        """Return one more than the trials that the cluster has room for, so that no machine waits for the store."""
        return max(1, self._slots()) + 1

    @property
    def running(self) -> Sequence[Running]:
        return list(self._pending.values())

    def start(self, spec: TrialSpec) -> None:
        """Hand a trial to the cluster."""
        trial = RemoteTrial(self._job, spec, installed_version(), self._images, self._board)
        self._pending[self._run.remote(trial)] = Running(spec, WAITING)

    def finished(self) -> Sequence[Finished]:
        """Wait until a trial ends or makes progress; return those that have ended.

        Raises:
            DataError: The images are missing on a machine.
            FeatureNetError: A machine cannot run any trial, or the cluster is gone.
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
        """Read the progress of the running trials, and return whether anything is new."""
        try:
            seen = self._ray.get(self._board.read.remote(), timeout=WAIT_S)
        except self._ray.exceptions.RayError:
            return False  # the board's machine died, and Ray starts the board again
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
        """Return the number of trials that fit into the whole cluster at a time."""
        request = {"CPU": self._engine.cpus, "GPU": self._engine.gpus, "memory": (self._engine.memory_mb or 0) * 1e6}
        return sum(_room(node, request) for node in self._nodes())


def _room(node: Mapping[str, float], request: Mapping[str, float]) -> int:
    """Return the number of trials that fit into a node at a time.

    >>> _room({"CPU": 8, "GPU": 1}, {"CPU": 2, "GPU": 0.5, "memory": 0})
    2
    """
    return min(int(node.get(name, 0) / wanted + 1e-9) for name, wanted in request.items() if wanted)


def _node_text(node: Mapping[str, float]) -> str:
    gpus = f", {node['GPU']:g} GPU" if node.get("GPU") else ""
    return f"a node with {node.get('CPU', 0):g} CPU{gpus}, {node.get('memory', 0) / 1e6:,.0f} MB"


def _connected(address: str, health_s: float) -> Any:
    """Connect Ray to the cluster and return its module. The connection stays for the next run of this process.

    Raises:
        ToolError: Ray is not installed.
        FeatureNetError: No cluster answers at the address.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    ray = require("ray", "the engine ray")
    if ray.is_initialized():
        return ray
    if address != "auto":
        _check_address(address, health_s)
    try:
        with kept():  # it sets its own handler of TERM
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, configure_logging=True)
    except (ConnectionError, RuntimeError, ValueError, OSError, AssertionError) as error:
        raise FeatureNetError(
            f"Ray at {address}: found no cluster ({_line(error)}), expected one; start it with: ray start --head"
        ) from error
    return ray


def _check_address(address: str, health_s: float) -> None:
    """Check an address before Ray does, which would try a dead one for minutes and then end the process.

    Raises:
        UsageError: The text is not an address.
        FeatureNetError: Nothing answers there, or something else than a Ray cluster.
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
        code = subprocess.run(command, capture_output=True, timeout=health_s, check=False).returncode
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
