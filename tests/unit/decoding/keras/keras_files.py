"""`.keras` files for tests: saved by Keras, with other names, or made by hand."""

from __future__ import annotations

import json
import warnings
import zipfile
from pathlib import Path
from typing import Any


def saved(model: Any, folder: Path) -> str:
    path = folder / "model.keras"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Keras' own, of numpy 2, on writing weights
        model.save(path)
    return str(path)


def described(model: Any, folder: Path) -> str:
    """Write a file without the weights, which nothing here reads and which take most of the time."""
    import keras

    return file_with(keras.saving.serialize_keras_object(model), folder, "described.keras")


def description(path: str) -> dict[str, Any]:
    """Return the description of the model in a file."""
    with zipfile.ZipFile(path) as archive:
        data: dict[str, Any] = json.loads(archive.read("config.json"))
    return data


def file_with(data: Any, folder: Path, name: str = "made.keras") -> str:
    """Write a file with this description, or with this text in its place."""
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", data if isinstance(data, str) else json.dumps(data))
    return str(path)


def renamed(path: str, folder: Path) -> str:
    """Write the model of a file again, with names that tell nothing about cells."""
    data = description(path)
    names = {layer["config"]["name"]: f"layer_{i}" for i, layer in enumerate(data["config"]["layers"])}
    text = json.dumps(data | {"config": {**data["config"], "name": "some_model"}})
    for name, other in names.items():
        text = text.replace(json.dumps(name), json.dumps(other))
    return file_with(text, folder, "renamed.keras")


def functional(*layers: dict[str, Any], outputs: Any = ("end", 0, 0)) -> dict[str, Any]:
    return {"class_name": "Functional", "config": {"name": "m", "layers": list(layers), "output_layers": list(outputs)}}


def entry(name: str, kind: str, *inputs: str, **settings: Any) -> dict[str, Any]:
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}} for source in inputs]
    calls = [{"args": tensors, "kwargs": {}}] if inputs else []
    return {
        "class_name": kind,
        "module": "keras.layers",
        "config": {"name": name, **settings},
        "inbound_nodes": calls,
    }


START = entry("image", "InputLayer", batch_shape=[None, 8, 8, 1])
FLAT, END = entry("flat", "Flatten", "image"), entry("end", "Dense", "flat", units=10, activation="softmax")
