"""The name in version 0.1 of `training.engines.base`; it warns, and goes away in 0.3."""

from featurenet_uvl.system.deprecated import moved

__getattr__ = moved(
    "featurenet_uvl.training.engine",
    dict.fromkeys(
        ("WAITING", "Engine", "Finished", "Running", "Session"),
        "featurenet_uvl.training.engines.base",
    ),
)
