"""Multiprocessing's fork server: it ends with its driver, holds no stream of it, and its socket finds a place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from multiprocessing import current_process, forkserver, get_context
from multiprocessing.context import ForkServerContext

from featurenet_uvl.errors import UsageError
from featurenet_uvl.system.processes import server_tie
from featurenet_uvl.system.processes.temporary import TemporaryFolder
from featurenet_uvl.system.processes.ties import in_lasting_thread
from featurenet_uvl.system.silence import silent_output
from featurenet_uvl.system.unix import check_unix

_folders: list[TemporaryFolder] = []
"""The folder of this process for the sockets of multiprocessing, once it is made; it stays until the process ends."""


def check_workers() -> None:
    """Check that this process may start worker processes.

    Raises:
        UsageError: It is a daemonic process, such as a worker of `multiprocessing.Pool`.
        ToolError: The system is Windows.
    """
    check_unix("training")
    if current_process().daemon:
        raise UsageError(
            "training: found a daemonic process, such as a worker of multiprocessing.Pool, expected one that may start "
            "processes; use concurrent.futures.ProcessPoolExecutor, or start the training from the main program"
        )


def start_fork_server(preload: Sequence[str]) -> ForkServerContext:
    """Start the fork server of this process unless it runs, and return the context whose processes it forks.

    Args:
        preload: Modules that it imports once, in order, before it forks.

    Raises:
        FeatureNetError: No place for its socket has a path that is short enough.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload([server_tie.__name__, *preload])
    _make_socket_folder()
    os.environ[server_tie.DRIVER] = str(os.getpid())
    try:
        with silent_output():
            in_lasting_thread(forkserver.ensure_running)
    finally:
        del os.environ[server_tie.DRIVER]
    return context


def _make_socket_folder() -> None:
    """Choose the folder in which multiprocessing names its sockets, unless it has one."""
    settings = current_process()._config  # type: ignore[attr-defined]  # where multiprocessing.util.get_temp_dir looks
    if settings.get("tempdir") is None:
        folder = TemporaryFolder(has_sockets=True)
        _folders.append(folder)
        settings["tempdir"] = str(folder.path)
