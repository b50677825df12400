"""All files of a report."""

from __future__ import annotations

from pathlib import Path

from featurenet_uvl.report.study import Study


def write_report(study: Study, folder: Path) -> tuple[Path, ...]:
    """Writes everything."""
    return ()
