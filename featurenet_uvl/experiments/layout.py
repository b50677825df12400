"""Names within a results folder."""

from __future__ import annotations

from pathlib import Path

from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.system.files import remove_forgotten

STORE = "trials.sqlite"
COSTS = "costs.sqlite"
DATA = "data"
SAMPLES = "samples"
MODEL = "model.dimacs"
SAMPLE = "sample.txt"
DIVERSITY = "diversity.json"
SIZES = "sizes.json"
LIMIT = "limit.json"
ARCHITECTURES = "architectures"
LOCK = "run.lock"


def sample_name(sample: str, data: str) -> str:
    """Return the folder name of a sample drawn for a data set's images, such as `S1-mnist`."""
    return f"{sample}-{data}"


def make_folder(folder: Path) -> None:
    """Create a folder and those above it.

    Raises:
        FeatureNetError: The folder cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_forgotten(str(folder))
    except OSError as error:
        raise FeatureNetError(f"{folder}: cannot be made: {error.strerror}") from error
