"""Pauses of Python's garbage collector.

Models, formulas and clauses are trees of frozen nodes without cycles. While hundreds of thousands of them come into
being, the collector looks at all of them again and again and finds nothing; that is a third of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """No garbage collection inside, if there was any outside."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
