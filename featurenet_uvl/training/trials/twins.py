"""Twins: trials of the same network, of which one is trained and the others take its result.

Configurations can differ and be the same network (`decoding/network_key.py`), such as two with the halves of a Sum
exchanged. Each has a hash and a row of its own. Trained apart, they would differ by chance alone, as two runs do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from featurenet_uvl.decoding.network_key import network_key
from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, now

TWIN = "same network as"
"""Entry of a result's provenance that names the trial whose result it is."""


def twins_of(specs: Iterable[TrialSpec]) -> Mapping[str, tuple[TrialSpec, ...]]:
    """Return for each trial, by its hash, all trials of the same network and run, itself included, in their order.

    Networks that are no architecture are the same only if their hashes are equal.
    """
    groups: dict[tuple[str, int], dict[str, TrialSpec]] = {}
    for spec in specs:
        groups.setdefault((_key(spec), spec.run), {}).setdefault(spec.hash, spec)
    return {key: tuple(group.values()) for group in groups.values() for key in group}


def _key(spec: TrialSpec) -> str:
    if spec.kind != "architecture":
        return f"{spec.kind} {spec.hash}"
    try:
        return network_key(parse_architecture(json.loads(spec.payload)))
    except FeatureNetError:  # its worker says what is wrong with it
        return f"{spec.kind} {spec.hash}"


def result_of_twin(spec: TrialSpec, twin: TrialSpec, result: TrialResult) -> TrialResult:
    """Return the row of a trial whose network a twin has trained; its provenance names the twin."""
    provenance = {**result.provenance, TWIN: f"{twin.name} ({twin.hash})"}
    return replace(result, name=spec.name, spec_hash=spec.hash, seconds=0.0, provenance=provenance, finished_at=now())


def taken_from_twins(results: Iterable[TrialResult]) -> int:
    """Return the number of results that come from twins."""
    return sum(TWIN in result.provenance for result in results)
