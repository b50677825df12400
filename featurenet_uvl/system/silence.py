"""Silence for the standard streams: TensorFlow's import writes to one with any settings, and helpers hold both open."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from tempfile import TemporaryFile


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


@contextmanager
def filtered_stderr(keep: Callable[[list[str]], Iterable[str]]) -> Iterator[None]:
    """Hold back the standard error of this process inside, and write the lines that are kept when the block ends.

    Args:
        keep: Function from all lines, with their ends, to those that are written.
    """
    with ExitStack() as stack:
        try:
            held = stack.enter_context(TemporaryFile())
            saved = os.dup(2)
        except OSError:  # no room for a file, or no standard error
            yield
            return
        stack.callback(os.close, saved)
        _flush()
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            _flush()
            os.dup2(saved, 2)
            held.seek(0)
            lines = held.read().decode("utf-8", "replace").splitlines(keepends=True)
            with suppress(OSError):
                os.write(2, "".join(keep(lines)).encode())


def _flush() -> None:
    with suppress(AttributeError, OSError, ValueError):  # no standard error, or a closed one
        sys.stderr.flush()
