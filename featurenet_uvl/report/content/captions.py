"""The scale of a table or figure (networks, images, epochs) in full sentences."""

from __future__ import annotations

from collections.abc import Iterable

from featurenet_uvl.report.content.paper import SCALE
from featurenet_uvl.report.content.study import DataSet, SampleStudy, Study
from featurenet_uvl.system.counted import counted
from featurenet_uvl.training.trials.trial import TrialStatus

STATUS_WORDS = {
    TrialStatus.DONE: "trained",
    TrialStatus.NAN: "diverged",
    TrialStatus.FAILED: "failed",
    TrialStatus.LIMIT: "over a limit",
}

DATA_TITLES = {"digits": "digits", "mnist": "MNIST", "cifar10": "CIFAR-10"}


def data_title(name: str) -> str:
    """Return the name of a data set for people."""
    return DATA_TITLES.get(name, name)


def epochs(count: int) -> str:
    """Return a number with its noun, such as `12 epochs`.

    >>> epochs(1)
    '1 epoch'
    """
    return f"{count:,} epoch{'' if count == 1 else 's'}"


def data_scale(data: DataSet) -> str:
    """Return the images, epochs and settings of a data set."""
    p = data.protocol
    momentum = f", momentum {p.momentum:g}" if p.momentum else ""
    held_out = f" ({p.validation_images:,} more held out)" if p.validation_images else ""
    return (
        f"{data_title(data.name)}: {data.train_count:,} training{held_out} and {data.test_count:,} test images, "
        f"{epochs(p.epochs)}, batch {p.batch_size}, {p.optimizer.upper()} {p.learning_rate:g}{momentum}, seed {p.seed}."
    )


def sample_scale(sample: SampleStudy) -> str:
    """Return the number of networks of a sample, and how they ended."""
    counts = sample.statuses()
    states = [f"{counts[status]:,} {word}" for status, word in STATUS_WORDS.items() if counts[status]]
    states += [f"{sample.left_out:,} left out as too slow to train"] if sample.left_out else []
    states += [f"{sample.pending():,} still to come"] if sample.pending() else []
    number = counted(len(sample.networks) or sample.asked, "network")
    return f"{sample.name} on {data_title(sample.data)}: {number} from {sample.model} ({', '.join(states)})."


def scale(study: Study, data: Iterable[str] | None = None) -> str:
    """Return the scale of all samples on some data sets, with the paper's beside it."""
    names = tuple(data) if data is not None else tuple(one.name for one in study.data)
    parts = [sample_scale(sample) for sample in study.samples if sample.data in names]
    parts += [data_scale(one) for one in study.data if one.name in names]
    return " ".join([f"Preset {study.preset}.", *parts, SCALE])
