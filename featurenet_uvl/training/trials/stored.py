"""Protocols and results from the rows of a store, which others may have written or damaged."""

from __future__ import annotations

import hashlib
import math
from dataclasses import fields
from typing import Any

from featurenet_uvl.errors import ReadError
from featurenet_uvl.system.json_values import load_json, shown, to_typed
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import MACS, Epoch, TrialResult

RESULT_COLUMNS = (
    "name, spec, status, reason, test_accuracy, train_accuracy, validation_accuracy, loss, epochs, weights, seconds, "
    "history, provenance, finished_at"
)
"""Columns of a result, in SQL."""

_TIMES = ("cpu_seconds", "setup_s", "step_s")
"""Entries of a provenance that are times in seconds."""

_DIGITS = 30
"""Most digits of a count; Python refuses to read far longer numbers."""


def result_of(row: tuple[Any, ...]) -> TrialResult:
    """Return the result in a row of `RESULT_COLUMNS`.

    Raises:
        ReadError: A value is of another type, which SQLite allows in any column.
    """
    columns = dict(zip((name.strip() for name in RESULT_COLUMNS.split(",")), row, strict=True))
    columns["spec_hash"] = columns.pop("spec")
    epochs = _json(columns["history"])
    names = [field.name for field in fields(Epoch)]
    if not isinstance(epochs, list) or not all(isinstance(one, list) and len(one) <= len(names) for one in epochs):
        raise ReadError(f"history: found {shown(epochs)}, expected epochs")
    columns["history"] = [dict(zip(names, epoch, strict=False)) for epoch in epochs]
    columns["provenance"] = _json(columns["provenance"])
    result = to_typed(TrialResult, columns, "row")
    for name in _TIMES:
        if not _is_time(result.provenance.get(name, "0")):
            raise ReadError(f"row: provenance: {name}: found {shown(result.provenance[name])}, expected a time")
    macs = result.provenance.get(MACS, "0")
    if not (macs.isascii() and macs.isdecimal() and len(macs) <= _DIGITS):
        raise ReadError(f"row: provenance: {MACS}: found {shown(macs)}, expected a whole number")
    return result


def protocol_of(key: object, text: object) -> Protocol:
    """Return the protocol in a row, whose key is the hash of its text.

    Raises:
        ReadError: It is no protocol, or has another hash.
    """
    protocol = to_typed(Protocol, _json(text), "protocol")
    if key != hashlib.sha256(str(text).encode()).hexdigest()[:16]:
        raise ReadError(f"protocol: found the hash {shown(key)}, expected that of its text")
    return protocol


def _json(text: object) -> Any:
    if not isinstance(text, str):
        raise ReadError(f"found {shown(text)}, expected a text with JSON")
    return load_json(text, "row", "values")


def _is_time(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
