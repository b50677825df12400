"""The name in version 0.1 of `training.engines.job`; it warns, and goes away in 0.3."""

from featurenet_uvl.system.deprecated import moved

__getattr__ = moved(
    "featurenet_uvl.training.job",
    dict.fromkeys(
        ("ALONE", "NO_LIMITS", "Callbacks", "Job", "Limits", "Surroundings", "Train", "Trainer"),
        "featurenet_uvl.training.engines.job",
    ),
)
