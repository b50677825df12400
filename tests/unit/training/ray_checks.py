"""Run by test_ray_engine.py in a process of its own: a cluster of two nodes, one of which is killed; prints JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

HERE = str(Path(__file__).parent)
# A loaded machine needs longer than Ray allows; nodes find the fake trials by their path.
os.environ |= {
    "RAY_raylet_start_wait_time_s": "180",
    "RAY_agent_register_timeout_ms": "180000",
    "PYTHONPATH": HERE,
}
sys.path.insert(0, HERE)
from featurenet_uvl.training.engines.ray_cluster import SETTINGS, RayEngine  # noqa: E402  # imports no Ray

os.environ |= SETTINGS

import fake_trials  # noqa: E402  # found by the path above

from featurenet_uvl.errors import FeatureNetError  # noqa: E402  # Ray reads the environment when it is imported
from featurenet_uvl.training.data.dataset import load_dataset  # noqa: E402
from featurenet_uvl.training.engines.job import Limits  # noqa: E402
from featurenet_uvl.training.pool import Progress, run_trials  # noqa: E402
from featurenet_uvl.training.run_state import read_run_state  # noqa: E402
from featurenet_uvl.training.store import read_results  # noqa: E402
from featurenet_uvl.training.trials.protocol import Protocol  # noqa: E402
from featurenet_uvl.training.trials.trial import TrialSpec  # noqa: E402

NODE = {"num_cpus": 1, "object_store_memory": 80_000_000}


def specs(log: Path) -> list[TrialSpec]:
    return [
        *(fake_trials.fake(str(number), value=3.0, log=log) for number in range(12)),
        fake_trials.fake("raises", "raise", "x"),
        fake_trials.fake("dies", "kill"),
        fake_trials.fake("slow", value=60.0),
        fake_trials.fake("large", "memory", 600),
    ]


def main(folder: Path) -> None:
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    second = cluster.add_node(**NODE)
    store, log = folder / "t.sqlite", folder / "log"
    data = load_dataset("digits", None, folder / "data")
    engine = RayEngine(cluster.address)
    found: dict[str, Any] = {"places": []}

    def look(progress: Progress) -> None:
        state = read_run_state(store)
        found["places"] += [trial.place for trial in state.running] if state else []
        if progress.done >= 2 and "killed" not in found:
            found["killed"] = wait_for_trial(log, second.all_processes["raylet"][0].process.pid)
            cluster.remove_node(second, allow_graceful=False)
            found["killed after"] = progress.done

    trials = specs(log)
    limits = Limits(time_s=6, memory_mb=500)
    results = run_trials(
        *(trials, fake_trials.PROTOCOL, store),
        data=data,
        engine=engine,
        limits=limits,
        trainer=fake_trials.FAKE,
        on_progress=look,
    )
    stored = read_results(store, fake_trials.PROTOCOL)
    found |= {
        "returned": [result.name for result in results],
        "stored": [stored[trial.hash].name for trial in trials],
        "statuses": [str(result.status) for result in results],
        "reasons": [result.reason for result in results],
        "begun": [line.split()[0] for line in log.read_text().splitlines()],
        "same network": same_network(folder, data, engine),
    }
    try:
        run_trials(trials, Protocol("digits"), folder / "u", data=data, engine=RayEngine(cluster.address, cpus=64))
    except FeatureNetError as error:
        found["too much"] = str(error)
    json.dump(found, sys.stdout)
    sys.stdout.flush()
    import ray

    ray.shutdown()
    cluster.shutdown()


def wait_for_trial(log: Path, raylet: int) -> str:
    """Return the name of a trial that runs on the node of this process."""
    while True:
        for line in log.read_text().splitlines():
            name, process = line.split()
            with suppress(psutil.Error):
                if raylet in [parent.pid for parent in psutil.Process(int(process)).parents()]:
                    return name
        time.sleep(0.05)


def same_network(folder: Path, data: Any, engine: RayEngine) -> bool:
    """Whether a real network has the same result on the cluster and on this machine."""
    protocol = Protocol("digits", 200, 100, epochs=2)
    spec = TrialSpec.of_baseline("LeNet-5", "lenet5")
    (here,) = run_trials([spec], protocol, folder / "here", data=data)
    (there,) = run_trials([spec], protocol, folder / "there", data=data, engine=engine)
    assert here.provenance["cpu_seconds"]
    assert there.provenance["host"]
    nothing = {"provenance": {}, "seconds": 0.0, "finished_at": ""}
    return replace(here, **nothing) == replace(there, **nothing)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
