"""The name in version 0.1 of `training.engines.ray_cluster`; it warns, and goes away in 0.3."""

from featurenet_uvl.system.deprecated import moved

__getattr__ = moved(
    "featurenet_uvl.training.ray_engine",
    dict.fromkeys(
        ("RayEngine", "RaySession"),
        "featurenet_uvl.training.engines.ray_cluster",
    ),
)
