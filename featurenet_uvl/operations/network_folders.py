"""Networks from samples, and networks in files: one JSON file per network, named by its number in the sample."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from featurenet_uvl.decoding.sampled import decode_networks
from featurenet_uvl.errors import DecodeError, ReadError
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.ir.sample import Sample
from featurenet_uvl.system.folders import check_new_folder, recover_folder, write_files
from featurenet_uvl.system.json_values import read_json

_OURS = re.compile(r"[0-9]{4,}\.json")


def networks_of_sample(
    sample: Sample, cnf: Cnf, input_shape: Shape, classes: int, place: str
) -> Mapping[str, Architecture]:
    """Return the networks of a sample, by file name.

    Args:
        sample: A sample of the model, as `read_sample` gives it.
        cnf: The compiled model.
        input_shape: Height, width and channels of the images.
        classes: Number of classes that the networks tell apart.
        place: Name of the sample in messages.

    Raises:
        DecodeError: A configuration violates the model or is no network; nothing is skipped.
    """
    width = max(4, len(str(len(sample))))
    networks = decode_networks(sample.selected, cnf, input_shape, classes, place)
    return {f"{number:0{width}}.json": network for number, network in enumerate(networks, 1)}


def verify_networks(networks: Mapping[str, Architecture], on_progress: Callable[[int], None]) -> tuple[str, ...]:
    """Check that Keras builds exactly each of these networks.

    Args:
        networks: The networks by file name.
        on_progress: Called with the number of networks done.

    Returns:
        The layer kinds of other packages that only their own class describes, as `verify_keras_model` finds them.

    Raises:
        DecodeError: A network differs. Each line of the message is a difference of the first such network.
    """
    from featurenet_uvl.decoding.keras.verify import verify_architecture

    kinds: set[str] = set()
    for number, (name, network) in enumerate(networks.items(), 1):
        try:
            kinds.update(verify_architecture(network))
        except DecodeError as error:
            raise DecodeError("\n".join(f"{name}: {line}" for line in str(error).splitlines())) from error
        on_progress(number)
    return tuple(sorted(kinds))


def check_folder(path: str, *, force: bool) -> None:
    """Raise for a folder that must not be replaced, as `check_new_folder` does; `force` allows to replace networks."""
    check_new_folder(path, force=force, is_ours=_is_network_file, what="networks")


def _is_network_file(name: str) -> bool:
    return _OURS.fullmatch(name) is not None


def write_folder(
    path: str, networks: Mapping[str, Architecture], *, force: bool, model: str = "", formula: str = ""
) -> None:
    """Write one file per network. The folder has either its old or its new content, whatever happens.

    Args:
        path: The folder.
        networks: The networks by file name, which is their number in the sample.
        force: Replace the networks in the folder.
        model: Name of the model that the networks are configurations of. Each file then has it, with its number.
        formula: Fingerprint of the compiled model.

    Raises:
        UsageError, FeatureNetError: As `check_folder`, or a file cannot be written.
    """
    check_folder(path, force=force)
    texts = {}
    for name, network in networks.items():
        data = network.to_json()
        if model:
            data["origin"] = {"model": model, "formula": formula, "configuration": int(Path(name).stem)}
        texts[name] = json.dumps(data, indent=2) + "\n"
    write_files(path, texts)


def read_networks(paths: Sequence[Path]) -> Mapping[str, Architecture]:
    """Return the networks in files and folders, by the file's name without `.json`, or by its path if two are equal.

    Raises:
        ReadError: A file is missing or no JSON, or a folder holds none.
        DecodeError: A file holds no network.
    """
    files: list[Path] = []
    for path in paths:
        recover_folder(str(path))
        found = sorted(path.glob("*.json")) if os.path.isdir(path) else [path]
        if not found:
            raise ReadError(f"{path}: found no file *.json, expected networks as decode writes them")
        files.extend(found)
    files = list(dict.fromkeys(files))
    stems = [file.stem for file in files]
    return {file.stem if stems.count(file.stem) == 1 else str(file): read_network(file) for file in files}


def read_network(path: Path) -> Architecture:
    """Return the network in a JSON file.

    Raises:
        ReadError: The file is missing or no JSON.
        DecodeError: It holds no network.
    """
    network = parse_architecture(read_json(path, "a network"), str(path))
    network.weights()
    return network
