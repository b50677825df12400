"""The page docs/one-constraint.md shows the present pipeline."""

from __future__ import annotations

import importlib.util

from tests.places import DOCS


def test_the_page_is_what_the_pipeline_does() -> None:
    """If this fails after a change of a pass, run `python docs/one_constraint_page.py`."""
    spec = importlib.util.spec_from_file_location("one_constraint_page", DOCS / "one_constraint_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.page() == (DOCS / "one-constraint.md").read_text(encoding="utf-8")
