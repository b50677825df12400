"""Run by tests in a process of its own: trains tiny networks on digits, and prints how many are done.

Usage: training_driver.py FOLDER WORKERS COUNT EPOCHS [deterministic]
"""

from __future__ import annotations

import sys
from pathlib import Path

from featurenet_uvl.ir.architecture import Architecture, Cell, CellId, Destination
from featurenet_uvl.ir.layers import Convolution, Dropout, Void, Zeros
from featurenet_uvl.training.data.dataset import load_dataset
from featurenet_uvl.training.pool import run_trials
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialSpec


def protocol_of(epochs: int, deterministic: bool) -> Protocol:
    return Protocol("digits", 600, 200, epochs, validation_images=100, deterministic=deterministic)


def specs(count: int) -> list[TrialSpec]:
    """Return networks of one convolution and dropout, which draws random numbers during training."""
    networks = []
    for filters in range(2, count + 2):
        convolution = Convolution("3x3", filters, 2, "same", "relu", "normal")
        cell = Cell(CellId(1, 1), (), convolution, Dropout(0.3), Zeros(), Void(), "Sum", Destination("Out"))
        networks.append(TrialSpec.of_architecture(f"{filters} filters", Architecture((16, 16, 1), 10, (cell,))))
    return networks


def main(folder: Path, workers: int, count: int, epochs: int, deterministic: bool) -> None:
    run_trials(
        specs(count),
        protocol_of(epochs, deterministic),
        folder / "t.sqlite",
        data=load_dataset("digits", None, folder / "data"),
        workers=workers,
        on_progress=lambda progress: print(progress.done, flush=True),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:5]), "deterministic" in sys.argv)
