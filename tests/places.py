"""Folders that tests look into."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "models"
DOCS = ROOT / "docs"
UNIT = ROOT / "tests" / "unit"
SHARED = ROOT.parent / "shared"
"""Material beside a checkout: the paper's model, public model files, data sets. Tests that need it skip without it."""
