"""The machine and the software behind a report."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from featurenet_uvl.errors import ReadError
from featurenet_uvl.system.files import read_text

PACKAGES = ("featurenet_uvl", "keras", "tensorflow", "numpy", "scipy", "matplotlib", "python-sat")


def environment() -> dict[str, str]:
    """Return versions, processor and cores by name.

    >>> environment()["python"] == platform.python_version()
    True
    """
    facts = {name: found for name in PACKAGES if (found := _version(name))}
    return {
        **facts,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(os.cpu_count() or 1),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """Return the name of the processor, from a file on Linux and from `platform` elsewhere."""
    try:
        lines = read_text("/proc/cpuinfo").splitlines()
    except ReadError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
