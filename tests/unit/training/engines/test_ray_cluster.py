"""The Ray engine: refusals, the images on a machine, and a cluster of two machines that loses one."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from featurenet_uvl.errors import DataError, FeatureNetError, ToolError, UsageError
from featurenet_uvl.training.data.dataset import Dataset, keep_arrays, load_dataset
from featurenet_uvl.training.data.source import PARTS, Images
from featurenet_uvl.training.engines.job import Job
from featurenet_uvl.training.engines.ray_cluster import RayEngine
from featurenet_uvl.training.keras_trainer import KERAS
from featurenet_uvl.training.pool import run_trials
from featurenet_uvl.training.trials.protocol import Protocol
from tests.waiting import PATIENCE_S

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra ray")
JOB = Job(KERAS, Protocol("digits"), Dataset("digits", "", (16, 16, 1), 10, 1437, 360, "0" * 16))


def test_without_ray_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    expected = r"^found no ray, which the engine ray needs: pip install 'featurenet_uvl\[ray\]'$"
    with pytest.raises(ToolError, match=expected):
        RayEngine().session(JOB)


@pytest.mark.parametrize("address", ["", "here", "10.0.0.1", "10.0.0.1:", ":6379", "10.0.0.1:99999", "10.0.0.1:x"])
@needs_ray
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(UsageError, match="expected auto or HOST:PORT"):
        RayEngine(address).session(JOB)


@needs_ray
def test_a_dead_address_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(FeatureNetError, match=rf"^Ray at 127.0.0.1:{port}: found no answer .* ray start --head$"):
        RayEngine(f"127.0.0.1:{port}").session(JOB)


@needs_ray
def test_where_nothing_answers_no_store_is_begun(tmp_path: Path) -> None:
    with pytest.raises(FeatureNetError, match="found no answer"):
        run_trials([], JOB.protocol, tmp_path / "t", data=JOB.data, engine=RayEngine("127.0.0.1:1"))
    assert list(tmp_path.iterdir()) == []


@needs_ray
@pytest.mark.slow
def test_a_server_that_is_no_cluster_is_an_error() -> None:
    expected = "found something that does not answer as a Ray cluster"
    with silent_server() as port, pytest.raises(FeatureNetError, match=expected):
        RayEngine(f"127.0.0.1:{port}", health_s=3.0).session(JOB)


@contextmanager
def silent_server() -> Iterator[int]:
    """Accept connections and send nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for connection in kept:
            connection.close()


def test_a_machine_keeps_the_images_once(tmp_path: Path) -> None:
    data = load_dataset("digits", None, tmp_path / "driver")
    fetched: list[int] = []

    def fetch() -> Images:
        fetched.append(1)
        return {part: np.array(array) for part, array in arrays.items()}

    arrays = {part: np.array(array) for part, array in data.arrays().items()}
    assert tuple(arrays) == PARTS
    # On the machine of the run, or with a folder that all share, nothing is copied.
    assert keep_arrays(data, tmp_path / "node", fetch) == data
    assert not fetched
    shutil.rmtree(data.folder)
    threads = [threading.Thread(target=keep_arrays, args=(data, tmp_path / "node", fetch)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = len(fetched)
    kept = keep_arrays(data, tmp_path / "node", fetch)
    assert len(fetched) == first
    assert (kept.hash, kept.folder) == (data.hash, str(tmp_path / "node"))
    assert all((kept.arrays()[part] == arrays[part]).all() for part in PARTS)
    # A partial file is never used.
    (tmp_path / "node" / "x_train.npy").write_bytes(b"half")
    keep_arrays(data, tmp_path / "node", fetch)
    assert len(fetched) == first + 1
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot unpack data set digits"):
        keep_arrays(data, tmp_path / "file" / "node", fetch)


@needs_ray
@pytest.mark.deep
def test_a_machine_that_dies_loses_and_doubles_nothing(tmp_path: Path) -> None:
    script = Path(__file__).with_name("ray_checks.py")
    command = [sys.executable, str(script), str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    found = json.loads(run.stdout)
    names = [str(number) for number in range(12)]
    assert found["stored"] == found["returned"] == [*names, "raises", "dies", "slow", "large"]
    assert found["statuses"] == ["done"] * 12 + ["failed", "failed", "limit", "limit"]
    assert found["reasons"][12:] == [
        "ValueError: x and a second line",
        "tried 2 times: the worker process ended by signal 9 (out of memory?)",
        "took longer than 6 s",
        found["reasons"][15],
    ]
    assert found["reasons"][15].startswith("took ")
    assert 0 < found["killed after"] < 12
    # A trial was running on the machine that died, and was begun again on the other.
    begun = Counter(found["begun"])
    assert all(begun[name] >= 1 for name in names)
    assert begun[found["killed"]] == 2
    assert set(found["places"]) - {"waiting for a place"}
    assert found["same network"] is True
    assert found["too much"].startswith("Ray at ")
    assert found["too much"].endswith("expected a node with 64 CPU for a trial")
