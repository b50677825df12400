"""The name in version 0.1 of `training.trials.protocol`; it warns, and goes away in 0.3."""

from featurenet_uvl.system.deprecated import moved

__getattr__ = moved(
    "featurenet_uvl.training.protocol",
    dict.fromkeys(
        ("BACKENDS", "LOSSES", "OPTIMIZERS", "Protocol"),
        "featurenet_uvl.training.trials.protocol",
    ),
)
