"""The streams of a command: `-` is stdin or stdout, results go to stdout, all other words to stderr."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from featurenet_uvl.errors import FeatureNetError, UsageError
from featurenet_uvl.system.files import remove_forgotten, write_file
from featurenet_uvl.system.streams import STREAM, printable


def say(text: str, *, quiet: bool = False) -> None:
    """Print one line to stderr. If stderr is closed or broken, the work goes on."""
    if not quiet and sys.stderr is not None:
        with suppress(OSError, ValueError):
            print(printable(text), file=sys.stderr, flush=True)


def put(text: str) -> None:
    """Write a result to stdout, in UTF-8 whatever the terminal's encoding is."""
    if sys.stdout is None:
        raise FeatureNetError("<stdout>: is closed, expected it open; write to a file with -o")
    sys.stdout.flush()
    rest = memoryview(text.encode("utf-8", "backslashreplace"))
    while rest:  # with PYTHONUNBUFFERED the stream is raw and may take a part only
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.buffer.flush()


def put_json(value: Any) -> None:
    """Write a value to stdout as indented JSON."""
    put(json.dumps(value, indent=2) + "\n")


def check_output(path: str, *, force: bool, as_json: bool = False) -> None:
    """Raise for an output that cannot be written, before the work for it begins.

    Raises:
        UsageError: It exists and must not be overwritten, or two outputs would go to stdout.
        FeatureNetError: It is a folder, or its folder does not exist.
    """
    if path == STREAM:
        if as_json:
            raise UsageError("found --json with -o -, expected one result on stdout: name a file with -o")
        return
    target = os.path.realpath(path)
    remove_forgotten(os.path.dirname(target))
    if os.path.isdir(target):
        raise FeatureNetError(f"{path}: found a folder, expected a file")
    if not os.path.isdir(os.path.dirname(target)):
        raise FeatureNetError(f"{path}: found no folder {Path(path).parent}, expected it to exist")
    if os.path.isfile(target) and not force:
        raise UsageError(f"{path}: exists; --force overwrites it")


def write_output(path: str, text: str, *, force: bool) -> None:
    """Write a text to stdout, or to a file, which gets either all of it or nothing."""
    if path == STREAM:
        put(text)
    else:
        write_file(path, text, force=force)
