"""Run by test_experiments_on_ray.py in a process of its own: a cluster, the command on it, and a kill; prints JSON."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

# A loaded machine needs longer than Ray allows.
os.environ |= {"RAY_raylet_start_wait_time_s": "180", "RAY_agent_register_timeout_ms": "180000"}
from featurenet_uvl.training.engines.ray_cluster import SETTINGS  # imports no Ray

os.environ |= SETTINGS

PROGRAM = (sys.executable, "-m", "featurenet_uvl")
NODE = {"num_cpus": 1, "object_store_memory": 80_000_000}


def main(folder: Path) -> None:
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    second = cluster.add_node(**NODE)
    results = folder / "results"
    where = ("--engine", "ray", "--address", cluster.address, "--cpus", "1", "--json", "--quiet")
    command = [*PROGRAM, "experiments", "run", "--preset", str(folder / "small.cfg"), "-o", str(results), *where]
    found: dict[str, Any] = {}
    with (folder / "report.json").open("w") as report:
        run = subprocess.Popen(command, stdout=report)
    while run.poll() is None:
        time.sleep(0.5)
        if "done when it died" not in found and (done := done_so_far(results)) >= 2:
            trials = trials_below(second.all_processes["raylet"][0].process.pid)
            if trials:
                cluster.remove_node(second, allow_graceful=False)
                found |= {"done when it died": done, "trials on the node that died": trials}
    found["report"] = json.loads((folder / "report.json").read_text())["report"]
    found["rows"] = rows(results)
    again = subprocess.run(command, capture_output=True, check=False)
    found["rows after the same command again"] = rows(results)
    found["codes"] = [run.returncode, again.returncode]
    cluster.shutdown()
    json.dump(found, sys.stdout)


def done_so_far(results: Path) -> int:
    """Return the number of trained networks as another terminal sees it; 0 before the training begins."""
    status = [*PROGRAM, "experiments", "status", str(results), "--json"]
    seen = subprocess.run(status, capture_output=True, text=True, check=False)
    run = json.loads(seen.stdout)["run"] if seen.returncode == 0 else None
    return run["done"] if run and run["protocol"]["epochs"] == 6 else 0


def trials_below(raylet: int) -> int:
    """Count the trials with a worker process (a child of a fork server) on the node of this process."""
    count = 0
    with suppress(psutil.Error):
        for process in psutil.Process(raylet).children(recursive=True):
            with suppress(psutil.Error):
                parent = process.parent()
                count += parent is not None and "forkserver" in " ".join(parent.cmdline())
    return count


def rows(results: Path) -> list[list[Any]]:
    with sqlite3.connect(results / "trials.sqlite") as store:
        return [list(row) for row in store.execute("SELECT protocol, spec, finished_at FROM trials ORDER BY rowid")]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
