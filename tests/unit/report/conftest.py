from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
"""Tests here share `study_of`; pytest's import mode puts no folder on the path."""
