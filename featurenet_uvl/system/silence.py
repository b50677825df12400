"""Silence for the standard streams: TensorFlow's import writes to one with any settings, and helpers hold both open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def silent_output(*descriptors: int) -> Iterator[None]:
    """Discard the standard output and error of this process and of processes that start inside.

    Such a process does not keep a pipe open that someone reads to its end.

    Args:
        descriptors: 1, 2, or both; both if none is given.
    """
    saved: dict[int, int] = {}
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for descriptor in descriptors or (1, 2):
            with suppress(OSError):  # the program was started with this stream closed
                saved[descriptor] = os.dup(descriptor)
                os.dup2(nowhere, descriptor)
        yield
    finally:
        for descriptor, copy in saved.items():
            os.dup2(copy, descriptor)
            os.close(copy)
        os.close(nowhere)


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Discard the standard error of this process and of processes that start inside."""
    with silent_output(2):
        yield
