"""A safe reader of `.keras` files: it reads a model's layers and connections as data, without Keras.

Keras' own loader builds the objects that a file names, and attackers have made it run code more than once. This reader
opens the zip archive, parses the JSON text in it and takes the expected parts only. It never opens the weights.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featurenet_uvl.errors import ReadError
from featurenet_uvl.system.archives import Archive
from featurenet_uvl.system.files import decode_text
from featurenet_uvl.system.json_values import MAX_JSON_BYTES, load_json, shown

MAX_CONFIG_BYTES = MAX_JSON_BYTES
"""Largest description of a model that is read, in bytes; 1,000 layers take about 1 MB."""

MAX_LAYERS = 2000
"""Largest number of layers that is read; no network of the DNN model has as many."""

_CONFIG = "config.json"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_TENSOR = "__keras_tensor__"

_MAX_REASON = 100
"""Characters of an error's text in a message, at most."""


@dataclass(frozen=True, slots=True)
class KerasLayer:
    """One layer, which the model calls once. `kind` is the name of its class, `module` the module that the file gives.

    Invariant: `inputs` are the names of layers before it.
    """

    name: str
    kind: str
    module: str
    settings: Mapping[str, Any]
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KerasModel:
    """The layers of a functional or sequential model, sources first; `outputs` are names of layers."""

    name: str
    layers: tuple[KerasLayer, ...]
    outputs: tuple[str, ...]


class _ProblemError(Exception):
    """A fault in the description of a model."""


def read_keras_file(path: str) -> KerasModel:
    """Return the model in a file that Keras 3 saved.

    Raises:
        ReadError: The file is missing, damaged or of another kind, or the model is neither functional nor sequential
            or calls a layer twice.
    """
    data = load_json(_config_text(path), f"{path}: {_CONFIG}", "the description of a model")
    try:
        return _model(data)
    except _ProblemError as problem:
        raise ReadError(f"{path}: {problem}") from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:_MAX_REASON]
        message = f"{path}: {_CONFIG} is not as Keras 3 writes it ({type(error).__name__}: {reason})"
        raise ReadError(f"{message}; expected a model saved by model.save('NAME.keras')") from None


def _config_text(path: str) -> str:
    file = Path(path)
    if os.path.isfile(file):  # the archive's reader tells of all others
        with suppress(OSError), file.open("rb") as stream:
            if stream.read(len(_HDF5)) == _HDF5:
                raise ReadError(f"{path}: found an HDF5 file, expected model.save('NAME.keras') of Keras 3")
    with Archive(path, "a .keras file") as archive:
        return decode_text(archive.read(_CONFIG, MAX_CONFIG_BYTES), f"{path}: {_CONFIG}")


def _model(data: Any) -> KerasModel:
    kind, config = data["class_name"], data["config"]
    if kind not in ("Functional", "Model", "Sequential"):
        raise _ProblemError(f"found a model of class {shown(kind)}, expected a functional or a sequential one")
    if len(config["layers"]) > MAX_LAYERS:
        raise _ProblemError(f"found {len(config['layers']):,} layers, expected at most {MAX_LAYERS:,}")
    if kind == "Sequential":
        return KerasModel(_text(config["name"]), *_sequential(config["layers"]))
    layers = _in_order([_layer(entry, _inputs(entry)) for entry in config["layers"]])
    outputs = tuple(_history(output) for output in _references(config["output_layers"]))
    if len(set(outputs)) < len(outputs) or not outputs or not set(outputs) <= {layer.name for layer in layers}:
        raise _ProblemError(f"found outputs {', '.join(map(repr, outputs))}, expected each layer once")
    return KerasModel(_text(config["name"]), layers, outputs)


def _sequential(entries: Sequence[Any]) -> tuple[tuple[KerasLayer, ...], tuple[str, ...]]:
    layers: list[KerasLayer] = []
    for entry in entries:
        layers.append(_layer(entry, (layers[-1].name,) if layers else ()))
    if not layers:
        raise _ProblemError("found a model without layers, expected at least one")
    return _in_order(layers), (layers[-1].name,)


def _layer(entry: Any, inputs: tuple[str, ...]) -> KerasLayer:
    settings = _settings(entry)
    module = entry.get("module")
    return KerasLayer(
        _text(settings["name"]), _text(entry["class_name"]), module if isinstance(module, str) else "", settings, inputs
    )


def _settings(entry: Any) -> Mapping[str, Any]:
    settings = entry["config"]
    if not isinstance(settings, dict):
        raise _ProblemError(f"found a layer with settings {shown(settings)}, expected a table of them")
    return settings


def _inputs(entry: Any) -> tuple[str, ...]:
    """Return the names of the layers whose outputs a layer takes in its single call."""
    name, calls = _text(_settings(entry)["name"]), entry["inbound_nodes"]
    if len(calls) > 1:
        raise _ProblemError(
            f"layer {name!r}: found {len(calls)} calls, expected 1: the DNN model has no layers that share weights"
        )
    if not calls:
        return ()
    if not isinstance(calls[0], dict):
        raise _ProblemError(f"layer {name!r}: found connections in the form of Keras 2, expected a file of Keras 3")
    for key, value in calls[0]["kwargs"].items():
        if value not in (None, False):
            raise _ProblemError(f"layer {name!r}: found it called with {key}={shown(value)}, expected tensors only")
    return tuple(_tensors(name, calls[0]["args"]))


def _tensors(name: str, args: Any) -> Iterator[str]:
    """Yield the tensors among a call's arguments: either each argument is one, or the only argument is a list."""
    parts = args[0] if len(args) == 1 and isinstance(args[0], list) else args
    for part in parts:
        if not isinstance(part, dict) or part.get("class_name") != _TENSOR:
            raise _ProblemError(f"layer {name!r}: found it called with {shown(part)}, expected tensors only")
        yield _history(part["config"]["keras_history"])


def _history(reference: Any) -> str:
    name, node, tensor = reference
    if node != 0 or tensor != 0:
        raise _ProblemError(f"layer {name!r}: found its call {node}, output {tensor}, expected 0 and 0")
    return _text(name)


def _references(outputs: Any) -> list[Any]:
    """Return the references to the outputs as a list, also if the file has a single one."""
    if isinstance(outputs, dict):
        raise _ProblemError("found outputs by name, expected a list of them")
    return [outputs] if outputs and isinstance(outputs[0], str) else list(outputs)


def _in_order(layers: Sequence[KerasLayer]) -> tuple[KerasLayer, ...]:
    """Return the layers with sources first, and otherwise in the file's order."""
    names = [layer.name for layer in layers]
    if len(set(names)) < len(names):
        raise _ProblemError("found two layers of one name, expected different names")
    for layer in layers:
        for name in layer.inputs:
            if name not in names:
                raise _ProblemError(f"layer {layer.name!r}: found input {name!r}, expected a layer of this model")
    done: dict[str, KerasLayer] = {}
    waiting = list(layers)
    while waiting:
        ready = next((layer for layer in waiting if all(name in done for name in layer.inputs)), None)
        if ready is None:
            raise _ProblemError(f"layer {waiting[0].name!r}: found a cycle of connections, expected none")
        done[ready.name] = ready
        waiting.remove(ready)
    return tuple(done.values())


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or "/" in value or not value:
        raise _ProblemError(f"found name {shown(value)}, expected a text that Keras allows as a name")
    return value
