"""Data sets: where their images come from, and how workers read them."""

from featurenet_uvl.system.deprecated import moved

__getattr__ = moved(
    "featurenet_uvl.training.data",
    dict.fromkeys(("Dataset", "Labelled", "load_dataset"), "featurenet_uvl.training.data.dataset"),
)
