"""Pauses of Python's garbage collector.

Models, formulas and clauses are trees of frozen nodes without cycles. While a pass makes hundreds of thousands of
nodes, the collector visits all of them again and again and finds nothing, which takes a third of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the garbage collector inside, if it ran outside."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
