"""The library's words in the command line's language: it names arguments, users of commands know options."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from types import MappingProxyType

import featurenet_uvl

OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "any_formula": "--any-formula",
        "assume": "--assume",
        "at_most": "--at-most",
        "bounds": "--bound",
        "channels": "--channels",
        "classes": "--classes",
        "command": "--sampler-option command",
        "count": "--count",
        "emit": "--emit-after",
        "engine": "--engine",
        "force": "--force",
        "format": "--to",
        "image_size": "--image-size",
        "input_shape": "--input-shape",
        "losses": "--lossy",
        "options": "--sampler-option",
        "pledge_jar": "--sampler-option pledge_jar",
        "projection": "--projection-form",
        "read_as": "--from",
        "restrictions": "--restrict",
        "rules": "--no-rules",
        "sampler": "--sampler",
        "seed": "--seed",
        "specialise": "--specialise",
        "split_seed": "--split-seed",
        "store": "--store",
        "test_share": "--test-share",
        "time_limit_s": "--time-limit",
        "validation_images": "--validation-size",
        "workers": "--workers",
    }
)
"""The option that sets each argument of the library."""

_PACKAGED = os.path.join(os.path.dirname(featurenet_uvl.__file__), "models", "")
"""The folder of the packaged models, before the names of their files."""
_ARGUMENT = re.compile(r"`(" + "|".join(OPTIONS) + r")`")


def in_options(text: str) -> str:
    """Return a message of the library with options in place of the arguments that it names.

    The folder of the packaged models, which nobody named, is left out of their places. Messages name an argument in
    backticks (see `featurenet_uvl.errors`).

    >>> in_options("s1.uvl: exists; `force` overwrites it")
    's1.uvl: exists; --force overwrites it'
    """
    return _ARGUMENT.sub(lambda match: OPTIONS[match[1]], text).replace(_PACKAGED, "")
